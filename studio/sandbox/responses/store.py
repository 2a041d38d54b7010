"""Stored responses, for `previous_response_id` and for items that are named by id."""

import io
from dataclasses import dataclass, field

from studio.sandbox.uploads import Upload

MAX_RESPONSES = 32


@dataclass(frozen=True, kw_only=True)
class StoredResponse:
    """A stored response: its owner's key hash, the whole conversation as text, and the picture if it has one."""

    owner: str | None
    context_text: str
    picture: bytes = field(default=b"", repr=False)
    output_format: str = "png"
    item_id: str = ""

    def upload(self) -> Upload:
        """Its picture as an upload, as if it had been sent again."""
        return Upload(io.BytesIO(self.picture), f"image/{self.output_format}", len(self.picture))


class ResponseStore:
    """The last responses of all keys; each is found only by the key that created it."""

    def __init__(self) -> None:
        self._responses: dict[str, StoredResponse] = {}

    def add(self, response_id: str, response: StoredResponse) -> None:
        """Store a response; the oldest is dropped when the store is full."""
        self._responses[response_id] = response
        while len(self._responses) > MAX_RESPONSES:
            self._responses.pop(next(iter(self._responses)))

    def find_response(self, response_id: str, *, owner: str | None) -> StoredResponse | None:
        """The response of this id, if this key created it."""
        found = self._responses.get(response_id)
        return found if found and found.owner == owner else None

    def find_picture(self, item_id: str, *, owner: str | None) -> StoredResponse | None:
        """The response with the picture of this id, if this key created it."""
        mine = (one for one in self._responses.values() if one.owner == owner and one.picture)
        return next((one for one in mine if one.item_id == item_id), None)
