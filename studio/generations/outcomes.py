"""What becomes of a call, one synchronous function per step; each runs on the runner's own threads."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from studio import images
from studio.gateway import Received, Reply, decode_base64, read_reply
from studio.gateway.errors import GatewayError, ImageFieldRefused, StorageFull
from studio.images import Usage
from studio.ledger.models import Entry
from studio.library import files, inbox
from studio.library.models import Picture

from . import dispatch, edits
from .claims import Call
from .errors import PictureBroken
from .models import Attempt, Generation, Job

log = logging.getLogger(__name__)

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


@dataclass
class Kept:
    """The files of one picture: what is shown, what the model drew if that is something else, their difference."""

    shown: files.Stored
    drawn: files.Stored
    difference_name: str = ""
    verdict: str = ""
    leak: float | None = None

    def discard(self) -> None:
        for file in {self.shown.name: self.shown, self.drawn.name: self.drawn}.values():
            files.discard(file)
        files.remove(self.difference_name)


def keep_all(generation: Generation, pictures: Sequence[bytes]) -> list[Kept]:
    kept: list[Kept] = []
    try:
        for picture in pictures:
            kept.append(keep(generation, picture))
    except files.Unreadable as error:
        discard_all(kept)
        raise PictureBroken(str(error)) from error
    except BaseException:
        discard_all(kept)
        raise
    return kept


def keep(generation: Generation, picture: bytes) -> Kept:
    """Store what the model drew first, since it is what was paid for; then what is made of it."""
    drawn = files.store(picture, folder="pictures")
    kept = Kept(shown=drawn, drawn=drawn)
    try:
        back = put_back(generation, picture)
        kept.verdict, kept.leak = back.verdict, back.leak
        if back.data:
            kept.shown = files.store(back.data, folder="pictures")
        if back.difference:
            kept.difference_name = files.store_beside(drawn, "difference.webp", back.difference)
    except BaseException:
        kept.discard()
        raise
    return kept


def put_back(generation: Generation, picture: bytes) -> edits.PutBack:
    """What `edits.put_back` makes of it; a fault in that never costs the picture that was paid for."""
    try:
        return edits.put_back(generation, picture)
    except Exception:
        log.exception("a result of generation %s could not be put back onto its source", generation.pk)
        return edits.PutBack()


def discard_all(kept: Sequence[Kept]) -> None:
    for files_of_one in kept:
        files_of_one.discard()


def book(attempt: Attempt, *, reply: Reply, kept: Sequence[Kept], received: Received | None, now: datetime) -> bool:
    """Write pictures, attempt, money and job; False when this attempt was already booked."""
    usage = reply.usage or formula_usage(attempt, stored=kept[0].drawn, reply=reply)
    cost = images.cost(usage, images.find_model(attempt.model).rates, attempt.price_multiplier)
    is_late_result = Attempt.objects.filter(pk=attempt.pk, outcome=Attempt.Outcome.UNKNOWN).exists()
    facts = attempt_facts(reply=reply, stored=kept[0].drawn, usage=usage, received=received)
    open_rows = Attempt.objects.filter(pk=attempt.pk).exclude(outcome=Attempt.Outcome.SUCCEEDED)
    if not open_rows.update(outcome=Attempt.Outcome.SUCCEEDED, finished_at=now, error_kind="", **facts):
        return False
    attempt.refresh_from_db()
    certainty = Entry.Certainty.ESTIMATED if usage.is_estimated else Entry.Certainty.EXACT
    if is_late_result:
        Entry.objects.correct(attempt_id=attempt.pk, amount=cost, certainty=certainty, usage=usage, now=now)
    else:
        settle(attempt, amount=cost, certainty=certainty, usage=usage, now=now)
    for one in kept:
        keep_picture(attempt, kept=one, reply=reply, price=cost / len(kept), now=now)
    end_well(attempt, now=now)
    return True


def settle(attempt: Attempt, *, amount: Decimal, certainty: str, usage: Usage | None, now: datetime) -> None:
    Entry.objects.settle(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        round=attempt.round,
        amount=amount,
        certainty=certainty,
        usage=usage,
        now=now,
        is_simulated=attempt.is_simulated,
        upstream_name=attempt.upstream_name,
        size=attempt.got_size or attempt.size,
        quality=attempt.got_quality or attempt.quality,
    )


def end_well(attempt: Attempt, *, now: datetime) -> None:
    """Running → succeeded, or canceled where that was asked; failed → succeeded for a result that came late."""
    row = attempt.job.row.filter(round=attempt.round)
    over = {"stage": "", "finished_at": now, "charge": Job.Charge.YES, "error_kind": ""}
    if row.running().exclude(cancel_requested_at=None).touch(state=Job.State.CANCELED, **over):
        return
    row.filter(state__in=[Job.State.RUNNING, Job.State.FAILED]).touch(state=Job.State.SUCCEEDED, **over)


def formula_usage(attempt: Attempt, *, stored: files.Stored, reply: Reply) -> Usage:
    """What the formula says of the picture that came, where the gateway reported no usage."""
    known = [quality for quality in (reply.quality, attempt.quality) if quality in images.QUALITY_FACTORS]
    quality = known[0] if known else "medium"
    generation = attempt.job.generation
    usage = images.expected_usage(attempt.job.request(), quality=quality)
    drawn = images.output_tokens(stored.width, stored.height, quality)
    return replace(usage, output_image_tokens=drawn, input_image_tokens=generation.input_tokens)


def attempt_facts(*, reply: Reply, stored: files.Stored, usage: Usage, received: Received | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "got_size": f"{stored.width}x{stored.height}",
        "got_quality": (reply.quality or "")[:20],
        "got_format": stored.format,
        "got_model": (reply.model or "")[:60],
        "input_text_tokens": usage.input_text_tokens,
        "input_image_tokens": usage.input_image_tokens,
        "output_text_tokens": usage.output_text_tokens,
        "output_image_tokens": usage.output_image_tokens,
    }
    if received:
        facts |= {
            "latency": received.latency,
            "status": received.status,
            "request_id": received.request_id or "",
            "upstream_request_id": received.upstream_request_id or "",
        }
    return facts


def keep_picture(attempt: Attempt, *, kept: Kept, reply: Reply, price: Decimal, now: datetime) -> None:
    generation = attempt.job.generation
    Picture.objects.create(
        owner=attempt.job.owner,
        job=attempt.job,
        created_at=now,
        prompt=generation.prompt,
        revised_prompt=reply.revised_prompt or "",
        asked={
            "model": attempt.model,
            "size": attempt.size,
            "quality": attempt.quality,
            "output_format": attempt.output_format,
            "background": generation.background,
        },
        got={
            "model": attempt.got_model,
            "size": f"{kept.drawn.width}x{kept.drawn.height}",
            "quality": attempt.got_quality,
            "output_format": kept.drawn.format,
            "background": reply.background or "",
        },
        upstream_name=attempt.upstream_name,
        price=price,
        is_simulated=attempt.is_simulated,
        latency=attempt.latency,
        is_after_cancel=attempt.job.cancel_requested_at is not None,
        source=generation.source,
        decision=Picture.Decision.UNDECIDED if generation.mask_id else "",
        lock_verdict=kept.verdict,
        leak=kept.leak,
        raw_file=kept.drawn.name if kept.shown is not kept.drawn else "",
        difference_file=kept.difference_name,
        **kept.shown.fields(),
    )


# ── Bad ends ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fail(attempt_id: int, *, error: GatewayError, now: datetime, jitter: float) -> bool:
    """Finish an attempt that brought no picture, and do with its job what `dispatch.next_step` says.

    False when the attempt was finished already.
    """
    attempt = Attempt.objects.select_related("job__generation", "job__owner").get(pk=attempt_id)
    failed_before = attempt.job.attempts.filter(round=attempt.round).exclude(pk=attempt.pk).count()
    step = dispatch.next_step(error=error, failed_before=failed_before, now=now, jitter=jitter)
    with transaction.atomic():
        if not finish_badly(attempt, error=error, now=now):
            return False
        if isinstance(error, ImageFieldRefused) and attempt.upstream:
            attempt.upstream.remember_image_field("image")
        end_badly(attempt, step=step, error=error, now=now)
    return True


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
        row.touch(state=Job.State.QUEUED, stage="", not_before=step.at, waiting_for=step.waiting_for)
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
