"""Faults of transport: the same body compressed, sent in pieces, with a byte-order mark, or wrongly labelled."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse

BOM = b"\xef\xbb\xbf"
PIECE_SIZE = 1021
"""Bytes of a piece, whatever the boundaries of events and characters."""

type Bytes = AsyncIterator[bytes]


def apply_transport(response: Response, transport: str) -> Response:
    """The response changed by one of TRANSPORTS; unchanged for any other name."""
    change = TRANSPORTS.get(transport)
    if change is None:
        return response
    source = response.body_iterator if isinstance(response, StreamingResponse) else _once(bytes(response.body))
    headers = {
        name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")
    }
    headers["content-type"] = response.headers.get("content-type", "")
    if transport == "gzip":
        headers["content-encoding"] = "gzip"
    if transport == "mislabelled":
        headers["content-type"] = "text/plain; charset=utf-8"
    return StreamingResponse(change(_as_bytes(source)), response.status_code, headers)


async def _gzipped(source: Bytes) -> Bytes:
    compressor = zlib.compressobj(wbits=31)
    async for chunk in source:
        yield compressor.compress(chunk) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()


async def _with_bom(source: Bytes) -> Bytes:
    yield BOM + b"\r\n\r\n"
    async for chunk in source:
        yield chunk


async def _in_pieces(source: Bytes) -> Bytes:
    async for chunk in source:
        for start in range(0, len(chunk), PIECE_SIZE):
            yield chunk[start : start + PIECE_SIZE]


async def _without_last_blank_line(source: Bytes) -> Bytes:
    """Leave out the blank line after the last event."""
    held = b""
    async for chunk in source:
        yield held
        held = chunk
    yield held.rstrip(b"\r\n")


async def _unchanged(source: Bytes) -> Bytes:
    async for chunk in source:
        yield chunk


TRANSPORTS: dict[str, Callable[[Bytes], Bytes]] = {
    "gzip": _gzipped,
    "bom": _with_bom,
    "crumbs": _in_pieces,
    "open-end": _without_last_blank_line,
    "mislabelled": _unchanged,
}


async def _once(body: bytes) -> Bytes:
    yield body


async def _as_bytes(source: AsyncIterable[str | bytes | memoryview]) -> Bytes:
    async for chunk in source:
        yield chunk.encode() if isinstance(chunk, str) else bytes(chunk)
