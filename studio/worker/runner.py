"""The runner: claims jobs, runs their calls on one event loop, writes its heartbeat, sweeps after dead workers."""

import asyncio
import logging
import math
import random
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from studio.core import wakeups
from studio.gateway import Gateway, Received, Timeouts
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import FileMissing, NoRoom, StudioFault
from studio.generations import claims, kept_replies
from studio.generations.claims import Call
from studio.generations.models import Job, Worker
from studio.library import files, inbox, outbox
from studio.library.storage import STORAGE

from . import outcomes, periodic_tasks, progress, sweep
from .call_progress import CallProgress, Threads
from .patience import log_failure, server_lost_by, until_it_can, with_connection
from .queries import Queries
from .strategies import STRATEGIES

log = logging.getLogger(__name__)

STEP_THREADS = 2  # for short steps, which must never wait for a picture to be decoded
DECODE_THREADS = 2  # for steps that decode pictures
IDLE_POLL = 2.0  # seconds; how late a job may start if its wake-up is lost
AWAY_POLL = 0.5  # seconds; how late after the database is back


class Runner:
    """Runs jobs until it is drained; `on_change` is called (on the loop) after each change a person can see."""

    def __init__(self, *, home: str, on_change: Callable[[], None] = lambda: None) -> None:
        self.home = home
        self.on_change = on_change
        self.is_draining = False
        self._step_threads = ThreadPoolExecutor(STEP_THREADS, thread_name_prefix="step")
        self._decode_threads = ThreadPoolExecutor(DECODE_THREADS, thread_name_prefix="decode")
        self._woken = asyncio.Event()
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._started: set[int] = set()  # attempts whose call was begun here
        self._has_lost_claims = False
        self._reachable_since = -math.inf  # by the loop's clock; the database has answered ever since

    async def run(self) -> None:
        """Claim and run jobs until drained, then wait for the running calls."""
        self._loop = asyncio.get_running_loop()
        self.worker = await self._step(sweep.register, home=self.home)
        wakeups.add_listener(self.wake)
        repeated = [asyncio.create_task(each) for each in (self._beat(), self._sweep(), self._run_periodic_tasks())]
        try:
            async with Gateway() as self.gateway:
                self._queries = Queries(self.gateway, step=self._step, decode=self._decode, on_checked=self._on_checked)
                await self._claim_until_drained()
                await self._finish()
        finally:
            wakeups.remove_listener(self.wake)
            for task in repeated:
                task.cancel()
            await asyncio.gather(*repeated, return_exceptions=True)
            await self._sign_off()
            self._step_threads.shutdown(wait=False)
            self._decode_threads.shutdown(wait=False)

    def wake(self) -> None:
        """Look for work now. Safe from any thread, also after the loop is closed."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    def drain(self) -> None:
        """Claim nothing more; `run` returns when the running calls have ended. Safe from any thread."""
        self.is_draining = True
        self.wake()

    @property
    def call_count(self) -> int:
        return len(self._calls)

    # ── Threads ──

    async def _step[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short step that uses the database."""
        return await self._in_thread(self._step_threads, partial(function, *args, **kwargs))

    async def _decode[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a step that decodes pictures as well."""
        return await self._in_thread(self._decode_threads, partial(function, *args, **kwargs))

    async def _in_thread[T](self, threads: Executor, function: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(threads, with_connection, function)

    async def _surely[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short step; while the database or the storage is away, later."""
        return await until_it_can(lambda: self._step(function, *args, **kwargs))

    async def _surely_decode[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await until_it_can(lambda: self._decode(function, *args, **kwargs))

    # ── Claiming ──

    async def _claim_until_drained(self) -> None:
        while not self.is_draining:
            self._woken.clear()
            pause = IDLE_POLL
            try:
                await self._queries.start_waiting()
                if await self._claim_some():
                    continue
                pause = await self._step(seconds_until_due, now=timezone.now())
            except Exception as error:
                log_failure("claiming failed", error)
                pause = AWAY_POLL if server_lost_by(error) else IDLE_POLL
            try:
                await asyncio.wait_for(self._woken.wait(), pause)
            except TimeoutError:
                continue

    async def _claim_some(self) -> int:
        """Claim nothing while its pictures could not be stored."""
        if STORAGE.is_used and STORAGE.is_away:
            return 0
        if self._has_lost_claims:
            await self._step(sweep.release_claims, worker=self.worker, started=frozenset(self._started))
            self._has_lost_claims = False
        try:
            calls = await self._step(claims.claim_batch, worker=self.worker, now=timezone.now())
        except Exception:
            # Some may be written all the same, and this is the only one who would make their calls.
            self._has_lost_claims = True
            raise
        for call in calls:
            self._start(call)
        return len(calls)

    async def _finish(self) -> None:
        """Wait for the running calls, at most DRAIN_SECONDS; what has not ended by then is an unknown outcome."""
        until = self._loop.time() + settings.DRAIN_SECONDS
        while (running := [*self._calls.values(), *self._queries.tasks]) and (left := until - self._loop.time()) > 0:
            await asyncio.wait(running, timeout=left)
        abandoned = dict(self._calls)
        for task in [*abandoned.values(), *self._queries.tasks]:
            task.cancel()
        await asyncio.gather(*abandoned.values(), *self._queries.tasks, return_exceptions=True)
        for attempt_id in abandoned:
            # As for a dead worker, but at once: a complete reply in the inbox still becomes a picture.
            await self._decode(sweep.finish_safely, attempt_id, now=timezone.now())

    # ── Calls ──

    def _start(self, call: Call) -> None:
        task = asyncio.create_task(self._run_call(call), name=f"attempt {call.attempt_id}")
        self._calls[call.attempt_id] = task
        self._started.add(call.attempt_id)
        task.add_done_callback(lambda _task: self._on_call_end(call.attempt_id))
        self.on_change()

    def _on_call_end(self, attempt_id: int) -> None:
        self._calls.pop(attempt_id, None)
        self._woken.set()
        self.on_change()

    async def _run_call(self, call: Call) -> None:
        """Run one call to its end; whatever happens, the attempt is finished."""
        try:
            await self._surely(progress.check_room, call)
            try:
                received = await self._receive(call)
            finally:
                await self._surely(outbox.clear, call.attempt_id)
            await self._surely(inbox.copy_to_remote, call.attempt_id)
            await self._surely_decode(outcomes.complete, call.attempt_id, received=received, now=timezone.now())
        except GatewayError as error:
            await self._fail(call, error)
            await self._keep_reply(call, error)
        except files.StorageFull as error:
            await self._fail(call, NoRoom(str(error)))
        except Exception as error:
            log.exception("attempt %s failed in the studio", call.attempt_id)
            await self._fail(call, StudioFault(repr(error)))

    async def _receive(self, call: Call) -> Received:
        """Make the call while its progress is shown."""
        strategy = STRATEGIES[call.kind]
        try:
            prepared = None if call.task_id else await self._surely_decode(strategy.prepare, call)
        except FileNotFoundError as error:
            raise FileMissing(str(error)) from None
        threads = Threads(short=self._step, decoding=self._decode, surely=self._surely)
        async with CallProgress(call, threads=threads, on_change=self.on_change) as call_progress:
            if call.task_id:
                received = await self._collect(call)
            else:
                received = await strategy.call(self.gateway, call, prepared, call_progress.listeners)
            call_progress.show_saving()
            return received

    async def _collect(self, call: Call) -> Received:
        """Wait for an image task that was started before."""
        return await self.gateway.collect(
            endpoint=call.endpoint,
            task_id=call.task_id,
            body_path=call.body_path,
            timeouts=Timeouts.for_request(call.request, limits=call.limits),
            client_request_id=call.client_request_id,
        )

    async def _fail(self, call: Call, error: GatewayError) -> None:
        jitter = random.random()  # noqa: S311
        try:
            await self._surely(outcomes.fail, call.attempt_id, error=error, now=timezone.now(), jitter=jitter)
        except Exception:
            # The row stays unfinished without a running call; the sweep finishes it.
            log.exception("the end of attempt %s could not be written", call.attempt_id)

    async def _keep_reply(self, call: Call, error: GatewayError) -> None:
        """Keep an unusable reply for its person, out of the inbox, so that the sweep does not read it again."""
        try:
            await self._surely(kept_replies.keep, call.attempt_id, error=error, now=timezone.now())
        except Exception:
            log.exception("the reply of attempt %s could not be kept; it stays in the inbox", call.attempt_id)

    def _on_checked(self) -> None:
        self._woken.set()
        self.on_change()

    async def _sign_off(self) -> None:
        try:
            await self._step(sweep.sign_off, worker=self.worker)
        except Exception as error:
            log_failure("the worker could not sign off", error)

    # ── Repeated work ──

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(Worker.BEAT)
            begun = self._loop.time()
            try:
                await self._step(sweep.beat, worker=self.worker)
                is_prompt = self._loop.time() - begun < Worker.BEAT
            except Exception as error:
                log_failure("the heartbeat could not be written", error)
                is_prompt = False
            if not is_prompt:
                self._reachable_since = self._loop.time()

    @property
    def _others(self) -> sweep.Others:
        """Whether the silence of other workers is theirs: after the database was away, all of them were silent."""
        waited = self._loop.time() - self._reachable_since
        return sweep.Others.JUDGED if waited > Worker.SILENCE.total_seconds() else sweep.Others.LEFT_ALONE

    async def _sweep(self) -> None:
        while True:
            try:
                await self._adopt_tasks()
                own = frozenset(self._calls)
                if await self._decode(sweep.sweep, worker=self.worker, own_calls=own, others=self._others):
                    self.wake()
                    self.on_change()
            except Exception as error:
                log_failure("the sweep failed", error)
            await asyncio.sleep(sweep.INTERVAL)

    async def _adopt_tasks(self) -> None:
        """Wait for the image tasks that dead workers started: their pictures are paid for and can be fetched."""
        if not self.is_draining:
            own = frozenset(self._calls)
            for call in await self._step(sweep.adopt_tasks, worker=self.worker, own_calls=own, others=self._others):
                self._start(call)

    async def _run_periodic_tasks(self) -> None:
        """On no thread of the runner: a mail server may be slow."""
        while True:
            try:
                await asyncio.to_thread(with_connection, partial(periodic_tasks.run, now=timezone.now()))
            except Exception as error:
                log_failure("the periodic tasks failed", error)
            await asyncio.sleep(sweep.INTERVAL)


def seconds_until_due(*, now: datetime) -> float:
    """Seconds until the next waiting job may start, at most IDLE_POLL."""
    next_at = Job.objects.queued().filter(not_before__gt=now).aggregate(first=Min("not_before"))["first"]
    return min(IDLE_POLL, (next_at - now).total_seconds()) if next_at else IDLE_POLL
