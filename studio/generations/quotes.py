"""What a job will cost, before it is sent: what people are shown, what is reserved, what budgets are asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from studio.images import Estimate, ImageRequest
from studio.ledger import prices
from studio.ledger.models import Budget
from studio.upstreams.models import Upstream

from .tariffs import Place, Tariff, fitting, lane_of, likely, tariff_of

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
    tariffs = {place: tariff_of(place, rates=rates, at=now) for place in places}
    ceilings = [most(generation, request, tariff=tariff) for request in requests for tariff in tariffs.values()]
    [first, *_others] = likely(places, lane=job.lane, now=now)
    return Quote(
        estimate=picture(generation, requests[0], tariff=tariffs[first]).expected,
        ceiling=max(ceilings),
        is_simulated=all(place is not None and place.is_simulated for place in places) or not any(places),
        approval_above=Budget.objects.approval_above(job.owner_id),
    )


def places_for(job: "Job") -> list[Place]:
    """The upstreams a job may be sent to, the likeliest first; [None] while there is none."""
    return [job.proof_of] if job.proof_of else fitting(list(Upstream.objects.usable().in_order()), job.need)


def expected(job: "Job", request: ImageRequest, *, now: datetime) -> Decimal:
    """What a picture of a job probably costs when it is sent like this, in USD."""
    [place, *_others] = likely(places_for(job), lane=lane_of(request), now=now)
    tariff = tariff_of(place, rates=prices.rates(model=request.model, at=now), at=now)
    return picture(job.generation, request, tariff=tariff).expected


def most(generation: "Generation", request: ImageRequest, *, tariff: Tariff) -> Decimal:
    """The most a job can cost when it is sent like this: the picture, and what is said about it."""
    drawn = picture(generation, request, tariff=tariff, is_most=True).high
    return drawn + (generation.talk.text_ceiling * tariff.multiplier if generation.talk else 0)


def picture(generation: "Generation", request: ImageRequest, *, tariff: Tariff, is_most: bool = False) -> Estimate:
    """What the picture of a job will cost; with `is_most`, what is sent along counts at its highest."""
    if not generation.is_drawn:
        return NOTHING
    tokens = None if is_most else generation.input_tokens
    return tariff.estimate(request, generation.reference_count, input_tokens=tokens)
