"""`worker`: runner and sweep without pages, for a studio on more than one machine."""

import asyncio
import signal
import socket
import uuid
from collections.abc import Callable

from studio.worker.runner import Runner

from . import wakeup_delivery
from .shutdown import StopHandler


async def run(*, write_line: Callable[[str], object]) -> None:
    """Run jobs until the first signal, then finish running calls; exit at once on the second."""
    # A unique home: without a lock, only its heartbeat can show that an earlier worker is dead.
    runner = Runner(home=f"{socket.gethostname()}:{uuid.uuid4()}")
    stop = StopHandler(runner, write_line=write_line)
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    async with wakeup_delivery.deliveries():
        write_line("The worker is running.")
        await runner.run()
