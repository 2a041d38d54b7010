"""Wake-ups travel through django.tasks; they only deliver: one too many or one too few harms nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.tasks import task
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskResult, TaskResultStatus
from django.utils import timezone
from django.utils.crypto import get_random_string


class InProcessBackend(BaseTaskBackend):
    """Runs async tasks on the loop of `up`; in a process without one, the sweep of another finds the work."""

    supports_async_task = True
    _loop: asyncio.AbstractEventLoop | None = None
    _running: set[asyncio.Task[Any]] = set()

    @classmethod
    def attach(cls, loop: asyncio.AbstractEventLoop | None) -> None:
        cls._loop = loop

    def enqueue(self, task: "Task[Any, Any]", args: Any, kwargs: Any) -> "TaskResult[Any, Any]":
        self.validate_task(task)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._start, task, args, kwargs)
        return TaskResult(
            task=task,
            id=get_random_string(32),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )

    def _start(self, task: "Task[Any, Any]", args: Any, kwargs: Any) -> None:
        running = asyncio.ensure_future(task.acall(*args, **kwargs))
        self._running.add(running)
        running.add_done_callback(self._running.discard)


# The runner of this process, where there is one; set by the runner itself.
_listeners: set[Callable[[], None]] = set()


def listen(callback: Callable[[], None]) -> None:
    _listeners.add(callback)


def unlisten(callback: Callable[[], None]) -> None:
    _listeners.discard(callback)


@task
async def wake() -> None:
    """Tell the runner of the process this arrives in that there may be work."""
    for callback in list(_listeners):
        callback()


def wake_on_commit() -> None:
    # Robust: a wake-up that cannot be sent must not look as if the wish had not been filed; the sweep sees to it.
    transaction.on_commit(wake.enqueue, robust=True)
