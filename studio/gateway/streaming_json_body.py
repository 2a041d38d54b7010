"""The JSON body of a Responses API call, whose pictures are read and encoded piece by piece while it is sent."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pybase64

from studio.images import ResponseRequest, SentPicture

from .multipart_stream import Part, PartReader

_SLICE = 3 * 64 * 1024  # bytes of a picture at a time; divisible by three, so that slices join without padding


class StreamingJsonBody:
    """The JSON of a ResponseRequest in chunks of about 256 KiB; no picture is ever whole in memory."""

    def __init__(self, request: ResponseRequest) -> None:
        """Measure the pictures (blocking); raises StorageFailed, with nothing billed, when one cannot be read."""
        pictures: list[SentPicture] = []
        placeholder = uuid4().hex  # random, so that it cannot occur in the text

        def address(picture: SentPicture) -> str:
            pictures.append(picture)
            return f"@{placeholder}:{len(pictures) - 1}@"

        text = json.dumps(request.to_wire(address=address))
        # Text pieces at even indexes; at odd ones the number of the picture between them.
        self._pieces = re.split(rf"@{placeholder}:(\d+)@", text)
        self._prefixes = [picture.prefix.encode() for picture in pictures]
        self._readers = [
            PartReader(
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
        text_length = sum(len(piece.encode()) for piece in self._pieces[::2])
        url_length = sum(
            len(prefix) + -(-reader.size // 3) * 4 for prefix, reader in zip(self._prefixes, self._readers, strict=True)
        )
        return {"Content-Type": "application/json", "Content-Length": str(text_length + url_length)}

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's bytes; raises StorageFailed when a picture cannot be read to its end."""
        chunks = self._chunks()
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk

    def close(self) -> None:
        """Close the files that are still open (blocking)."""
        for reader in self._readers:
            reader.close()

    def _chunks(self) -> Iterator[bytes]:
        for number, piece in enumerate(self._pieces):
            if number % 2 == 0:
                if piece:
                    yield piece.encode()
                continue
            yield self._prefixes[int(piece)]
            reader = self._readers[int(piece)]
            while data := reader.read_slice(_SLICE):
                yield pybase64.b64encode(data)
