"""Tasks of django.tasks through a list in Valkey: any process that delivers takes the next one.

Whoever enqueues waits at most PATIENCE for Valkey. While it is away, tasks are kept in the process that enqueued them
and are sent when it is back, the oldest first; a wake-up among them is late and does no harm.
"""

import asyncio
import json
import logging
from collections import deque
from functools import cached_property
from typing import Any

from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskResult
from django.utils.module_loading import import_string

from .valkey import PATIENCE, VALKEY, address, options
from .wakeups import new_result

log = logging.getLogger(__name__)

QUEUE = "easel:tasks"
KEPT = 1_000  # tasks that wait for Valkey in one process; beyond that the oldest is dropped
WAIT = 2  # seconds of one question for the next task
DELIVER_PATIENCE = WAIT + 2.0  # seconds of silence after which the connection counts as lost


class ValkeyBackend(BaseTaskBackend):
    supports_async_task = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self._kept: deque[bytes] = deque(maxlen=KEPT)
        VALKEY.call_on_return(self._send_kept)

    @cached_property
    def _client(self) -> Any:
        from redis import Redis

        return Redis.from_url(address(), **options(PATIENCE))

    def enqueue(self, task: "Task[Any, Any]", args: Any, kwargs: Any) -> "TaskResult[Any, Any]":
        from redis.exceptions import RedisError

        self.validate_task(task)
        message = json.dumps({"task": task.module_path, "args": args, "kwargs": kwargs}).encode()
        if VALKEY.is_away:
            self._kept.append(message)
        else:
            try:
                self._client.lpush(QUEUE, message)
            except (RedisError, OSError) as error:
                # It may have arrived all the same, and is then done twice, which tasks have to bear.
                self._kept.append(message)
                VALKEY.report(error)
        return new_result(task, args, kwargs, backend=self.alias)

    def _send_kept(self) -> None:
        """Raise RedisError, and keep what is left, where Valkey goes away again."""
        while self._kept:
            self._client.lpush(QUEUE, self._kept[0])
            self._kept.popleft()

    async def deliver(self) -> None:
        """Run what is enqueued until canceled; a task that fails is logged."""
        from redis.asyncio import Redis
        from redis.exceptions import RedisError

        running: set[asyncio.Task[None]] = set()
        async with Redis.from_url(address(), **options(DELIVER_PATIENCE)) as client:
            while True:
                try:
                    found = await client.brpop([QUEUE], timeout=WAIT)
                except (RedisError, OSError) as error:
                    VALKEY.report(error)
                    await VALKEY.returned()
                    continue
                if found:
                    task = asyncio.create_task(run(found[1]))
                    running.add(task)
                    task.add_done_callback(running.discard)


async def run(message: bytes | str) -> None:
    try:
        content = json.loads(message)
        task = import_string(content["task"])
        await task.acall(*content["args"], **content["kwargs"])
    except Exception:
        log.exception("a task failed: %.200r", message)
