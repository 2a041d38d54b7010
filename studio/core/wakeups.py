"""Wake-ups of the runner, sent through django.tasks. They carry no data: a lost or repeated one does no harm."""

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
    """Runs async tasks on the event loop of `up`. In a process without one they are dropped; a sweep finds the work."""

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
        return new_result(task, args, kwargs, backend=self.alias)

    def _start(self, task: "Task[Any, Any]", args: Any, kwargs: Any) -> None:
        running = asyncio.ensure_future(task.acall(*args, **kwargs))
        self._running.add(running)
        running.add_done_callback(self._running.discard)


def new_result(task: "Task[Any, Any]", args: Any, kwargs: Any, *, backend: str) -> "TaskResult[Any, Any]":
    """The result of a task that is enqueued and has not run."""
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
        backend=backend,
        errors=[],
        worker_ids=[],
    )


# The runner of this process, if there is one, which adds itself.
_listeners: set[Callable[[], None]] = set()


def add_listener(callback: Callable[[], None]) -> None:
    _listeners.add(callback)


def remove_listener(callback: Callable[[], None]) -> None:
    _listeners.discard(callback)


@task
async def wake() -> None:
    """Notify the runner of the receiving process that there may be work."""
    for callback in list(_listeners):
        callback()


def wake_on_commit() -> None:
    # Robust: where a wake-up cannot be sent, the generation is stored all the same, and the sweep finds it.
    transaction.on_commit(wake.enqueue, robust=True)
