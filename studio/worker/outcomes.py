"""The end of a call: completing its reply, or failing its attempt and applying the next step. Runs off the loop."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from studio.gateway import Received
from studio.gateway.errors import ContentRefused, GatewayError, ImageFieldRefused
from studio.gateway.studio_errors import WaitedTooLong
from studio.generations import dispatch, fallback
from studio.generations.booking import record_duration
from studio.generations.dispatch import Fallback, GiveUp, Retry
from studio.generations.failure_booking import book_failure
from studio.generations.models import Attempt, Job
from studio.library import inbox
from studio.safety.models import SafetyNote
from studio.threads.context import prompt_texts
from studio.upstreams import health_effects

from .strategies import STRATEGIES


def complete(attempt_id: int, *, received: Received | None, now: datetime) -> None:
    """Complete the reply in the inbox, if there is one.

    `received` is None for a reply that a dead worker left behind. Raise GatewayError when the reply holds nothing
    usable, files.StorageFull when there is no space left for its pictures.
    """
    related = ("job__generation__source", "job__generation__mask", "job__owner")
    attempt = Attempt.objects.select_related(*related).get(pk=attempt_id)
    if path := inbox.find(attempt_id):
        STRATEGIES[attempt.job.generation.kind].complete(attempt, path=path, received=received, now=now)


def fail(attempt_id: int, *, error: GatewayError, now: datetime, jitter: float) -> bool:
    """Finish an attempt that brought nothing and apply the next step to its job; False if it was finished already."""
    attempt = Attempt.objects.select_related("job__generation", "job__owner", "upstream").get(pk=attempt_id)
    with transaction.atomic():
        if not finish_attempt(attempt, error=error, now=now):
            return False
        if isinstance(error, ImageFieldRefused) and attempt.upstream:
            attempt.upstream.set_image_field("image")
        strategy = STRATEGIES[attempt.job.generation.kind]
        step = strategy.explain(attempt, error=error, now=now, jitter=jitter)
        if isinstance(error, ContentRefused):
            log_refusal(attempt, now=now)
        if isinstance(step, Retry) and step.without and attempt.upstream:
            attempt.upstream.add_refused_parameter(step.without)
        if isinstance(step, GiveUp):
            record_duration(attempt, seconds=None)
        apply_step(attempt, step=step, error=error, now=now)
        if attempt.upstream:
            health_effects.record_error(attempt.upstream, error=error, call=attempt.call_facts, now=now)
    return True


def finish_attempt(attempt: Attempt, *, error: GatewayError, now: datetime) -> bool:
    outcome = Attempt.Outcome.UNKNOWN if dispatch.may_be_billed(error) else Attempt.Outcome.FAILED
    return bool(
        Attempt.objects.filter(pk=attempt.pk)
        .unfinished()
        .update(
            finished_at=now,
            outcome=outcome,
            error_kind=error.kind,
            error_detail=error.detail,
            error_code=error.code or "",
            error_param=error.param or "",
            retry_at=None if error.retry_after is None else now + timedelta(seconds=error.retry_after),
            status=error.status,
            request_id=error.request_id or "",
            upstream_request_id=error.upstream_request_id or "",
            latency=(now - attempt.started_at).total_seconds(),
        )
    )


def log_refusal(attempt: Attempt, *, now: datetime) -> None:
    """Log what the gateway's own safety system refused, beside the studio's refusals."""
    SafetyNote.objects.record(
        person=attempt.job.owner,
        source=SafetyNote.Source.UPSTREAM,
        category="",
        text="\n\n".join(prompt_texts(attempt.job.generation)),
        job_id=attempt.job_id,
        now=now,
    )


def apply_step(attempt: Attempt, *, step: dispatch.Step, error: GatewayError, now: datetime) -> None:
    """Running → failed, canceled where that was requested and cost nothing, or queued for a retry or a decision."""
    job, row = attempt.job, attempt.job.row.running().filter(round=attempt.round)
    failed = {"state": Job.State.FAILED, "error_kind": error.kind, "stage": "", "finished_at": now}
    if isinstance(step, GiveUp) and step.charge == Job.Charge.MAYBE:
        row.touch(charge=book_failure(attempt, error=error, now=now), **failed)
    elif row.exclude(cancel_requested_at=None).touch(
        state=Job.State.CANCELED, charge=Job.Charge.NO, stage="", finished_at=now, seen_at=now
    ):
        job.release(now=now)
    elif isinstance(step, Retry):
        is_moving = error.may_succeed_elsewhere and attempt.upstream_id and not step.is_same_upstream
        avoided = [*job.avoided, attempt.upstream_id] if is_moving else job.avoided
        row.touch(state=Job.State.QUEUED, stage="", not_before=step.at, waiting_for=step.waiting_for, avoided=avoided)
    elif isinstance(step, Fallback):
        row.touch(state=Job.State.QUEUED, stage="", **fallback_columns(job, step, error=error, now=now))
    elif row.touch(charge=Job.Charge.NO, **failed):
        job.release(now=now)


def fallback_columns(job: Job, step: Fallback, *, error: GatewayError, now: datetime) -> dict[str, Any]:
    """The columns of a job that takes a fallback step automatically, or waits for its owner's consent to one."""
    if not step.is_agreed:
        lapses_at = now + fallback.CONSENT_EXPIRES_AFTER
        return {"waiting_for": Job.WaitingFor.CONSENT, "not_before": lapses_at, "error_kind": error.kind}
    agreed = job.fallback_columns(step.request, why=error.kind, charge=Job.Charge.NO, by=fallback.AUTOMATIC, now=now)
    return {"waiting_for": Job.WaitingFor.SLOT, "not_before": None, "avoided": [], **agreed}


def expire_consent_requests(*, now: datetime) -> None:
    """Fail the jobs whose offered fallback step nobody decided on, and release their reservations."""
    for job in Job.objects.awaiting_consent().filter(not_before__lte=now):
        with transaction.atomic():
            row = job.row.awaiting_consent().filter(round=job.round)
            if row.touch(state=Job.State.FAILED, charge=Job.Charge.NO, not_before=None, finished_at=now):
                job.release(now=now)


def end_long_waits(*, now: datetime) -> None:
    """Fail the jobs that found no slot within the studio's limit, and release their reservations."""
    since = now - timedelta(hours=settings.QUEUE_HOURS)
    for job in Job.objects.waiting_since(since):
        with transaction.atomic():
            row = job.row.waiting_since(since).filter(round=job.round)
            failed = {"error_kind": WaitedTooLong.kind, "charge": Job.Charge.NO, "finished_at": now}
            if row.touch(state=Job.State.FAILED, not_before=None, **failed):
                job.release(now=now)
