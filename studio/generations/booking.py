"""A reply's rows: pictures, the attempt's facts, its money and its job, in the transaction of whoever calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from studio import images
from studio.gateway import Received, Reply, ResponseReply
from studio.images import ImageRequest, Usage
from studio.ledger.models import Entry, Timing
from studio.ledger.periods import local_day
from studio.library import files
from studio.library.models import Picture

from . import fallback, trouble
from .costs import formula_usage, picture_cost
from .keeping import Kept
from .models import Attempt, Generation, Job


def book(attempt: Attempt, *, reply: Reply, kept: Sequence[Kept], received: Received | None, now: datetime) -> bool:
    """Write pictures, attempt, money and job; False when this attempt was already booked."""
    drawn = kept[0].drawn
    partials = received.partial_count if received else attempt.job.partial_count
    usage = reply.usage or formula_usage(
        attempt, width=drawn.width, height=drawn.height, reply=reply, partial_count=partials
    )
    cost = picture_cost(attempt, usage, size=f"{drawn.width}x{drawn.height}", count=len(kept))
    is_late_result = Attempt.objects.filter(pk=attempt.pk, outcome=Attempt.Outcome.UNKNOWN).exists()
    facts = attempt_facts(attempt, reply=reply, stored=kept[0].drawn, usage=usage, received=received)
    facts["is_as_asked"] = not images.unfulfilled(told(attempt.request()), got(attempt, facts))
    open_rows = Attempt.objects.filter(pk=attempt.pk).exclude(outcome=Attempt.Outcome.SUCCEEDED)
    if not open_rows.update(outcome=Attempt.Outcome.SUCCEEDED, finished_at=now, error_kind="", **facts):
        return False
    attempt.refresh_from_db()
    figures: dict[str, Any] = {
        "amount": cost.amount,
        "certainty": cost.certainty,
        "unit_prices": cost.unit_prices,
        "usage": usage,
        "picture_count": len(kept),
        "reported": reported_cost(reply, received),
    }
    if is_late_result:
        entry = Entry.objects.correct(attempt_id=attempt.pk, now=now, **figures)
    else:
        entry = settle(attempt, now=now, **figures)
        note_time(attempt, seconds=attempt.latency)
    for one in kept:
        keep_picture(attempt, kept=one, reply=reply, price=cost.amount / len(kept), entry=entry, now=now)
    end_well(attempt, now=now)
    if attempt.upstream:
        trouble.note_picture(attempt.upstream, is_as_asked=bool(attempt.is_as_asked), now=now)
    return True


def reported_cost(reply: Reply | ResponseReply, received: Received | None) -> Decimal | None:
    """What the gateway says the call cost, in USD: in a header, or in the body, which alone lies in the inbox."""
    in_header = received.reported_cost if received else None
    return reply.reported_cost if in_header is None else in_header


def settle(attempt: Attempt, *, now: datetime, **figures: Any) -> Entry:
    """Book what an attempt cost, on what it really drew."""
    return Entry.objects.settle(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        round=attempt.round,
        now=now,
        is_simulated=attempt.is_simulated,
        upstream_name=attempt.upstream_name,
        size=attempt.got_size or attempt.size,
        quality=attempt.got_quality or attempt.quality,
        **figures,
    )


def note_time(attempt: Attempt, *, seconds: float | None) -> None:
    """Count how long an attempt took; `seconds` None for one that brought nothing."""
    Timing.objects.note(
        day=local_day(attempt.started_at),
        person_id=attempt.job.owner_id,
        model=attempt.model,
        quality=attempt.quality,
        size_tier=images.size_tier(attempt.size),
        upstream_name=attempt.upstream_name,
        is_simulated=attempt.is_simulated,
        seconds=seconds,
    )


def end_well(attempt: Attempt, *, now: datetime) -> None:
    """Running → succeeded, or canceled where that was asked; failed → succeeded for a result that came late."""
    row = attempt.job.row.filter(round=attempt.round)
    over = {"stage": "", "finished_at": now, "charge": Job.Charge.YES, "error_kind": ""}
    if row.running().exclude(cancel_requested_at=None).touch(state=Job.State.CANCELED, **over):
        return
    row.filter(state__in=[Job.State.RUNNING, Job.State.FAILED]).touch(state=Job.State.SUCCEEDED, **over)


def attempt_facts(
    attempt: Attempt, *, reply: Reply, stored: files.Stored, usage: Usage, received: Received | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "got_size": f"{stored.width}x{stored.height}",
        "got_quality": got_quality(attempt, reply=reply, stored=stored, usage=usage)[:20],
        "got_format": stored.format,
        "got_model": (reply.model or "")[:60],
        "got_count": len(reply.pictures),
        "input_text_tokens": usage.input_text_tokens,
        "input_image_tokens": usage.input_image_tokens,
        "output_text_tokens": usage.output_text_tokens,
        "output_image_tokens": usage.output_image_tokens,
    }
    return facts | call_facts(received)


def call_facts(received: Received | None) -> dict[str, Any]:
    """How the call itself went; nothing is known of it where a dead worker left the reply behind."""
    if received is None:
        return {}
    return {
        "latency": received.latency,
        "status": received.status,
        "request_id": received.request_id or "",
        "upstream_request_id": received.upstream_request_id or "",
    }


def got_quality(attempt: Attempt, *, reply: Reply, stored: files.Stored, usage: Usage) -> str:
    """The quality it was drawn at: what the tokens say where the gateway tells none, for bytes do not show it."""
    factors = images.find_model(attempt.model).factors
    if reply.quality in factors or usage.is_estimated:
        return reply.quality or ""
    by_tokens = images.quality_by_tokens(
        usage.output_image_tokens,
        width=stored.width,
        height=stored.height,
        partials=attempt.request().partial_images,
        factors=factors,
    )
    return by_tokens or reply.quality or ""


def keep_picture(attempt: Attempt, *, kept: Kept, reply: Reply, price: Decimal, entry: Entry, now: datetime) -> None:
    generation = attempt.job.generation
    came = got(attempt, vars(attempt)) | {
        "size": f"{kept.drawn.width}x{kept.drawn.height}",
        "output_format": kept.drawn.format,
        "background": reply.background or "",
    }
    Picture.objects.create(
        owner=attempt.job.owner,
        job=attempt.job,
        created_at=now,
        prompt=generation.prompt,
        revised_prompt=reply.revised_prompt or "",
        asked=told(generation.request()),
        got=came,
        is_downgraded=bool(images.unfulfilled(told(attempt.request()), came)),
        upscaled_from=kept.upscaled_from,
        steps=fallback.steps_until(attempt),
        upstream_name=attempt.upstream_name,
        price=price,
        is_simulated=attempt.is_simulated,
        paid_on=entry.day,
        model=entry.model,
        quality=entry.quality,
        size_tier=entry.size_tier,
        latency=attempt.latency,
        is_after_cancel=attempt.job.cancel_requested_at is not None,
        source=generation.source,
        # A version in a conversation waits for no word: one goes on from it, or from another.
        decision=Picture.Decision.UNDECIDED if generation.mask_id and generation.kind == Generation.Kind.EDIT else "",
        lock_verdict=kept.verdict,
        leak=kept.leak,
        raw_file=kept.drawn.name if kept.shown is not kept.drawn else "",
        difference_file=kept.difference_name,
        **kept.shown.fields(),
    )


def told(request: ImageRequest) -> dict[str, Any]:
    """What of a request is compared with what came."""
    names = ("model", "quality", "output_format", "background", "n")
    return {"size": str(request.size)} | {name: getattr(request, name) for name in names}


def got(attempt: Attempt, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What came of an attempt, from its columns."""
    return {
        # Behind a conversation the reply names the model that leads, not the one that draws.
        "model": "" if attempt.job.main_model else facts["got_model"],
        "size": facts["got_size"],
        "quality": facts["got_quality"],
        "output_format": facts["got_format"],
        "n": facts["got_count"],
    }
