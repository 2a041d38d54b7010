"""What becomes of a call, one synchronous function per step; each runs on the runner's own threads."""

from datetime import datetime

from django.db import transaction

from studio.gateway import Received, decode_base64, read_reply
from studio.gateway.errors import GatewayError, ImageFieldRefused, StorageFull
from studio.ledger.models import Entry
from studio.library import files, inbox

from . import claims, dispatch, trouble
from .booking import book, note_time, settle
from .claims import Call
from .keeping import discard_all, keep_all
from .models import Attempt, Job

ROOM, LARGE_ROOM = 16 << 20, 64 << 20  # bytes; a reply in base64 and the picture in it, with a little to spare

# ── Under way ───────────────────────────────────────────────────────────────────────────────────────────────────────


def check_room(call: Call) -> None:
    """Raise StorageFull, before anything is paid for, when the reply and its picture would hardly find room."""
    if inbox.free_bytes() < (LARGE_ROOM if call.request.is_large else ROOM):
        raise StorageFull("nothing was sent")


def note_sent(call: Call, *, now: datetime) -> None:
    Attempt.objects.filter(pk=call.attempt_id).update(sent_at=now)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.SENT)


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
    reply = read_reply(path, asked=attempt.job.request())
    kept = keep_all(attempt.job.generation, reply.pictures)
    try:
        with transaction.atomic():
            is_booked = book(attempt, reply=reply, kept=kept, received=received, now=now)
    except BaseException:
        discard_all(kept)
        raise
    if not is_booked:
        discard_all(kept)
    inbox.remove(attempt_id)
    files.remove_partials(attempt.job_id, attempt.job.partial_count)


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
        step = step_after(attempt, error=error, now=now, jitter=jitter)
        if isinstance(step, dispatch.GiveUp):
            note_time(attempt, seconds=None)
        end_badly(attempt, step=step, error=error, now=now)
        if attempt.upstream:
            trouble.note(attempt.upstream, error=error, now=now)
    return True


def step_after(
    attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float
) -> dispatch.Retry | dispatch.GiveUp:
    """The next step of the job; a proof has none, for its failure is the answer that was asked for."""
    job = attempt.job
    step = dispatch.next_step(
        error=error,
        failed_before=job.attempts.filter(round=attempt.round).exclude(pk=attempt.pk).count(),
        now=now,
        jitter=jitter,
        elsewhere_at=claims.elsewhere_at(job, than=attempt.upstream, now=now) if error.elsewhere else None,
    )
    return dispatch.GiveUp(charge="no") if job.proof_of_id and isinstance(step, dispatch.Retry) else step


def end_badly(attempt: Attempt, *, step: dispatch.Retry | dispatch.GiveUp, error: GatewayError, now: datetime) -> None:
    """Running → failed, canceled where that was asked and cost nothing, or queued for another attempt."""
    job, row = attempt.job, attempt.job.row.running().filter(round=attempt.round)
    if isinstance(step, dispatch.GiveUp) and step.charge == Job.Charge.MAYBE:
        # Until somebody knows better, the most it can have cost is what it has cost.
        held = Entry.objects.get(verb=Entry.Verb.RESERVE, job_id=job.pk, round=attempt.round).amount
        settle(attempt, amount=held, certainty=Entry.Certainty.MAYBE, usage=None, now=now)
        row.touch(state=Job.State.FAILED, charge=Job.Charge.MAYBE, error_kind=error.kind, stage="", finished_at=now)
    elif row.exclude(cancel_requested_at=None).touch(
        state=Job.State.CANCELED, charge=Job.Charge.NO, stage="", finished_at=now, seen_at=now
    ):
        job.release(now=now)
    elif isinstance(step, dispatch.Retry):
        avoided = [*job.avoided, attempt.upstream_id] if error.elsewhere and attempt.upstream_id else job.avoided
        row.touch(state=Job.State.QUEUED, stage="", not_before=step.at, waiting_for=step.waiting_for, avoided=avoided)
    elif row.touch(state=Job.State.FAILED, charge=Job.Charge.NO, error_kind=error.kind, stage="", finished_at=now):
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
            status=error.status,
            request_id=error.request_id or "",
            upstream_request_id=error.upstream_request_id or "",
            latency=(now - attempt.started_at).total_seconds(),
        )
    )
