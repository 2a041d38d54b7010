"""Pictures handed out by URL instead of in the reply."""

import secrets
from dataclasses import dataclass, field

OTHER_PORT_URL = "http://127.0.0.1:9/picture.png"
"""A URL at another port of the same machine, which a client should not fetch."""


class PictureStore:
    """The last pictures handed out by URL, in memory."""

    LIMIT = 32

    def __init__(self) -> None:
        self._pictures: dict[str, tuple[bytes, str]] = {}

    def add(self, picture: bytes, output_format: str) -> str:
        """Store a picture under a new name, which is returned; the oldest one is dropped when the store is full."""
        name = f"{secrets.token_hex(8)}.{output_format}"
        self._pictures[name] = picture, f"image/{output_format}"
        while len(self._pictures) > self.LIMIT:
            self._pictures.pop(next(iter(self._pictures)))
        return name

    def get(self, name: str) -> tuple[bytes, str] | None:
        """A picture and its media type; None for an unknown name."""
        return self._pictures.get(name)


@dataclass(frozen=True)
class PictureUrls:
    """The URLs of pictures: the sandbox's base URL, and the store behind it."""

    base: str = ""
    store: PictureStore = field(default_factory=PictureStore)

    def publish(self, picture: bytes, output_format: str, *, folder: str = "pictures") -> str:
        """Store a picture and return its URL."""
        return f"{self.base}/sandbox/{folder}/{self.store.add(picture, output_format)}"
