"""What `studio.server.uvicorn_private` relies on in uvicorn."""

import asyncio
import signal
import socket
from typing import Any

import uvicorn

from studio.server.uvicorn_private import Server


async def application(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def handlers() -> list[Any]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


async def serve() -> None:
    server = Server(uvicorn.Config(application, lifespan="off", log_config=None))
    before = handlers()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        _done, _pending = await asyncio.wait([asyncio.create_task(server.up.wait())], timeout=10)
        assert server.up.is_set(), "uvicorn no longer calls Server.startup"
        assert handlers() == before, "uvicorn installs signal handlers outside of Server.capture_signals"
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 204"), "Server.startup returned before uvicorn answered"
        writer.close()
        server.should_exit = True
        await serving


def test_uvicorn_still_calls_the_methods_that_the_studio_overrides() -> None:
    asyncio.run(serve())
