"""The sandbox as a process: it listens, says where, and ends when its parent does."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from studio.sandbox.app import Sandbox

POLL_SECONDS = 1.0
GRACE_SECONDS = 1
"""What calls still open get to end; their drawings have been billed by then."""

_PR_SET_PDEATHSIG = 1
_INCOMPLETE = "ASGI callable returned without completing response."


class Server(uvicorn.Server):
    """A uvicorn that says when it listens and leaves signals to us."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets
        host, port = sockets[0].getsockname()[:2]
        print(f"Easel sandbox at http://{host}:{port}/v1", flush=True)  # noqa: T201

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(sandbox: Sandbox, listener: socket.socket, *, parent: int | None = None) -> None:
    """Serve until a signal comes or the parent process is gone; then bill what is being drawn and leave."""
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.getMessage() != _INCOMPLETE)
    config = uvicorn.Config(
        sandbox.app(), loop="asyncio", http="h11", ws="none", lifespan="off", access_log=False,
        log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS, server_header=False,
    )  # fmt: skip
    server = Server(config)

    def end() -> None:
        sandbox.easel.close()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    watch = loop.create_task(_outlive(parent, end)) if parent else None
    await server.serve([listener])
    sandbox.easel.close()
    if watch:
        watch.cancel()


async def _outlive(parent: int, end: object) -> None:
    """Call `end` when the parent process is gone; Linux wakes us at once, elsewhere we look every second."""
    assert callable(end)
    gone = asyncio.Event()
    # The kernel also signals when the thread that started us ends, so the signal only makes us look.
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, gone.set)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGHUP))
    while os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), POLL_SECONDS)
        gone.clear()
    end()
