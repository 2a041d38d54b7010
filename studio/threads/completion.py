"""Completing a reply of the Responses API: its text, its pictures, and the usage each of them is booked with."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from studio import images
from studio.gateway import Received, Reply, ResponseReply
from studio.generations.booking import Delivery, TextPart, reported_cost
from studio.generations.costs import formula_usage
from studio.generations.models import Attempt, Generation
from studio.generations.results import StoredResult
from studio.images import ResponseRequest, TextUsage, Usage

from .context import context_of, unread_picture
from .models import ModelReply, Plan, Turn, model_reply_of
from .planning import plan_request


def request_for(generation: Generation) -> ResponseRequest:
    """The request of a turn or plan, as far as parsing and pricing its reply depend on it; pictures are not read."""
    row = required_reply(generation)
    if not isinstance(row, Turn):
        return plan_request(generation.prompt, main_model=row.main_model)
    return context_of(row).request(
        generation.prompt,
        main_model=row.main_model,
        is_forced=row.is_forced,
        tool=replace(generation.request, n=1),
        own=unread_picture,
        earlier=unread_picture,
    )


def required_reply(generation: Generation) -> ModelReply:
    row = model_reply_of(generation)
    if row is None:
        raise ValueError(f"{generation} asks no text model")
    return row


def delivery_of(
    attempt: Attempt, reply: ResponseReply, *, results: Sequence[StoredResult], received: Received | None
) -> Delivery:
    """What the reply brought. Without a picture, a turn that required one is declined; any other turn succeeded."""
    generation = attempt.job.generation
    row = required_reply(generation)
    return Delivery(
        results=results,
        replies=[picture_reply(reply, result.number) for result in results],
        usage=picture_usage(attempt, reply=reply, results=results),
        text_part=TextPart(model=row.main_model, usage=text_usage_of(generation, reply)),
        reported=reported_cost(reply.reported_cost, received),
        is_declined=isinstance(row, Turn) and row.is_forced and not results,
    )


def save_text(attempt: Attempt, *, reply: ResponseReply, price: Decimal) -> None:
    """Store the model's text and its price in USD."""
    row = required_reply(attempt.job.generation)
    columns: dict[str, Any] = {
        "answer": reply.text,
        "refusal": reply.refusal or "",
        "incomplete_reason": (reply.incomplete_reason or "")[:40],
        # Every retry is paid for, so the prices of its texts add up.
        "text_price": price + (row.text_price or 0),
        "is_simulated": attempt.is_simulated,
    }
    if isinstance(row, Turn):
        columns |= {"response_id": (reply.response_id or "")[:200], "response_upstream_id": attempt.upstream_id}
    type(row)._default_manager.filter(pk=row.pk).update(**columns)


def save_partial_text(job_id: int, *, text: str) -> None:
    """Store the text a model has streamed so far."""
    for replies in (Turn.objects, Plan.objects):
        replies.filter(generation__jobs=job_id).update(answer=text)


def picture_reply(reply: ResponseReply, number: int) -> Reply:
    """One picture of a response, as the reply of an Images API call for it alone."""
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


def picture_usage(attempt: Attempt, *, reply: ResponseReply, results: Sequence[StoredResult]) -> Usage | None:
    """Tokens of the pictures: as reported, else by the formula for each; None without a picture."""
    if reply.usage or not results:
        return reply.usage
    usages = [
        formula_usage(
            attempt,
            width=result.raw.width,
            height=result.raw.height,
            quality=reply.quality,
            partial_count=0 if number else attempt.job.partial_count,
        )
        for number, result in enumerate(results)
    ]
    return sum(usages[1:], start=usages[0])


def text_usage_of(generation: Generation, reply: ResponseReply) -> TextUsage:
    """Tokens of the main model: as reported, else estimated from the request and the answer."""
    if reply.text_usage:
        return reply.text_usage
    tokens = images.text_tokens(reply.text + (reply.refusal or ""))
    return replace(images.expected_text_usage(request_for(generation), output=tokens), is_estimated=True)
