"""What a call without a picture to show is booked with: what the gateway told, else the most it can have cost."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import PictureBroken
from studio.images import EditRequest, TextUsage, Usage
from studio.ledger import prices
from studio.ledger.models import Entry
from studio.upstreams.models import Billing

from .booking import TextPart, book_text, settle_attempt, split_reported
from .costs import Cost, picture_cost, text_cost
from .models import Attempt, Job
from .tariffs import tariff_of


@dataclass(frozen=True)
class Bill:
    """What the gateway told of a failed call's cost; a part it said nothing of is None."""

    pictures: Usage | None
    text: TextUsage | None
    reported: Decimal | None = None  # USD

    @classmethod
    def of(cls, error: GatewayError, attempt: Attempt) -> "Bill":
        is_edit = isinstance(attempt.job.generation.request, EditRequest)
        text = TextUsage.from_wire(error.text_usage)
        return cls(Usage.told(error.usage, is_edit=is_edit), text, error.reported_cost)


def book_failure(attempt: Attempt, *, error: GatewayError, now: datetime) -> str:
    """Book a failed call that may have been charged; return whether it was, as a value of Job.Charge.

    A picture is paid for whether it can be shown or not; what was told without one is counted as waste.
    """
    bill = Bill.of(error, attempt)
    pictures = told_pictures_cost(attempt, bill, error=error)
    is_drawn = attempt.job.generation.is_drawn
    if pictures is None and (is_drawn or bill.text is None):
        settle_attempt(attempt, amount=highest_cost(attempt), certainty=Entry.Certainty.MAYBE, usage=None, now=now)
        return Job.Charge.MAYBE
    text = text_cost(attempt, bill.text, model=attempt.job.main_model) if bill.text else None
    reported = split_reported(
        bill.reported, pictures=pictures.amount if pictures else Decimal(0), text=text.amount if text else None
    )
    if pictures:
        book_told_pictures(attempt, bill, pictures, reported=reported[0], now=now)
    if bill.text and text:
        part = TextPart(model=attempt.job.main_model, usage=bill.text)
        book_text(attempt, part, text, has_failed=True, reported=reported[1], now=now)
    return Job.Charge.YES


def told_pictures_cost(attempt: Attempt, bill: Bill, *, error: GatewayError) -> Cost | None:
    """What the pictures cost by what was told; None where that cannot be known."""
    if bill.pictures is None:
        return None
    is_by_picture = attempt.upstream is not None and attempt.upstream.bills_by == Billing.IMAGE
    if is_by_picture and not isinstance(error, PictureBroken):
        return None  # tokens say nothing about whether a picture was counted
    return picture_cost(attempt, bill.pictures, size=attempt.size)


def book_told_pictures(attempt: Attempt, bill: Bill, cost: Cost, *, reported: Decimal | None, now: datetime) -> None:
    assert bill.pictures
    figures: dict[str, Any] = {
        "amount": cost.amount,
        "certainty": cost.certainty,
        "unit_prices": cost.unit_prices,
        "usage": bill.pictures,
        "picture_count": 0,
        "reported": reported,
    }
    settle_attempt(attempt, now=now, **figures)
    tokens = {
        name: getattr(bill.pictures, name)
        for name in ("input_text_tokens", "input_image_tokens", "output_text_tokens", "output_image_tokens")
    }
    Attempt.objects.filter(pk=attempt.pk).update(**tokens)


def highest_cost(attempt: Attempt) -> Decimal:
    """The most an attempt of unknown outcome can have cost in USD, which is booked until the real sum is known."""
    reserved = Entry.objects.get(verb=Entry.Verb.RESERVE, job_id=attempt.job_id, round=attempt.round).amount
    # The reservation covers the dearest upstream and the full request; this attempt may have been cheaper.
    at = attempt.started_at
    tariff = tariff_of(attempt.upstream, rates=prices.rates(model=attempt.model, at=at), at=at)
    return min(reserved, attempt.job.pricing_inputs.ceiling(attempt.request, tariff))
