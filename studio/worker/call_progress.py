"""The progress of one call: what its listeners report is written and shown in order, and never delays the call."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from django.utils import timezone

from studio.generations.claims import Call

from . import progress
from .patience import server_lost_by
from .strategy import Listeners
from .text_throttle import TextThrottle

log = logging.getLogger(__name__)

type InThread = Callable[..., Coroutine[Any, Any, Any]]


@dataclass(frozen=True, kw_only=True)
class Threads:
    """How a step is run off the loop: a short one that uses the database, or one that decodes pictures as well.

    `surely` is a short one that is repeated while the database is away.
    """

    short: InThread
    decoding: InThread
    surely: InThread


class CallProgress:
    """Queues the steps of one call and runs them one after the other; leaving it waits for those that are queued."""

    def __init__(self, call: Call, *, threads: Threads, on_change: Callable[[], None]) -> None:
        self._call = call
        self._threads = threads
        self._on_change = on_change
        self._steps: asyncio.Queue[Callable[[], Coroutine[Any, Any, Any]] | None] = asyncio.Queue()
        self._text = TextThrottle(lambda text: self._queue(self._threads.short, progress.save_text, text=text))
        self._partial_count = 0

    @property
    def listeners(self) -> Listeners:
        return Listeners(
            on_sent=lambda: self._queue(self._threads.short, progress.mark_sent, now=timezone.now()),
            on_partial=self._on_partial,
            on_text=self._text.on_text,
            on_task=self._on_task,
        )

    def show_saving(self) -> None:
        self._queue(self._threads.short, progress.mark_saving)

    async def __aenter__(self) -> Self:
        self._runner = asyncio.create_task(self._run_steps())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._text.close()
        self._steps.put_nowait(None)
        await self._runner

    async def _on_partial(self, picture: str, _index: int) -> None:
        # Numbered here: gateways count from 0, from 1, or not at all.
        self._partial_count += 1
        self._queue(self._threads.decoding, progress.save_partial, number=self._partial_count, picture=picture)

    async def _on_task(self, task_id: str) -> None:
        """Not queued: the id must be stored before the call goes on, or the picture could not be fetched later."""
        await self._threads.surely(progress.save_task_id, self._call, task_id=task_id)

    def _queue(self, in_thread: InThread, function: Callable[..., None], **values: Any) -> None:
        self._steps.put_nowait(partial(in_thread, function, self._call, **values))

    async def _run_steps(self) -> None:
        while (step := await self._steps.get()) is not None:
            try:
                await step()
            except Exception as error:
                if server_lost_by(error) is None:
                    log.warning("progress could not be shown", exc_info=True)
            self._on_change()
