"""Booking a reply: attempt, ledger entries, pictures and job, written in the caller's transaction.

It stands here, not in `worker`, so that every kind of generation books money in one place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from studio import images
from studio.gateway import Received, Reply
from studio.gateway.studio_errors import DrawingDeclined
from studio.images import ImageRequest, TextUsage, Usage
from studio.ledger.models import Entry, Timing
from studio.ledger.money import exact
from studio.ledger.periods import local_day
from studio.library import files, placements
from studio.library.models import Collection, Picture, SearchEntry
from studio.upstreams import health_effects
from studio.upstreams.models import Lane

from .costs import Cost, picture_cost, text_cost
from .models import Attempt, Generation, Job, Result
from .results import StoredResult


@dataclass(frozen=True, kw_only=True)
class TextPart:
    """The text part of a call: a main model and the tokens it read and wrote."""

    model: str
    usage: TextUsage


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a reply brought, ready to be booked.

    `replies` has one entry per result, as if a call had produced it alone. `usage` covers all pictures together and is
    None where there are none; `reported` is what the gateway says the whole call cost, in USD. `is_declined` means
    that a picture was required and the model sent none.
    """

    results: Sequence[StoredResult]
    replies: Sequence[Reply]
    usage: Usage | None
    text_part: TextPart | None = None
    reported: Decimal | None = None
    is_declined: bool = False


def book_reply(
    attempt: Attempt,
    delivery: Delivery,
    *,
    received: Received | None,
    now: datetime,
    save_text: Callable[[Decimal], None] = lambda price: None,
) -> bool:
    """Write attempt, ledger entries, pictures and job; False when this attempt was booked before.

    `received` says how the call itself went; None where a dead worker left the reply behind. `save_text` gets the
    price of the text part in USD and writes the text where it belongs.
    """
    is_late = Attempt.objects.filter(pk=attempt.pk, outcome=Attempt.Outcome.UNKNOWN).exists()
    open_rows = Attempt.objects.filter(pk=attempt.pk).exclude(outcome=Attempt.Outcome.SUCCEEDED)
    columns = received_columns(attempt, delivery) | call_columns(received)
    if not open_rows.update(outcome=Attempt.Outcome.SUCCEEDED, finished_at=now, error_kind="", **columns):
        return False
    attempt.refresh_from_db()
    book_costs(attempt, delivery, save_text=save_text, is_late=is_late, now=now)
    if not is_late and (delivery.results or delivery.is_declined):
        record_duration(attempt, seconds=attempt.latency if delivery.results else None)
    finish_job(attempt, is_declined=delivery.is_declined, now=now)
    if delivery.results and attempt.upstream:
        # Last: all calls write the same row of their upstream, so its lock is held as briefly as possible.
        record_health(attempt, received=received, now=now)
    return True


def record_health(attempt: Attempt, *, received: Received | None, now: datetime) -> None:
    """Note what the picture shows of its upstream; where it ended a limit, the jobs that waited for that go on."""
    assert attempt.upstream is not None
    is_smaller = attempt.lane == Lane.LARGE and not is_large(attempt.received_size)
    was_limited = health_effects.record_picture(
        attempt.upstream,
        is_as_requested=bool(attempt.is_as_requested),
        call=attempt.call_facts,
        is_streamed=bool(received and received.streamed),
        is_smaller=is_smaller,
        now=now,
    )
    if was_limited:
        Job.objects.resume_after_limit(lane=attempt.lane)


def is_large(size: str) -> bool:
    """Whether "WxH", which need not be a size the model draws, is large."""
    width, _x, height = size.partition("x")
    return images.is_large(int(width), int(height)) if height else False


def reported_cost(in_body: Decimal | None, received: Received | None) -> Decimal | None:
    """What the gateway says the call cost, in USD: the header wins; a reply from the inbox has only its body."""
    in_header = received.reported_cost if received else None
    return in_body if in_header is None else in_header


# ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def book_costs(
    attempt: Attempt, delivery: Delivery, *, save_text: Callable[[Decimal], None], is_late: bool, now: datetime
) -> None:
    """Book the entries of a call and write its pictures, each with its share of the price."""
    pictures = pictures_cost(attempt, delivery)
    part = delivery.text_part
    text = text_cost(attempt, part.usage, model=part.model) if part else None
    reported = split_reported(delivery.reported, pictures=pictures.amount, text=text.amount if text else None)
    entry = book_pictures(attempt, delivery, pictures, reported=reported[0], is_late=is_late, now=now)
    if part and text:
        book_text(attempt, part, text, has_failed=delivery.is_declined, reported=reported[1], now=now)
        save_text(text.amount)
    for result, reply in zip(delivery.results, delivery.replies, strict=True):
        assert entry is not None
        price = pictures.amount / len(delivery.results)
        save_picture(attempt, result=result, reply=reply, price=price, entry=entry, now=now)


def pictures_cost(attempt: Attempt, delivery: Delivery) -> Cost:
    """What the pictures of a call cost; 0 USD where there are none."""
    size, count = attempt.received_size or attempt.size, max(len(delivery.results), 1)
    cost = picture_cost(attempt, delivery.usage or Usage(), size=size, count=count)
    return cost if delivery.usage else replace(cost, amount=Decimal(0))


def split_reported(
    reported: Decimal | None, *, pictures: Decimal, text: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """A gateway's charge for a whole call, split between pictures and text in proportion to our own figures."""
    if text is None:
        return reported, None
    whole = pictures + text
    if reported is None or not whole:
        return None, reported
    for_pictures = exact(reported * pictures / whole)
    return (for_pictures if pictures else None), (exact(reported) - for_pictures if text else None)


def book_pictures(
    attempt: Attempt, delivery: Delivery, cost: Cost, *, reported: Decimal | None, is_late: bool, now: datetime
) -> Entry | None:
    """Book what the pictures cost; None, without an entry, where there are none."""
    settled = Entry.objects.filter(verb=Entry.Verb.SETTLE, attempt_id=attempt.pk, part="image")
    is_known = is_late and settled.exists()
    if delivery.usage is None and not is_known:
        return None
    figures: dict[str, Any] = {
        "amount": cost.amount,
        "certainty": cost.certainty,
        "unit_prices": cost.unit_prices,
        "usage": delivery.usage,
        "picture_count": len(delivery.results),
        "reported": reported,
    }
    if is_known:
        # What was known before was booked under the pictures' part, mostly all that may have been spent.
        return Entry.objects.correct(attempt_id=attempt.pk, now=now, **figures)
    return settle_attempt(attempt, now=now, **figures)


def book_text(
    attempt: Attempt, part: TextPart, cost: Cost, *, has_failed: bool, reported: Decimal | None, now: datetime
) -> None:
    """Book what the main model read and wrote; `has_failed` when it was to send a picture and did not."""
    settle_attempt(
        attempt,
        part="text",
        has_failed=has_failed,
        amount=cost.amount,
        certainty=cost.certainty,
        unit_prices=cost.unit_prices,
        usage=part.usage,
        reported=reported,
        now=now,
        model=part.model,
        size="",
        size_tier="",
        quality="",
    )


def settle_attempt(attempt: Attempt, *, now: datetime, **figures: Any) -> Entry:
    """Book what an attempt cost, under the size and quality it received, or requested where it received nothing."""
    received = {
        "size": attempt.received_size or attempt.size,
        "quality": attempt.received_quality or attempt.quality,
    }
    return Entry.objects.settle(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        round=attempt.round,
        now=now,
        is_simulated=attempt.is_simulated,
        upstream_name=attempt.upstream_name,
        **received | figures,
    )


# ── The attempt and its job ─────────────────────────────────────────────────────────────────────────────────────────


def received_columns(attempt: Attempt, delivery: Delivery) -> dict[str, Any]:
    """What was received, as columns of the attempt; empty without a picture."""
    if not delivery.results or delivery.usage is None:
        return {}
    raw, reply, usage = delivery.results[0].raw, delivery.replies[0], delivery.usage
    columns: dict[str, Any] = {
        "received_size": f"{raw.width}x{raw.height}",
        "received_quality": received_quality(attempt, reply=reply, raw=raw, usage=usage)[:20],
        "received_format": raw.format,
        "received_model": (reply.model or "")[:60],
        "received_count": len(reply.pictures),
        "input_text_tokens": usage.input_text_tokens,
        "input_image_tokens": usage.input_image_tokens,
        "output_text_tokens": usage.output_text_tokens,
        "output_image_tokens": usage.output_image_tokens,
    }
    # What came in a format that cannot be shown was converted, which is no fault of the upstream.
    received = received_facts(attempt, columns | {"received_format": delivery.results[0].format})
    return columns | {"is_as_requested": not images.unfulfilled(requested_facts(attempt.request), received)}


def call_columns(received: Received | None) -> dict[str, Any]:
    """How the call itself went, as columns of the attempt; unknown where a dead worker left the reply behind."""
    if received is None:
        return {}
    return {
        "latency": received.latency,
        "status": received.status,
        "request_id": received.request_id or "",
        "upstream_request_id": received.upstream_request_id or "",
    }


def received_quality(attempt: Attempt, *, reply: Reply, raw: files.Stored, usage: Usage) -> str:
    """The quality received: as the gateway reports it, else derived from the tokens, since the bytes do not show it."""
    factors = images.find_model(attempt.model).factors
    if reply.quality in factors or usage.is_estimated:
        return reply.quality or ""
    by_tokens = images.quality_by_tokens(
        usage.output_image_tokens,
        width=raw.width,
        height=raw.height,
        partials=attempt.request.partial_images,
        factors=factors,
    )
    return by_tokens or reply.quality or ""


def record_duration(attempt: Attempt, *, seconds: float | None) -> None:
    """Count how long an attempt took; `seconds` is None for one without a picture."""
    Timing.objects.record(
        day=local_day(attempt.started_at),
        person_id=attempt.job.owner_id,
        model=attempt.model,
        quality=attempt.quality,
        size_tier=images.size_tier(attempt.size),
        upstream_name=attempt.upstream_name,
        is_simulated=attempt.is_simulated,
        seconds=seconds,
    )


def finish_job(attempt: Attempt, *, is_declined: bool, now: datetime) -> None:
    """Running → succeeded, or canceled where that was requested; failed → succeeded for a late result.

    A job whose model declined to send a picture failed, though its text was paid for.
    """
    row = attempt.job.row.filter(round=attempt.round)
    finished = {"stage": "", "finished_at": now, "charge": Job.Charge.YES, "error_kind": ""}
    unfinished = row.filter(state__in=[Job.State.RUNNING, Job.State.FAILED])
    if is_declined:
        unfinished.touch(**finished | {"state": Job.State.FAILED, "error_kind": DrawingDeclined.kind})
    elif not row.running().exclude(cancel_requested_at=None).touch(state=Job.State.CANCELED, **finished):
        unfinished.touch(state=Job.State.SUCCEEDED, **finished)


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def save_picture(
    attempt: Attempt, *, result: StoredResult, reply: Reply, price: Decimal, entry: Entry, now: datetime
) -> None:
    """Write the picture of a result and link it to its job; `price` is its share of the call's cost, in USD."""
    generation = attempt.job.generation
    received = received_facts(attempt, vars(attempt)) | {
        "size": f"{result.raw.width}x{result.raw.height}",
        "output_format": result.format,
        "background": reply.background or "",
    }
    if attempt.steps and not received["quality"]:
        received["quality"] = attempt.quality  # of the fallback step that was sent, whatever was requested first
    picture = Picture.objects.create(
        owner=attempt.job.owner,
        kind=kind_of(generation),
        created_at=now,
        prompt=generation.prompt,
        revised_prompt=reply.revised_prompt or "",
        requested=requested_facts(generation.request),
        received=received,
        is_downgraded=bool(images.unfulfilled(requested_facts(attempt.request), received)),
        steps=attempt.steps,
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
        has_mask=generation.mask_id is not None,
        # A version in a conversation needs no decision: the person simply goes on from it or from another.
        decision=Picture.Decision.UNDECIDED if generation.mask_id and generation.kind == Generation.Kind.EDIT else "",
        **result.picture_columns(),
    )
    Result.objects.create(job=attempt.job, picture=picture)
    SearchEntry.objects.add(picture)
    collect(picture, generation=generation, now=now)


def kind_of(generation: Generation) -> Picture.Kind:
    """What the gallery calls a picture of this generation."""
    if generation.kind == Generation.Kind.TEST:
        return Picture.Kind.TEST
    if generation.kind == Generation.Kind.REFINE:
        return Picture.Kind.REFINED
    # With references alone it is a new picture, which the API happens to call an edit.
    return Picture.Kind.EDITED if generation.source_id else Picture.Kind.GENERATED


def collect(picture: Picture, *, generation: Generation, now: datetime) -> None:
    """Put a new picture where its person wanted it, if that is still there and still theirs to add to."""
    if generation.collection_id is None:
        return
    wanted = Collection.objects.added_to_by(picture.owner).filter(pk=generation.collection_id).first()
    if wanted:
        placements.add(wanted, [picture.pk], by=picture.owner, now=now)


def requested_facts(request: ImageRequest) -> dict[str, Any]:
    """What of a request is compared with what was received; each call requests one picture."""
    names = ("model", "quality", "output_format", "background")
    return {"size": str(request.size), "n": 1} | {name: getattr(request, name) for name in names}


def received_facts(attempt: Attempt, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What an attempt received, from its columns, under the names of `requested_facts`."""
    return {
        # In a conversation the reply names the main model, not the image model.
        "model": "" if attempt.job.main_model else columns["received_model"],
        "size": columns["received_size"],
        "quality": columns["received_quality"],
        "output_format": columns["received_format"],
        "n": columns["received_count"],
    }
