"""A conversation's turn on its way out: JSON whose pictures are read and encoded piece by piece while it is sent."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pybase64

from studio.images import ResponseRequest, SentPicture

from .parts import Part, Reader

_SLICE = 3 * 64 * 1024  # bytes of a picture at a time; divisible by three, so that slices join without padding


class Letter:
    """The JSON body of a ResponseRequest in portions of about 256 KiB; no picture is ever whole in memory."""

    def __init__(self, request: ResponseRequest) -> None:
        """Measure the pictures (blocking); raises StorageFailed, with nothing billed, when one cannot be read."""
        pictures: list[SentPicture] = []
        mark = uuid4().hex  # nobody can have written it into the words

        def address(picture: SentPicture) -> str:
            pictures.append(picture)
            return f"@{mark}:{len(pictures) - 1}@"

        text = json.dumps(request.to_wire(address=address))
        self._pieces = re.split(rf"@{mark}:(\d+)@", text)
        self._prefixes = [picture.prefix.encode() for picture in pictures]
        self._readers = [
            Reader(
                Part(
                    filename="",
                    content_type=picture.content_type,
                    source=picture.source,
                    byte_count=None if isinstance(picture.source, Path) else picture.byte_count,
                )
            )
            for picture in pictures
        ]

    @property
    def headers(self) -> dict[str, str]:
        """The body's type and its length."""
        words = sum(len(piece.encode()) for piece in self._pieces[::2])
        urls = sum(
            len(prefix) + -(-reader.size // 3) * 4 for prefix, reader in zip(self._prefixes, self._readers, strict=True)
        )
        return {"Content-Type": "application/json", "Content-Length": str(words + urls)}

    async def portions(self) -> AsyncIterator[bytes]:
        """The body's bytes; raises StorageFailed when a picture cannot be read to its end."""
        portions = self._portions()
        while portion := await asyncio.to_thread(next, portions, b""):
            yield portion

    def close(self) -> None:
        """Close what is still open (blocking)."""
        for reader in self._readers:
            reader.close()

    def _portions(self) -> Iterator[bytes]:
        for number, piece in enumerate(self._pieces):
            if number % 2 == 0:
                if piece:
                    yield piece.encode()
                continue
            yield self._prefixes[int(piece)]
            reader = self._readers[int(piece)]
            while data := reader.read_slice(_SLICE):
                yield pybase64.b64encode(data)
