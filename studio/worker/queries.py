"""What is not a job's call: second checks of prompts, checks of upstreams, readings of accounts and of kept replies."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from django.utils import timezone

from studio.gateway import Gateway, Timeouts
from studio.gateway.errors import GatewayError
from studio.generations import kept_replies, reconciliation
from studio.generations.reconciliation import StartedReading
from studio.upstreams import checks

from . import moderation, outcomes
from .moderation import PromptCheck
from .rereading import Rereading, claim_rereadings

QUICK = Timeouts(deadline=60.0)

log = logging.getLogger(__name__)

type InThread = Callable[..., Coroutine[Any, Any, Any]]


class Queries:
    """Starts the queries that wait and runs each as a task; `on_checked` is called after each second check."""

    def __init__(self, gateway: Gateway, *, step: InThread, decode: InThread, on_checked: Callable[[], None]) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._gateway = gateway
        self._step = step
        self._decode = decode
        self._on_checked = on_checked

    async def start_waiting(self) -> None:
        """Claim what waits in the database, and start it."""
        now = timezone.now()
        for check in await self._step(moderation.claim_checks, now=now):
            self._start(self._check_prompt(check), name=f"check of generation {check.generation_id}")
        for claimed in await self._step(checks.claim_checks, now=now):
            self._start(self._check_upstream(claimed), name=f"check {claimed.check_id}")
        for rereading in await self._step(claim_rereadings):
            self._start(self._read_again(rereading), name=f"reply of attempt {rereading.attempt_id}")
        for reading in await self._step(reconciliation.start_readings, now=now):
            self._start(self._read_account(reading), name=f"reading {reading.reading_id}")

    def _start(self, query: Coroutine[Any, Any, None], *, name: str) -> None:
        task = asyncio.create_task(query, name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _check_prompt(self, check: PromptCheck) -> None:
        scores = None
        try:
            scores = await self._gateway.moderate(
                endpoint=check.endpoint, text=check.text, timeouts=moderation.TIMEOUTS
            )
        except GatewayError as error:
            log.warning("the second check of generation %s failed: %s", check.generation_id, error.kind)
        await self._step(moderation.finish_check, check.generation_id, scores=scores, now=timezone.now())
        self._on_checked()

    async def _read_again(self, rereading: Rereading) -> None:
        """A reply that still brings no picture is kept on."""
        attempt_id = rereading.attempt_id
        try:
            await self._fetch_linked(rereading)
            await self._decode(outcomes.complete, attempt_id, received=None, now=timezone.now())
        except GatewayError as error:
            await self._step(kept_replies.keep, attempt_id, error=error, now=timezone.now())
        self._on_checked()

    async def _fetch_linked(self, rereading: Rereading) -> None:
        """Fetch a picture that a reply only links to, which may be there by now; its task is asked for a new link."""
        if (call := rereading.call) is None:
            return
        if rereading.is_task:
            anew = call.body_path.with_name(f"{call.body_path.name}.anew")
            with suppress(GatewayError):
                await self._gateway.collect(
                    endpoint=call.endpoint, task_id=call.task_id, body_path=anew, timeouts=QUICK
                )
                anew.replace(call.body_path)
            anew.unlink(missing_ok=True)
        else:
            await self._gateway.fetch_linked(endpoint=call.endpoint, body_path=call.body_path)

    async def _check_upstream(self, check: checks.ClaimedCheck) -> None:
        """A check whose result cannot be written ends by its age."""
        try:
            answers, seconds = await checks.send_check(check, gateway=self._gateway)
            now = timezone.now()
            await self._step(checks.record_answers, check.check_id, answers, seconds=seconds, now=now)
        except Exception:
            log.exception("check %s could not be answered", check.check_id)

    async def _read_account(self, reading: StartedReading) -> None:
        """A reading that cannot be written ends by its age."""
        try:
            account = await reconciliation.read_account(reading, gateway=self._gateway)
            await self._step(reconciliation.finish_reading, reading.reading_id, account=account, now=timezone.now())
        except Exception:
            log.exception("reading %s could not be written", reading.reading_id)
