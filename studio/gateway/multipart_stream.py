"""The form of an edit while it is sent: its files are read piece by piece in a thread and are never whole in memory."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from . import errors
from .httpx_behavior import MultipartForm

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file to send: its filename and media type in the form, and its bytes as a path or a function that opens them.

    `byte_count` saves measuring an opened file; a wrong one ends the call before it can be billed.
    """

    filename: str
    content_type: str
    source: Path | Callable[[], BinaryIO]
    byte_count: int | None = None

    def measure(self) -> int:
        """Its size in bytes (blocking); raises what its source raises."""
        if self.byte_count is not None:
            return self.byte_count
        if isinstance(self.source, Path):
            return self.source.stat().st_size
        with self.open() as file:
            return file.seek(0, io.SEEK_END)

    def open(self) -> BinaryIO:
        """Its bytes from the beginning (blocking)."""
        return self.source.open("rb") if isinstance(self.source, Path) else self.source()


class MultipartStream:
    """An edit's multipart body, sent in chunks of 256 KiB that a thread reads."""

    def __init__(self, fields: Mapping[str, str], files: Sequence[tuple[str, Part]]) -> None:
        """Measure the files (blocking); raises StorageFailed, with nothing billed, when one cannot be read."""
        self._readers = [PartReader(part) for _, part in files]
        self._form = MultipartForm(
            fields,
            [
                (name, (part.filename, cast("BinaryIO", reader), part.content_type))
                for (name, part), reader in zip(files, self._readers, strict=True)
            ],
        )

    @property
    def headers(self) -> dict[str, str]:
        """The body's type with its boundary, and its length."""
        return self._form.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's bytes; raises StorageFailed when a file cannot be read to its end."""
        pieces = iter(self._form)
        while chunk := await asyncio.to_thread(_next_chunk, pieces):
            yield chunk

    def close(self) -> None:
        """Close the files that are still open (blocking)."""
        for reader in self._readers:
            reader.close()


class PartReader(io.RawIOBase):
    """A part's file, opened when it is first read and closed at its end; its size is known without opening it."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._file: BinaryIO | None = None
        with _as_storage_error():
            self._size = self._left = part.measure()

    def tell(self) -> int:
        return self._size - self._left

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The position only: httpx seeks to the end for the size, then to the beginning."""
        return self._size if whence == io.SEEK_END else offset

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; raises StorageFailed unless the file is exactly as long as it was measured."""
        with _as_storage_error():
            if self.closed:
                raise ValueError("the call is over")
            self._file = self._file or self._part.open()
            data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0 or (self._left and not data):
            raise errors.StorageFailed("a picture changed while it was being sent", maybe_billed=False)
        if not data:
            self.close()
        return data

    def read_slice(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end; raises StorageFailed as `read` does."""
        data = bytearray()
        while self._left and len(data) < size:
            data += self.read(min(size - len(data), self._left))
        return bytes(data)

    @property
    def size(self) -> int:
        """Its size in bytes, whatever has been read."""
        return self._size

    def close(self) -> None:
        if self._file:
            self._file.close()
        super().close()


@contextlib.contextmanager
def _as_storage_error() -> Iterator[None]:
    """Turn whatever a storage raises into StorageFailed, with nothing billed: half a form starts no generation."""
    try:
        yield
    except Exception as error:
        raise errors.StorageFailed(type(error).__name__, maybe_billed=False) from None


def _next_chunk(pieces: Iterator[bytes]) -> bytes:
    chunk = bytearray()
    for piece in pieces:
        chunk += piece
        if len(chunk) >= _CHUNK_BYTES:
            break
    return bytes(chunk)
