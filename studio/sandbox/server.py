"""The sandbox as a process: it listens, prints its address, and ends with its parent."""

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
"""Seconds that open calls get to finish; their drawings have been billed by then."""

_PR_SET_PDEATHSIG = 1
_INCOMPLETE = "ASGI callable returned without completing response."


class Server(uvicorn.Server):
    """A uvicorn that prints its address and leaves signals to `serve`."""

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
    # With the protocol named, asyncio turns Nagle's algorithm off; otherwise many replies wait 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(sandbox: Sandbox, listener: socket.socket, *, parent: int | None = None) -> None:
    """Serve until a signal comes or the parent process is gone; then bill what is being drawn and stop."""
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.getMessage() != _INCOMPLETE)
    config = uvicorn.Config(
        sandbox.app(), loop="asyncio", http="h11", ws="none", lifespan="off", access_log=False,
        log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS, server_header=False,
    )  # fmt: skip
    server = Server(config)

    def stop() -> None:
        sandbox.drawings.close()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    watch = loop.create_task(_stop_with_parent(parent, stop)) if parent else None
    await server.serve([listener])
    sandbox.drawings.close()
    if watch:
        watch.cancel()


async def _stop_with_parent(parent: int, stop: object) -> None:
    """CallContext `end` when the parent process is gone; Linux signals this at once, elsewhere it is polled."""
    assert callable(stop)
    gone = asyncio.Event()
    # The kernel also sends the signal when only the parent's starting thread ends, so it only triggers a check.
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, gone.set)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGHUP))
    while os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(gone.wait(), POLL_SECONDS)
        gone.clear()
    stop()
