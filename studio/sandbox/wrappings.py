"""What lies between a server and its caller: the same bytes packed, cut small, marked or labelled otherwise."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse

BOM = b"\xef\xbb\xbf"
CRUMB = 1021
"""Bytes of a piece, which begins and ends anywhere."""

type Bytes = AsyncIterator[bytes]


def wrapped(response: Response, wrapping: str) -> Response:
    """The response in one of the wrappings, or as it is."""
    wrap = WRAPPINGS.get(wrapping)
    if wrap is None:
        return response
    source = response.body_iterator if isinstance(response, StreamingResponse) else _once(bytes(response.body))
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    kept["content-type"] = response.headers.get("content-type", "")
    if wrapping == "gzip":
        kept["content-encoding"] = "gzip"
    if wrapping == "mislabelled":
        kept["content-type"] = "text/plain; charset=utf-8"
    return StreamingResponse(wrap(_as_bytes(source)), response.status_code, kept)


async def _gzipped(source: Bytes) -> Bytes:
    packer = zlib.compressobj(wbits=31)
    async for chunk in source:
        yield packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


async def _marked(source: Bytes) -> Bytes:
    yield BOM + b"\r\n\r\n"
    async for chunk in source:
        yield chunk


async def _crumbled(source: Bytes) -> Bytes:
    async for chunk in source:
        for start in range(0, len(chunk), CRUMB):
            yield chunk[start : start + CRUMB]


async def _open_ended(source: Bytes) -> Bytes:
    """Without the blank line at the end."""
    held = b""
    async for chunk in source:
        yield held
        held = chunk
    yield held.rstrip(b"\r\n")


async def _untouched(source: Bytes) -> Bytes:
    async for chunk in source:
        yield chunk


WRAPPINGS: dict[str, Callable[[Bytes], Bytes]] = {
    "gzip": _gzipped,
    "bom": _marked,
    "crumbs": _crumbled,
    "open-end": _open_ended,
    "mislabelled": _untouched,
}


async def _once(body: bytes) -> Bytes:
    yield body


async def _as_bytes(source: AsyncIterable[str | bytes | memoryview]) -> Bytes:
    async for chunk in source:
        yield chunk.encode() if isinstance(chunk, str) else bytes(chunk)
