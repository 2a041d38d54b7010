"""`web`: pages without a runner, for a studio on more than one machine."""

import asyncio
import signal
import socket
from collections.abc import Callable

from studio.create.live_feed import poller

from .listener import make_server


async def run(listener: socket.socket, *, host: str, write_line: Callable[[str], object]) -> None:
    """Serve until the first signal."""
    server = make_server(host)

    def stop() -> None:
        poller.close()
        server.should_exit = True

    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait([serving, asyncio.create_task(server.up.wait())], return_when=asyncio.FIRST_COMPLETED)
    write_line(f"Pages are served on port {listener.getsockname()[1]}.")
    await serving
