"""Delivers wake-ups and other tasks to this process: from itself, or through Valkey where one is configured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.tasks import task_backends

from studio.core.valkey_tasks import ValkeyBackend
from studio.core.wakeups import InProcessBackend


@asynccontextmanager
async def deliveries() -> AsyncIterator[None]:
    """Receive wake-ups while the block runs."""
    backend = task_backends["default"]
    if isinstance(backend, InProcessBackend):
        InProcessBackend.attach(asyncio.get_running_loop())
        try:
            yield
        finally:
            InProcessBackend.attach(None)
        return
    assert isinstance(backend, ValkeyBackend)
    delivering = asyncio.create_task(backend.deliver())
    try:
        yield
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
