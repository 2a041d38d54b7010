"""What becomes of a call, one synchronous function per step; each runs on the runner's own threads."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from studio.gateway import Received, decode_base64, read_reply
from studio.gateway.errors import ContentRefused, GatewayError, ImageFieldRefused, StorageFull, TasksRefused
from studio.ledger import prices
from studio.ledger.models import Entry
from studio.library import files, inbox

from . import claims, dispatch, fallback, quotes, trouble
from .booking import book, note_time, settle
from .claims import Call
from .dispatch import Fallback, GiveUp, Reason, Retry
from .keeping import bring_home
from .models import Attempt, Job, SafetyNote
from .tariffs import tariff_of
from .threads import endings

ROOM, LARGE_ROOM = 16 << 20, 64 << 20  # bytes; a reply in base64 and the picture in it, with a little to spare

# ── Under way ───────────────────────────────────────────────────────────────────────────────────────────────────────


def check_room(call: Call) -> None:
    """Raise StorageFull, before anything is paid for, when the reply and its picture would hardly find room."""
    if inbox.free_bytes() < (LARGE_ROOM if call.request.is_large else ROOM):
        raise StorageFull("nothing was sent")


def note_sent(call: Call, *, now: datetime) -> None:
    Attempt.objects.filter(pk=call.attempt_id).update(sent_at=now)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.SENT)


def note_task(call: Call, *, task_id: str) -> None:
    """Write down by what the picture is asked for, before it is: whoever reads it can pick the picture up."""
    Attempt.objects.filter(pk=call.attempt_id).update(task_id=task_id)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.DRAWING)


def note_partial(call: Call, *, number: int, picture: str) -> None:
    """Keep a small copy of a partial picture and show it; one that cannot be read is not worth a word."""
    try:
        small = files.shrink(decode_base64(picture))
    except (GatewayError, files.Unreadable):
        return
    files.store_partial(call.job_id, number, small)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.DRAWING, partial_count=number)


def note_saving(call: Call) -> None:
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.SAVING)


# ── Good ends ───────────────────────────────────────────────────────────────────────────────────────────────────────


def deliver(attempt_id: int, *, received: Received | None, now: datetime) -> None:
    """Turn the reply in the inbox into pictures, money and a finished job: bytes first, then one transaction.

    Called by the runner, and by the sweep for replies that a dead worker left behind (then `received` is None).
    Raises GatewayError when the reply holds no usable picture, files.StorageFull when there is no room for it.
    """
    attempt = Attempt.objects.select_related("job__generation__source", "job__generation__mask", "job__owner").get(
        pk=attempt_id
    )
    path = inbox.find(attempt_id)
    if path is None:
        return
    if attempt.job.generation.talk:
        endings.deliver(attempt, path=path, received=received, now=now)
        return
    reply = read_reply(path, asked=attempt.request())
    bring_home(
        attempt,
        reply.pictures,
        book=lambda kept: book(attempt, reply=reply, kept=kept, received=received, now=now),
    )


# ── Bad ends ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fail(attempt_id: int, *, error: GatewayError, now: datetime, jitter: float) -> bool:
    """Finish an attempt that brought no picture, and do with its job what `dispatch.next_step` says.

    False when the attempt was finished already.
    """
    attempt = Attempt.objects.select_related("job__generation", "job__owner", "upstream").get(pk=attempt_id)
    with transaction.atomic():
        if not finish_badly(attempt, error=error, now=now):
            return False
        if isinstance(error, ImageFieldRefused) and attempt.upstream:
            attempt.upstream.remember_image_field("image")
        if isinstance(error, TasksRefused) and attempt.upstream:
            attempt.upstream.forget_tasks()
        step = step_after(attempt, error=error, now=now, jitter=jitter)
        if isinstance(error, ContentRefused):
            note_refused(attempt, now=now)
        if isinstance(step, Retry) and step.without and attempt.upstream:
            attempt.upstream.remember_refused_parameter(step.without)
        if isinstance(step, GiveUp):
            note_time(attempt, seconds=None)
        end_badly(attempt, step=step, error=error, now=now)
        if attempt.upstream:
            trouble.note(attempt.upstream, error=error, now=now)
    return True


def note_refused(attempt: Attempt, *, now: datetime) -> None:
    """A gateway's own safety system stands in the same log as the studio's."""
    SafetyNote.objects.note(
        person=attempt.job.owner,
        source=SafetyNote.Source.UPSTREAM,
        category="",
        text="\n\n".join(attempt.job.generation.words_sent()),
        job=attempt.job,
        now=now,
    )


def step_after(attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
    """The next step of the job; a proof has none, for its failure is the answer that was asked for."""
    job = attempt.job
    request = attempt.request()
    if attempt.upstream:
        request = claims.as_sent(request, attempt.upstream, alias=attempt.user_alias)
    step = dispatch.next_step(
        request,
        list(job.attempts.filter(round=attempt.round).exclude(pk=attempt.pk)),
        error,
        consent=fallback.consent_of(job),
        elsewhere_at=claims.elsewhere_at(job, than=attempt.upstream, now=now) if error.elsewhere else None,
        now=now,
        jitter=jitter,
    )
    return GiveUp(Reason.TRIED_ENOUGH) if job.proof_of_id and isinstance(step, Retry) else step


def end_badly(attempt: Attempt, *, step: dispatch.Step, error: GatewayError, now: datetime) -> None:
    """Running → failed, canceled where that was asked and cost nothing, or queued for another attempt or a word."""
    job, row = attempt.job, attempt.job.row.running().filter(round=attempt.round)
    over = {"state": Job.State.FAILED, "error_kind": error.kind, "stage": "", "finished_at": now}
    if isinstance(step, GiveUp) and step.charge == Job.Charge.MAYBE:
        settle(attempt, amount=most_it_cost(attempt), certainty=Entry.Certainty.MAYBE, usage=None, now=now)
        row.touch(charge=Job.Charge.MAYBE, **over)
    elif row.exclude(cancel_requested_at=None).touch(
        state=Job.State.CANCELED, charge=Job.Charge.NO, stage="", finished_at=now, seen_at=now
    ):
        job.release(now=now)
    elif isinstance(step, Retry):
        is_left = error.elsewhere and attempt.upstream_id and not step.is_here
        avoided = [*job.avoided, attempt.upstream_id] if is_left else job.avoided
        row.touch(state=Job.State.QUEUED, stage="", not_before=step.at, waiting_for=step.waiting_for, avoided=avoided)
    elif isinstance(step, Fallback):
        row.touch(state=Job.State.QUEUED, stage="", **stepping_down(job, step, error=error, now=now))
    elif row.touch(charge=Job.Charge.NO, **over):
        job.release(now=now)


def stepping_down(job: Job, step: Fallback, *, error: GatewayError, now: datetime) -> dict[str, Any]:
    """The columns of a job that goes a step down by itself, or that waits for a word on it."""
    if not step.is_agreed:
        lapses_at = now + fallback.QUESTION_LAPSES
        return {"waiting_for": Job.WaitingFor.CONSENT, "not_before": lapses_at, "error_kind": error.kind}
    facts = fallback.down(job, step.request, why=error.kind, charge=Job.Charge.NO, by=fallback.AUTOMATIC, now=now)
    return {"waiting_for": Job.WaitingFor.SLOT, "not_before": None, "avoided": [], **facts}


def most_it_cost(attempt: Attempt) -> Decimal:
    """Until somebody knows better, the most it can have cost is what it has cost."""
    job = attempt.job
    held = Entry.objects.get(verb=Entry.Verb.RESERVE, job_id=job.pk, round=attempt.round).amount
    # What was held covers the dearest upstream and what was asked for; this was sent to one, perhaps a step down.
    at = attempt.started_at
    tariff = tariff_of(attempt.upstream, rates=prices.rates(model=attempt.model, at=at), at=at)
    return min(held, quotes.most(job.generation, attempt.request(), tariff=tariff))


def lapse_questions(*, now: datetime) -> None:
    """Fail the jobs whose question about a step down nobody answered, and give back what they held."""
    for job in Job.objects.asking().filter(not_before__lte=now):
        with transaction.atomic():
            row = job.row.asking().filter(round=job.round)
            if row.touch(state=Job.State.FAILED, charge=Job.Charge.NO, not_before=None, finished_at=now):
                job.release(now=now)


def finish_badly(attempt: Attempt, *, error: GatewayError, now: datetime) -> bool:
    outcome = Attempt.Outcome.UNKNOWN if error.maybe_billed else Attempt.Outcome.FAILED
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
