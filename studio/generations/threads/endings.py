"""What becomes of a conversation's call: words shown while they come, then pictures, words, money and the job's end."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from studio import images
from studio.gateway import Received, Reply, ResponseReply, read_response
from studio.images import TextUsage, Usage
from studio.ledger.models import Entry
from studio.ledger.money import exact

from .. import trouble
from ..booking import attempt_facts, call_facts, end_well, got, keep_picture, note_time, reported_cost, settle, told
from ..claims import Call
from ..costs import Cost, formula_usage, picture_cost, text_cost
from ..errors import DrawingDeclined
from ..keeping import Kept, bring_home
from ..models import Attempt, Generation, Job, Plan, Turn
from .context import context_of, unread
from .planning import planned

# ── Under way ───────────────────────────────────────────────────────────────────────────────────────────────────────


def note_text(call: Call, *, text: str) -> None:
    """Show what the model has said so far."""
    for talks in (Turn.objects, Plan.objects):
        talks.filter(generation__jobs=call.job_id).update(answer=text)
    Job.objects.filter(pk=call.job_id).running().touch()


# ── Ends ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def deliver(attempt: Attempt, *, path: Path, received: Received | None, now: datetime) -> None:
    """Turn a response in the inbox into words, pictures, money and a finished job; as `outcomes.deliver` does.

    No picture is a good end where the model was free to answer in words, and a refusal where it was to draw.
    """
    generation = attempt.job.generation
    reply = read_response(path, asked=asked_of(generation))
    bring_home(
        attempt,
        reply.pictures,
        book=lambda kept: book(attempt, reply=reply, kept=kept, received=received, now=now),
    )


def asked_of(generation: Generation) -> images.ResponseRequest:
    """What was asked, as far as the reading of its answer and its money depend on it."""
    talk = generation.talk
    if isinstance(talk, Turn):
        return context_of(talk).request(talk, tool=generation.request(), own=unread, earlier=unread)
    assert isinstance(talk, Plan)
    return planned(talk)


def book(attempt: Attempt, *, reply: ResponseReply, kept: list[Kept], received: Received | None, now: datetime) -> bool:
    """Write words, pictures, attempt, money and job; False when this attempt was already booked."""
    generation = attempt.job.generation
    is_late = Attempt.objects.filter(pk=attempt.pk, outcome=Attempt.Outcome.UNKNOWN).exists()
    open_rows = Attempt.objects.filter(pk=attempt.pk).exclude(outcome=Attempt.Outcome.SUCCEEDED)
    usage = picture_usage(attempt, reply=reply, kept=kept)
    facts = reply_facts(attempt, reply=reply, kept=kept, usage=usage, received=received)
    if not open_rows.update(outcome=Attempt.Outcome.SUCCEEDED, finished_at=now, error_kind="", **facts):
        return False
    attempt.refresh_from_db()
    drawing, words = drawing_cost(attempt, usage=usage, count=len(kept)), words_cost(attempt, reply=reply)
    reported = shared(reported_cost(reply, received), drawing.amount, words.amount)
    entry = pay_pictures(attempt, drawing, usage=usage, count=len(kept), reported=reported[0], is_late=is_late, now=now)
    has_failed = is_declined(generation, kept)
    pay_words(attempt, words, reply=reply, reported=reported[1], has_failed=has_failed, now=now)
    drawn, said = drawing.amount, words.amount
    keep_words(attempt, reply=reply, price=said)
    for number, one in enumerate(kept):
        assert entry is not None
        keep_picture(attempt, kept=one, reply=as_reply(reply, number), price=drawn / len(kept), entry=entry, now=now)
    if kept:
        note_good_picture(attempt, now=now)
    if not is_late and (kept or has_failed):
        note_time(attempt, seconds=attempt.latency if kept else None)
    if has_failed:
        decline(attempt, now=now)
    else:
        end_well(attempt, now=now)
    return True


def note_good_picture(attempt: Attempt, *, now: datetime) -> None:
    if attempt.upstream:
        trouble.note_picture(attempt.upstream, is_as_asked=bool(attempt.is_as_asked), now=now)


def is_declined(generation: Generation, kept: list[Kept]) -> bool:
    talk = generation.talk
    return isinstance(talk, Turn) and talk.is_forced and not kept


def decline(attempt: Attempt, *, now: datetime) -> None:
    """Running → failed: a picture was to come and words came, which cost what they cost."""
    row = attempt.job.row.filter(round=attempt.round, state__in=[Job.State.RUNNING, Job.State.FAILED])
    row.touch(state=Job.State.FAILED, charge=Job.Charge.YES, error_kind=DrawingDeclined.kind, stage="", finished_at=now)


def keep_words(attempt: Attempt, *, reply: ResponseReply, price: Decimal) -> None:
    talk = attempt.job.generation.talk
    assert talk is not None
    said: dict[str, Any] = {
        "answer": reply.text,
        "refusal": reply.refusal or "",
        "incomplete_reason": (reply.incomplete_reason or "")[:40],
        # A retry is paid for once more, and so are its words.
        "text_price": price + (talk.text_price or 0),
        "is_simulated": attempt.is_simulated,
    }
    if isinstance(talk, Turn):
        said |= {"response_id": (reply.response_id or "")[:200], "response_upstream_id": attempt.upstream_id}
    type(talk)._default_manager.filter(pk=talk.pk).update(**said)


def as_reply(reply: ResponseReply, number: int) -> Reply:
    """One picture of a response as the reply of a call that drew it alone."""
    return Reply(
        picture=reply.pictures[number],
        pictures=(reply.pictures[number],),
        usage=reply.usage,
        size=reply.size,
        quality=reply.quality,
        output_format=reply.output_format,
        background=reply.background,
        revised_prompt=reply.revised_prompts[number],
    )


def reply_facts(
    attempt: Attempt, *, reply: ResponseReply, kept: list[Kept], usage: Usage | None, received: Received | None
) -> dict[str, Any]:
    if kept and usage:
        facts = attempt_facts(attempt, reply=as_reply(reply, 0), stored=kept[0].drawn, usage=usage, received=received)
        return facts | {"is_as_asked": not images.unfulfilled(told(attempt.request()), got(attempt, facts))}
    return call_facts(received)


# ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def picture_usage(attempt: Attempt, *, reply: ResponseReply, kept: list[Kept]) -> Usage | None:
    """Tokens of what was drawn: as reported, else by the formula for each picture; None where nothing was."""
    if reply.usage or not kept:
        return reply.usage
    usages = [
        formula_usage(
            attempt,
            width=one.drawn.width,
            height=one.drawn.height,
            reply=as_reply(reply, number),
            partial_count=0 if number else attempt.job.partial_count,
        )
        for number, one in enumerate(kept)
    ]
    return sum(usages[1:], start=usages[0])


def drawing_cost(attempt: Attempt, *, usage: Usage | None, count: int) -> Cost:
    """What drawing cost: nothing where nothing was drawn."""
    cost = picture_cost(attempt, usage or Usage(), size=attempt.got_size or attempt.size, count=max(count, 1))
    return cost if usage else replace(cost, amount=Decimal(0))


def words_cost(attempt: Attempt, *, reply: ResponseReply) -> Cost:
    """What the main model read and wrote cost."""
    generation = attempt.job.generation
    assert generation.talk is not None
    return text_cost(attempt, words_usage(generation, reply), model=generation.talk.main_model)


def words_usage(generation: Generation, reply: ResponseReply) -> TextUsage:
    return reply.text_usage or estimated(generation, reply)


def shared(reported: Decimal | None, drawing: Decimal, words: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """What a gateway says of a whole call, shared as its two entries share what we count."""
    whole = drawing + words
    if reported is None or not whole:
        return None, reported
    of_drawing = exact(reported * drawing / whole)
    return (of_drawing if drawing else None), (exact(reported) - of_drawing if words else None)


def pay_pictures(
    attempt: Attempt,
    cost: Cost,
    *,
    usage: Usage | None,
    count: int,
    reported: Decimal | None,
    is_late: bool,
    now: datetime,
) -> Entry | None:
    """Book what drawing cost; where nothing was drawn there is no such entry."""
    if usage is None and not is_late:
        return None
    figures: dict[str, Any] = {
        "amount": cost.amount,
        "certainty": cost.certainty,
        "unit_prices": cost.unit_prices,
        "usage": usage,
        "picture_count": count,
        "reported": reported,
    }
    if is_late:
        # The whole reservation was booked as maybe spent, and on this part; now it is known.
        return Entry.objects.correct(attempt_id=attempt.pk, now=now, **figures)
    return settle(attempt, now=now, **figures)


def pay_words(
    attempt: Attempt,
    cost: Cost,
    *,
    reply: ResponseReply,
    reported: Decimal | None,
    has_failed: bool,
    now: datetime,
) -> None:
    """Book what the main model read and wrote."""
    generation = attempt.job.generation
    assert generation.talk is not None
    Entry.objects.settle(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        round=attempt.round,
        part="text",
        has_failed=has_failed,
        amount=cost.amount,
        certainty=cost.certainty,
        unit_prices=cost.unit_prices,
        usage=words_usage(generation, reply),
        reported=reported,
        now=now,
        is_simulated=attempt.is_simulated,
        upstream_name=attempt.upstream_name,
        model=generation.talk.main_model,
        size="",
        size_tier="",
        quality="",
    )


def estimated(generation: Generation, reply: ResponseReply) -> TextUsage:
    """Tokens of the main model where the gateway reports none: what it was told, and what it said."""
    said = images.text_tokens(reply.text + (reply.refusal or ""))
    return replace(images.expected_text_usage(asked_of(generation), output=said), is_estimated=True)
