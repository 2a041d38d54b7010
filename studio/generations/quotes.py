"""What a job will cost, before it is sent: the estimate people see and the ceiling that is reserved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from studio.images import Estimate, ImageRequest
from studio.ledger import prices
from studio.ledger.models import Budget
from studio.upstreams.choice import Need
from studio.upstreams.models import Upstream

from .tariffs import Destination, Tariff, lane_of, likely_destinations, possible_destinations, tariff_of

NOTHING = Estimate(low=Decimal(0), high=Decimal(0), expected=Decimal(0))


@dataclass(frozen=True, kw_only=True)
class PricingInputs:
    """What the price of a job depends on besides its request."""

    need: Need
    pinned: Upstream | None = None  # the one upstream it may be sent to, where there is only one
    is_drawn: bool = True
    reference_count: int = 0
    input_tokens: int = 0  # of the pictures that are sent along
    text_ceiling: Decimal = Decimal(0)  # USD, before an upstream's multiplier

    def destinations(self) -> list[Destination]:
        """The upstreams it may be sent to, the likeliest first; [None] if there is none."""
        if self.pinned:
            return [self.pinned]
        return possible_destinations(list(Upstream.objects.usable().in_order()), self.need)

    def picture_estimate(self, request: ImageRequest, tariff: Tariff, *, is_most: bool = False) -> Estimate:
        """What its picture will cost; with `is_most`, pictures sent along count at their highest price."""
        if not self.is_drawn:
            return NOTHING
        return tariff.estimate(request, self.reference_count, input_tokens=None if is_most else self.input_tokens)

    def ceiling(self, request: ImageRequest, tariff: Tariff) -> Decimal:
        """The most this request can cost in USD: its picture and its text."""
        return self.picture_estimate(request, tariff, is_most=True).high + self.text_ceiling * tariff.multiplier


@dataclass(frozen=True)
class Quote:
    """USD for one job: `estimate` at the upstream that will probably run it, `ceiling` at the dearest possible one."""

    estimate: Decimal
    ceiling: Decimal
    is_simulated: bool
    approval_above: Decimal | None = None  # USD above which an admin must approve

    @property
    def needs_approval(self) -> bool:
        return self.approval_above is not None and self.ceiling > self.approval_above


def quote(inputs: PricingInputs, requests: Sequence[ImageRequest], *, lane: str, owner_id: int, now: datetime) -> Quote:
    """What a job's next round will cost at the prices of `now`.

    `requests` is everything it may send: its current request, then each allowed fallback step.
    """
    destinations = inputs.destinations()
    rates = prices.rates(model=requests[0].model, at=now)
    tariffs = {destination: tariff_of(destination, rates=rates, at=now) for destination in destinations}
    [first, *_others] = likely_destinations(destinations, lane=lane, now=now)
    return Quote(
        estimate=inputs.picture_estimate(requests[0], tariffs[first]).expected,
        ceiling=max(inputs.ceiling(request, tariff) for request in requests for tariff in tariffs.values()),
        is_simulated=all(destination.is_simulated for destination in destinations if destination),
        approval_above=Budget.objects.approval_above(owner_id),
    )


def expected_price(inputs: PricingInputs, request: ImageRequest, *, now: datetime) -> Decimal:
    """What a picture of this request probably costs, in USD."""
    [destination, *_others] = likely_destinations(inputs.destinations(), lane=lane_of(request), now=now)
    tariff = tariff_of(destination, rates=prices.rates(model=request.model, at=now), at=now)
    return inputs.picture_estimate(request, tariff).expected
