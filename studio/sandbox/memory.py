"""What was stored for later: the last responses of each key, for `previous_response_id` and for items by their id."""

import io
from dataclasses import dataclass, field

from studio.sandbox.uploads import Upload

LIMIT = 32


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """A response that was stored: whose it is, all that was said up to it, and its picture if it drew one."""

    owner: str | None
    said: str
    picture: bytes = field(default=b"", repr=False)
    output_format: str = "png"
    item_id: str = ""

    def upload(self) -> Upload:
        """Its picture, as if it had been sent along."""
        return Upload(io.BytesIO(self.picture), f"image/{self.output_format}", len(self.picture))


class Memory:
    """The last responses, of all keys together; each is found only by the key that made it."""

    def __init__(self) -> None:
        self._responses: dict[str, Remembered] = {}

    def keep(self, response_id: str, remembered: Remembered) -> None:
        """Remember a response; the oldest gives way."""
        self._responses[response_id] = remembered
        while len(self._responses) > LIMIT:
            self._responses.pop(next(iter(self._responses)))

    def response(self, response_id: str, *, owner: str | None) -> Remembered | None:
        """The response of this id, if this key made it."""
        found = self._responses.get(response_id)
        return found if found and found.owner == owner else None

    def picture(self, item_id: str, *, owner: str | None) -> Remembered | None:
        """The response that drew the picture of this id, if this key made it."""
        mine = (one for one in self._responses.values() if one.owner == owner and one.picture)
        return next((one for one in mine if one.item_id == item_id), None)
