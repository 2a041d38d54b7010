"""What a job will cost, before it is sent: what people are shown, what is reserved, what budgets are asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from studio import images
from studio.images import Estimate, ImageRequest, Rates
from studio.ledger import prices
from studio.ledger.models import Budget
from studio.upstreams.models import Billing, Upstream

if TYPE_CHECKING:
    from .models import Generation, Job

NOTHING = Estimate(low=Decimal(0), high=Decimal(0), expected=Decimal(0))


@dataclass(frozen=True)
class Quote:
    """USD for one job: probably `estimate`, where it will probably be sent; at most `ceiling`, wherever that is."""

    estimate: Decimal
    ceiling: Decimal
    is_simulated: bool
    approval_above: Decimal | None = None  # USD from which on an admin is asked

    @property
    def needs_approval(self) -> bool:
        return self.approval_above is not None and self.ceiling > self.approval_above


def quote(job: "Job", *, now: datetime) -> Quote:
    """What a job's next round will cost by the prices of this moment."""
    generation, requests = job.generation, job.requests()
    places = places_for(job)
    rates = prices.rates(model=requests[0].model, at=now)
    ceilings = [
        most(generation, request, upstream=upstream, rates=rates, now=now)
        for request in requests
        for upstream in places
    ]
    likely = picture(generation, requests[0], upstream=places[0], rates=rates, now=now)
    return Quote(
        estimate=likely.expected,
        ceiling=max(ceilings),
        is_simulated=all(upstream is not None and upstream.is_simulated for upstream in places) or not any(places),
        approval_above=Budget.objects.approval_above(job.owner_id),
    )


def places_for(job: "Job") -> list[Upstream | None]:
    """The upstreams a job may be sent to, the likeliest first; [None] while there is none."""
    if job.proof_of:
        return [job.proof_of]
    usable = list(Upstream.objects.usable().in_order())
    return [upstream for upstream in usable if upstream.fits(job.need)] or usable or [None]


def most(
    generation: "Generation", request: ImageRequest, *, upstream: Upstream | None, rates: Rates, now: datetime
) -> Decimal:
    """The most a job can cost at an upstream when it is sent like this: the picture, and what is said about it."""
    drawn = picture(generation, request, upstream=upstream, rates=rates, now=now, is_most=True).high
    return drawn + (generation.talk.text_ceiling * multiplier_of(upstream) if generation.talk else 0)


def picture(
    generation: "Generation",
    request: ImageRequest,
    *,
    upstream: Upstream | None,
    rates: Rates,
    now: datetime,
    is_most: bool = False,
) -> Estimate:
    """What the picture of a job will cost at an upstream; with `is_most`, what is sent along counts at its highest."""
    if not generation.is_drawn:
        return NOTHING
    multiplier = multiplier_of(upstream)
    if upstream and upstream.bills_by == Billing.IMAGE:
        price = multiplier * prices.image_rates(upstream_name=upstream.name, at=now).of(images.size_tier(request.size))
        return Estimate(low=price, high=price, expected=price)
    return images.estimate(
        request,
        generation.reference_count,
        multiplier,
        rates=rates,
        input_tokens=None if is_most else generation.input_tokens,
    )


def multiplier_of(upstream: Upstream | None) -> Decimal:
    return upstream.price_multiplier if upstream else Decimal(1)
