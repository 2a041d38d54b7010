"""What delivers wake-ups to the runner of this process: the loop itself, or a distributed engine where one is set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.tasks import task_backends

from .wakeups import InProcessBackend

DELIVERIES_AT_ONCE = 4


@asynccontextmanager
async def deliveries() -> AsyncIterator[None]:
    """Take in wake-ups while the block runs."""
    backend = task_backends["default"]
    if isinstance(backend, InProcessBackend):
        InProcessBackend.attach(asyncio.get_running_loop())
        try:
            yield
        finally:
            InProcessBackend.attach(None)
        return
    # Only where VALKEY_URL is set: the engine is an optional extra.
    from django_vtasks.worker import Worker as Engine

    engine = Engine(backend, ["default"], DELIVERIES_AT_ONCE)
    delivering = asyncio.create_task(engine.run(handle_signals=False))
    try:
        yield
    finally:
        await engine.stop()
        await delivering
