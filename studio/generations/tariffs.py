"""What upstreams charge, and which of them would get a call: the basis of quotes and of the composer's prices."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from studio import images
from studio.images import MODELS, Estimate, ImageRates, ImageRequest, Rates
from studio.ledger import prices
from studio.ledger.money import plain
from studio.upstreams import choice
from studio.upstreams.choice import Need
from studio.upstreams.models import Billing, Lane, Upstream

Destination = Upstream | None  # None: nowhere yet, at list price


@dataclass(frozen=True)
class Tariff:
    """USD per million tokens by kind, or per picture by size, times a multiplier."""

    rates: Rates | ImageRates
    multiplier: Decimal = Decimal(1)

    def estimate(self, request: ImageRequest, references: int = 0, *, input_tokens: int | None = None) -> Estimate:
        """What one picture of a request costs; `input_tokens` are those of pictures sent along, if known."""
        if isinstance(self.rates, ImageRates):
            price = self.multiplier * self.rates.of(images.size_tier(request.size))
            return Estimate(low=price, high=price, expected=price)
        return images.estimate(request, references, self.multiplier, rates=self.rates, input_tokens=input_tokens)

    def as_data(self) -> dict[str, Any]:
        """As data for the browser: amounts as strings, since JSON numbers are not exact."""
        amounts = {name: plain(rate) for name, rate in asdict(self.rates).items()}
        kind = "pictures" if isinstance(self.rates, ImageRates) else "rates"
        return {"multiplier": plain(self.multiplier), kind: amounts}


def tariff_of(destination: Destination, *, rates: Rates, at: datetime) -> Tariff:
    """What an upstream charges; `rates` are those of the model's tokens at that moment."""
    if destination is None:
        return Tariff(rates)
    by_picture = destination.bills_by == Billing.IMAGE
    return Tariff(
        prices.image_rates(upstream_name=destination.name, at=at) if by_picture else rates, destination.price_multiplier
    )


def possible_destinations(usable: Sequence[Upstream], need: Need) -> list[Destination]:
    """Where a call may go, the likeliest first: upstreams that offer its models, else any, else [None]."""
    return [upstream for upstream in usable if upstream.fits(need)] or [*usable] or [None]


def likely_destinations(destinations: Sequence[Destination], *, lane: str, now: datetime) -> list[Destination]:
    """The upstreams of the best rank that are ready: the least busy of them would get a call now."""
    known = [destination for destination in destinations if destination is not None]
    open_now = [destination for destination in known if destination.slots(lane)] or known
    ready = [destination for destination in open_now if not destination.is_paused(now=now)] or open_now
    return [destination for destination in ready if choice.rank(destination) == choice.rank(ready[0])] or [None]


def lane_of(request: ImageRequest) -> str:
    return Lane.LARGE if request.is_large else Lane.STANDARD


@dataclass(frozen=True)
class PriceBoard:
    """The prices at all upstreams in use at one moment, read once."""

    now: datetime
    usable: Sequence[Upstream]

    @classmethod
    def of(cls, now: datetime) -> Self:
        return cls(now, list(Upstream.objects.usable().in_order()))

    @cached_property
    def rates(self) -> dict[str, Rates]:
        return {model.id: prices.rates(model=model.id, at=self.now) for model in MODELS}

    def destinations(self, need: Need, *, lane: str = Lane.STANDARD) -> list[Destination]:
        """The upstreams one of which would get such a call now."""
        return likely_destinations(possible_destinations(self.usable, need), lane=lane, now=self.now)

    def likely_tariff(self, request: ImageRequest) -> Tariff:
        """The tariff a picture would be charged by, the same that its quote uses."""
        [destination, *_others] = self.destinations(Need(image_model=request.model), lane=lane_of(request))
        return tariff_of(destination, rates=self.rates[request.model], at=self.now)

    def multiplier(self, *, main_model: str) -> Decimal:
        """The multiplier a main model's text would probably be charged with."""
        [destination, *_others] = self.destinations(Need(image_model="", main_model=main_model))
        return destination.price_multiplier if destination else Decimal(1)

    @property
    def is_simulated(self) -> bool:
        """Whether a picture would be simulated."""
        [destination, *_others] = self.destinations(Need(image_model=MODELS[0].id))
        return destination is None or destination.is_simulated

    def as_data(self, *, main_model: str = "") -> dict[str, dict[str, list[dict[str, Any]]]]:
        """The tariffs by image model and lane; several where upstreams of one rank differ."""
        return {
            model: {
                str(lane): distinct_tariffs(
                    tariff_of(destination, rates=rates, at=self.now)
                    for destination in self.destinations(Need(image_model=model, main_model=main_model), lane=lane)
                )
                for lane in Lane.values
            }
            for model, rates in self.rates.items()
        }


def distinct_tariffs(found: Iterable[Tariff]) -> list[dict[str, Any]]:
    return [tariff.as_data() for tariff in dict.fromkeys(found)]
