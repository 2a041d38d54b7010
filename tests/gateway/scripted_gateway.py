"""A gateway that sends scripted bytes, so that a test can write down every quirk literally."""

import asyncio
import json
import ssl
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

CUT = object()  # abort the connection
FOREVER = 3600.0

type Step = bytes | float | object


class ScriptedGateway:
    """Answers its n-th request with its n-th script (the last one repeatedly) and keeps the requests."""

    def __init__(self, *scripts: Iterable[Step] | bytes, tls: ssl.SSLContext | None = None) -> None:
        self.scripts = [[script] if isinstance(script, bytes) else list(script) for script in scripts]
        self.requests: list[bytes] = []
        self.has_request = asyncio.Event()
        self._tls = tls

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None):
        self._server.close()
        self._server.close_clients()

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    def request(self, number: int = 0) -> tuple[str, dict[str, str], bytes]:
        """Request line, headers (lower-case names) and body of one request."""
        head, _, body = self.requests[number].partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        return line, {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}, body

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(f[15:]) for f in head.split(b"\r\n") if f.lower().startswith(b"content-length:")), 0)
            self.requests.append(head + await reader.readexactly(length))
            self.has_request.set()
            for step in self.scripts[min(len(self.requests), len(self.scripts)) - 1]:
                await self._play(step, writer)
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    async def _play(self, step: Step, writer: asyncio.StreamWriter) -> None:
        if step is CUT:
            writer.transport.abort()
        elif isinstance(step, float):
            await asyncio.sleep(step)
        else:
            assert isinstance(step, bytes)
            writer.write(step)
            await writer.drain()


def answer(
    body: bytes | dict[str, Any] | str, *, status: int = 200, kind: str = "application/json", **headers: str
) -> bytes:
    """A whole HTTP answer with its length; a dict becomes JSON, `retry_after="3"` the header retry-after."""
    payload = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    fields = {"content-type": kind, "content-length": str(len(payload))} | headers
    return head(status, fields) + payload


def head(status: int = 200, fields: dict[str, str] | None = None) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (fields or {}).items()]
    return "\r\n".join([f"HTTP/1.1 {status} Word", *lines, "", ""]).encode()


def stream(*events: bytes, kind: str = "text/event-stream") -> list[Step]:
    """An event stream that ends by closing the connection."""
    return [head(200, {"content-type": kind}), *events]


def chunk(payload: bytes) -> bytes:
    return f"{len(payload):x}\r\n".encode() + payload + b"\r\n"


def event(kind: str, /, *, name: bool = True, **fields: Any) -> bytes:
    """One event as OpenAI writes it."""
    line = f"event: {kind}\n" if name else ""
    return f"{line}data: {json.dumps({'type': kind, **fields})}\n\n".encode()
