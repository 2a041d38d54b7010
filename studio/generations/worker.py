"""`worker`: runner and sweep without pages, for a studio that has outgrown one machine."""

import asyncio
import signal
import socket
import uuid
from collections.abc import Callable

from . import engine
from .runner import Runner
from .stop import Stop


async def work(*, say: Callable[[str], object]) -> None:
    """Run jobs until the first signal, then finish what runs; leave at once on the second."""
    # A home of its own: no lock tells that an earlier worker here is dead, so its heartbeat has to.
    runner = Runner(home=f"{socket.gethostname()}:{uuid.uuid4()}")
    stop = Stop(runner, say=say)
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    async with engine.deliveries():
        say("The worker is running.")
        await runner.run()
