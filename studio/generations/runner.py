"""The runner: claims jobs, makes their calls on one event loop, beats, and sweeps up after dead workers."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.db import connections
from django.db.models import Min
from django.utils import timezone

from studio.gateway import Gateway, Received, Timeouts
from studio.gateway.errors import GatewayError
from studio.images import EditRequest
from studio.library import files, inbox

from . import claims, edits, moderation, outcomes, sweep, wakeups
from .claims import Call
from .edits import Sending
from .errors import NoRoom, StudioFault
from .models import Job, Worker
from .moderation import Check
from .threads import endings, speeches
from .threads.hearing import Hearing
from .threads.speeches import Speech
from .upkeep import checks, chores, readings

log = logging.getLogger(__name__)

STEPPERS = 2  # threads for short steps, which must never wait behind a picture being decoded
DECODERS = 2  # threads for steps that decode pictures
IDLE_POLL = 2.0  # seconds; a wake-up that got lost costs no more than this


class Runner:
    """Runs jobs until it is drained; `on_change` is called (on the loop) after each change a person can see."""

    def __init__(self, *, home: str, on_change: Callable[[], None] = lambda: None) -> None:
        self.home = home
        self.on_change = on_change
        self.is_draining = False
        self._steppers = ThreadPoolExecutor(STEPPERS, thread_name_prefix="step")
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self._woken = asyncio.Event()
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._checks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Claim and call until drained, then see the running calls to their end."""
        self._loop = asyncio.get_running_loop()
        self.worker = await self._step(sweep.register, home=self.home)
        wakeups.listen(self.wake)
        beating = [asyncio.create_task(each) for each in (self._beat(), self._sweep(), self._tend())]
        try:
            async with Gateway() as self.gateway:
                await self._claim_until_drained()
                await self._finish()
        finally:
            wakeups.unlisten(self.wake)
            for task in beating:
                task.cancel()
            await asyncio.gather(*beating, return_exceptions=True)
            await self._step(sweep.sign_off, worker=self.worker)
            self._steppers.shutdown(wait=False)
            self._decoders.shutdown(wait=False)

    def wake(self) -> None:
        """There may be work. Safe from any thread, and harmless when it is over."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    def drain(self) -> None:
        """Claim nothing more; `run` returns when the running calls have ended. Safe from any thread."""
        self.is_draining = True
        self.wake()

    @property
    def call_count(self) -> int:
        return len(self._calls)

    async def _step(self, function: Callable[..., Any], **arguments: Any) -> Any:
        return await self._loop.run_in_executor(
            self._decoders if function in DECODING else self._steppers, partial(with_connection, function, arguments)
        )

    async def _claim_until_drained(self) -> None:
        while not self.is_draining:
            self._woken.clear()
            pause = IDLE_POLL
            try:
                await self._check_some()
                await self._inquire_some()
                if await self._claim_some():
                    continue
                pause = await self._step(seconds_until_due, now=timezone.now())
            except Exception:
                log.exception("claiming failed; trying again in %s s", IDLE_POLL)
            try:
                await asyncio.wait_for(self._woken.wait(), pause)
            except TimeoutError:
                continue

    async def _finish(self) -> None:
        """Wait for the running calls, but not for ever: what has not ended by then is an unknown outcome."""
        until = self._loop.time() + settings.DRAIN_SECONDS
        while (running := [*self._calls.values(), *self._checks]) and (left := until - self._loop.time()) > 0:
            await asyncio.wait(running, timeout=left)
        given_up = dict(self._calls)
        for task in [*given_up.values(), *self._checks]:
            task.cancel()
        await asyncio.gather(*given_up.values(), *self._checks, return_exceptions=True)
        for attempt_id in given_up:
            # As for a dead worker, but at once: a reply that is whole in the inbox still becomes a picture.
            await self._step(sweep.finish_safely, attempt_id=attempt_id, now=timezone.now())

    async def _claim_some(self) -> int:
        calls: list[Call] = await self._step(claims.claim_some, worker=self.worker, now=timezone.now())
        for call in calls:
            self._start(call)
        return len(calls)

    async def _check_some(self) -> None:
        """Start the second check of wishes whose words nobody has checked yet."""
        for check in await self._step(moderation.take, now=timezone.now()):
            task = asyncio.create_task(self._check(check), name=f"check of generation {check.generation_id}")
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

    async def _check(self, check: Check) -> None:
        scores = None
        try:
            scores = await self.gateway.moderate(endpoint=check.endpoint, text=check.text, timeouts=moderation.PATIENCE)
        except GatewayError as error:
            log.warning("the second check of generation %s failed: %s", check.generation_id, error.kind)
        await self._step(moderation.conclude, generation_id=check.generation_id, scores=scores, now=timezone.now())
        self._woken.set()
        self.on_change()

    def _start(self, call: Call) -> None:
        task = asyncio.create_task(self._perform(call), name=f"attempt {call.attempt_id}")
        self._calls[call.attempt_id] = task
        task.add_done_callback(lambda _task: self._ended(call.attempt_id))
        self.on_change()

    def _ended(self, attempt_id: int) -> None:
        self._calls.pop(attempt_id, None)
        self._woken.set()
        self.on_change()

    async def _perform(self, call: Call) -> None:
        """Make one call and see it to its end; whatever happens, the attempt gets one."""
        try:
            await self._step(outcomes.check_room, call=call)
            sending = await self._prepared(call)
            try:
                received = await self._receive(call, sending)
            finally:
                if sending:
                    await self._step(sending.clear)
            await self._step(inbox.keep, attempt_id=call.attempt_id)
            await self._step(outcomes.deliver, attempt_id=call.attempt_id, received=received, now=timezone.now())
        except GatewayError as error:
            await self._fail(call, error)
            await self._set_aside(call)
        except files.StorageFull as error:
            await self._fail(call, NoRoom(str(error)))
        except Exception as error:
            log.exception("attempt %s failed in the studio", call.attempt_id)
            await self._fail(call, StudioFault(repr(error)))

    async def _prepared(self, call: Call) -> Sending | Speech | None:
        """What a call sends beside its request, or instead of it; nothing for a generation from words alone."""
        if call.is_talk:
            return cast("Speech", await self._step(speeches.prepare, attempt_id=call.attempt_id))
        is_sending = call.is_edit and not call.task_id
        return await self._step(edits.prepare, attempt_id=call.attempt_id) if is_sending else None

    async def _receive(self, call: Call, sending: Sending | Speech | None) -> Received:
        """Make the call; what there is to see of it is shown in order, and never holds it up."""
        news: asyncio.Queue[Callable[[], Awaitable[None]] | None] = asyncio.Queue()
        showing = asyncio.create_task(show_in_order(news))

        def show(function: Callable[..., Any], **arguments: Any) -> None:
            news.put_nowait(partial(self._show, function, call=call, **arguments))

        partial_count = 0

        async def on_partial(picture: str, _index: int) -> None:
            # Numbered here: gateways count from 0, from 1, or not at all.
            nonlocal partial_count
            partial_count += 1
            show(outcomes.note_partial, number=partial_count, picture=picture)

        hearing = Hearing(lambda text: show(endings.note_text, text=text))
        try:
            received = await self._ask_or_collect(
                call,
                sending,
                on_sent=lambda: show(outcomes.note_sent, now=timezone.now()),
                on_partial=on_partial,
                **({"on_text": hearing.on_text} if call.is_talk else {}),
            )
            show(outcomes.note_saving)
            return received
        finally:
            hearing.close()
            news.put_nowait(None)
            await showing

    async def _ask_or_collect(self, call: Call, sending: Sending | Speech | None, **listeners: Any) -> Received:
        """Ask for the picture, as a task where the upstream takes some, or wait for the task it was asked for by."""
        if call.task_id:
            return await self.gateway.collect(
                endpoint=call.endpoint,
                task_id=call.task_id,
                body_path=call.body_path,
                timeouts=Timeouts.for_request(call.request, limits=call.limits),
                client_request_id=call.client_request_id,
            )
        if not call.is_task:
            return await self._ask(call, sending, **listeners)

        async def on_task(task_id: str) -> None:
            await self._step(outcomes.note_task, call=call, task_id=task_id)

        return await self._ask(call, sending, on_task=on_task, **listeners)

    async def _ask(self, call: Call, sending: Sending | Speech | None, **listeners: Any) -> Received:
        options: dict[str, Any] = listeners | {
            "endpoint": call.endpoint,
            "body_path": call.body_path,
            "timeouts": Timeouts.for_request(call.request, limits=call.limits),
            "client_request_id": call.client_request_id,
        }
        if isinstance(sending, Speech):
            options["timeouts"] = Timeouts.for_request(sending.request, limits=call.limits)
            return await self.gateway.respond(request=sending.request, **options)
        if sending is None:
            return await self.gateway.generate(request=call.request, **options)
        files_sent: dict[str, Any] = {
            "images": sending.pictures,
            "mask": sending.mask,
            "image_field": call.image_field,
        }
        return await self.gateway.edit(request=cast("EditRequest", call.request), **files_sent, **options)

    async def _show(self, function: Callable[..., Any], **arguments: Any) -> None:
        """A step that only shows progress: when it fails, the call goes on."""
        try:
            await self._step(function, **arguments)
        except Exception:
            log.warning("progress could not be shown", exc_info=True)
        self.on_change()

    async def _fail(self, call: Call, error: GatewayError) -> None:
        try:
            await self._step(
                outcomes.fail,
                attempt_id=call.attempt_id,
                error=error,
                now=timezone.now(),
                jitter=random.random(),  # noqa: S311
            )
        except Exception:
            # The row stays unfinished without a call behind it; the sweep finds it there.
            log.exception("the end of attempt %s could not be written", call.attempt_id)

    async def _set_aside(self, call: Call) -> None:
        """A whole reply that holds no usable picture is not looked into again by itself; where this fails, it is."""
        try:
            await self._step(inbox.set_aside, attempt_id=call.attempt_id)
        except Exception:
            log.exception("the reply of attempt %s could not be set aside", call.attempt_id)

    async def _inquire_some(self) -> None:
        """Ask what admins want to know of upstreams, and what gateways say they charged."""
        for question in await self._step(checks.take, now=timezone.now()):
            task = asyncio.create_task(self._inquire(question), name=f"check {question.check_id}")
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)
        for reading in await self._step(readings.take, now=timezone.now()):
            task = asyncio.create_task(self._read(reading), name=f"reading {reading.reading_id}")
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

    async def _read(self, question: readings.Question) -> None:
        """Read what a gateway says it charged; a reading that cannot be written is over by its age."""
        try:
            account = await readings.ask(question, gateway=self.gateway)
            await self._step(readings.answer, reading_id=question.reading_id, account=account, now=timezone.now())
        except Exception:
            log.exception("reading %s could not be written", question.reading_id)

    async def _inquire(self, question: checks.Question) -> None:
        """Ask an admin's question; one whose answer cannot be written is over by its age."""
        try:
            error, seconds = await checks.ask(question, gateway=self.gateway)
            await self._step(
                checks.answer, check_id=question.check_id, error=error, seconds=seconds, now=timezone.now()
            )
        except Exception:
            log.exception("check %s could not be answered", question.check_id)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(Worker.BEAT)
            try:
                await self._step(sweep.beat, worker=self.worker)
            except Exception:
                log.exception("the heartbeat could not be written")

    async def _sweep(self) -> None:
        while True:
            try:
                await self._adopt()
                if await self._step(sweep.sweep, worker=self.worker, own_calls=frozenset(self._calls)):
                    self.wake()
                    self.on_change()
            except Exception:
                log.exception("the sweep failed")
            await asyncio.sleep(sweep.INTERVAL)

    async def _tend(self) -> None:
        """Mail alerts and forget keys that nobody needs, on no thread of the runner: a mail server may be slow."""
        while True:
            try:
                await asyncio.to_thread(with_connection, chores.do, {"now": timezone.now()})
            except Exception:
                log.exception("the chores around upstreams failed")
            await asyncio.sleep(sweep.INTERVAL)

    async def _adopt(self) -> None:
        """Wait for the tasks that dead workers had begun: their pictures are paid for and can be asked for."""
        if not self.is_draining:
            for call in await self._step(sweep.adopt, worker=self.worker, own_calls=frozenset(self._calls)):
                self._start(call)


DECODING = {
    edits.prepare,
    speeches.prepare,
    outcomes.note_partial,
    outcomes.deliver,
    sweep.sweep,
    sweep.finish_safely,
}


async def show_in_order(news: "asyncio.Queue[Callable[[], Awaitable[None]] | None]") -> None:
    while (show := await news.get()) is not None:
        await show()


def with_connection(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Run one step and give its database connection back."""
    try:
        return function(**arguments)
    finally:
        connections.close_all()


def seconds_until_due(*, now: datetime) -> float:
    """How long until the next waiting job may start, at most IDLE_POLL."""
    due = Job.objects.queued().filter(not_before__gt=now).aggregate(first=Min("not_before"))["first"]
    return min(IDLE_POLL, (due - now).total_seconds()) if due else IDLE_POLL
