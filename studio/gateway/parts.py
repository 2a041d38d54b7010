"""The files of an edit on their way out: read piece by piece in a thread, never whole in memory."""

import asyncio
import contextlib
import io
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import httpx

from . import errors
from .errors import ImageFieldRefused, RequestRefused

IMAGE_FIELD = "image[]"  # what the API documents
PLAIN_IMAGE_FIELD = "image"  # what some gateways read instead
_PORTION = 256 * 1024

_NO_MODEL = r"(?![\w\s]*\bmodel)"
_MISSING_IMAGE = re.compile(
    r"\bimages?\b(\[\])?\W+(\w+\W+){0,4}(required|missing|not provided|not found|empty)"
    rf"|\b(required?s?|missing|no|without|provide|upload|expected|at least one|unknown parameter)\W+(\w+\W+){{0,3}}"
    rf"images?\b{_NO_MODEL}|(缺少|需要|必须|未提供|请上传|请提供|没有).{{0,8}}(图|image)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file to send: its name and media type there, and where its bytes are, a path or what opens them.

    `byte_count` spares measuring what is opened; a wrong one breaks the call off before it can be billed.
    """

    filename: str
    content_type: str
    source: Path | Callable[[], BinaryIO]
    byte_count: int | None = None

    def measured(self) -> int:
        """Its size in bytes (blocking); raises what its source raises."""
        if self.byte_count is not None:
            return self.byte_count
        if isinstance(self.source, Path):
            return self.source.stat().st_size
        with self.opened() as file:
            return file.seek(0, io.SEEK_END)

    def opened(self) -> BinaryIO:
        """Its bytes from the beginning (blocking)."""
        return self.source.open("rb") if isinstance(self.source, Path) else self.source()


class Form:
    """An edit's multipart body as httpx writes it, sent in portions of 256 KiB that a thread reads."""

    def __init__(self, fields: Mapping[str, str], files: Sequence[tuple[str, Part]]) -> None:
        """Measure the files (blocking); raises StorageFailed, with nothing billed, when one cannot be read."""
        self._readers = [Reader(part) for _, part in files]
        named = [
            (name, (part.filename, cast("BinaryIO", reader), part.content_type))
            for (name, part), reader in zip(files, self._readers, strict=True)
        ]
        self._written = httpx.Request("POST", "http://form.invalid", data=dict(fields), files=named)

    @property
    def headers(self) -> dict[str, str]:
        """The body's type with its boundary, and its length."""
        return {name: self._written.headers[name] for name in ("Content-Type", "Content-Length")}

    async def portions(self) -> AsyncIterator[bytes]:
        """The body's bytes; raises StorageFailed when a file cannot be read to its end."""
        assert isinstance(self._written.stream, httpx.SyncByteStream)
        chunks = iter(self._written.stream)
        while portion := await asyncio.to_thread(_portion, chunks):
            yield portion

    def close(self) -> None:
        """Close what is still open (blocking)."""
        for reader in self._readers:
            reader.close()


class Reader(io.RawIOBase):
    """A part's file, opened when its turn comes and closed at its end; it tells its size without being opened."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._file: BinaryIO | None = None
        with _as_storage_error():
            self._size = self._left = part.measured()

    def tell(self) -> int:
        return self._size - self._left

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Where that would be: httpx asks for the end to learn the size, and begins at the beginning."""
        return self._size if whence == io.SEEK_END else offset

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; raises StorageFailed unless the file is exactly as long as it was."""
        with _as_storage_error():
            if self.closed:
                raise ValueError("the call is over")
            self._file = self._file or self._part.opened()
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
        """Its size in bytes, wherever reading stands."""
        return self._size

    def close(self) -> None:
        if self._file:
            self._file.close()
        super().close()


@contextlib.contextmanager
def _as_storage_error() -> Iterator[None]:
    """Whatever a storage raises becomes StorageFailed, with nothing billed: nobody draws from half a form."""
    try:
        yield
    except Exception as error:
        raise errors.StorageFailed(type(error).__name__, maybe_billed=False) from None


def _portion(chunks: Iterator[bytes]) -> bytes:
    portion = bytearray()
    for chunk in chunks:
        portion += chunk
        if len(portion) >= _PORTION:
            break
    return bytes(portion)


def misses_images(refusal: RequestRefused) -> bool:
    """Whether a 400 or 422 says that no image was found, though some were sent (contract §6.10)."""
    if refusal.status not in (400, 422) or refusal.maybe_billed or re.search(r"\bmask\b", refusal.detail):
        return False
    if (refusal.param or "").rstrip("[]") in ("image", "images"):
        return bool(re.search(r"required|missing|unknown|unexpected|empty|not found", refusal.detail, re.IGNORECASE))
    return not refusal.param and bool(_MISSING_IMAGE.search(refusal.detail[:1000]))


def image_field_refused(refusal: RequestRefused) -> ImageFieldRefused:
    """The same refusal, said to be about the images' field."""
    error = ImageFieldRefused(refusal.detail, status=refusal.status, code=refusal.code, param=refusal.param)
    error.request_id, error.upstream_request_id = refusal.request_id, refusal.upstream_request_id
    return error
