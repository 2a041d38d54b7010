"""What upstreams charge for a picture, and where a call would go: what quotes and the composer count with."""

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

Place = Upstream | None  # None: nowhere yet, at list price


@dataclass(frozen=True)
class Tariff:
    """USD a million tokens by kind, or a picture by size, times a multiplier."""

    rates: Rates | ImageRates
    multiplier: Decimal = Decimal(1)

    def estimate(self, request: ImageRequest, references: int = 0, *, input_tokens: int | None = None) -> Estimate:
        """What one picture of a request costs; `input_tokens` are those of what is sent along, where they are known."""
        if isinstance(self.rates, ImageRates):
            price = self.multiplier * self.rates.of(images.size_tier(request.size))
            return Estimate(low=price, high=price, expected=price)
        return images.estimate(request, references, self.multiplier, rates=self.rates, input_tokens=input_tokens)

    def as_data(self) -> dict[str, Any]:
        """As the browser reads it: amounts as strings, since JSON has no exact fractions."""
        amounts = {name: plain(rate) for name, rate in asdict(self.rates).items()}
        kind = "pictures" if isinstance(self.rates, ImageRates) else "rates"
        return {"multiplier": plain(self.multiplier), kind: amounts}


def tariff_of(place: Place, *, rates: Rates, at: datetime) -> Tariff:
    """What an upstream charges; `rates` are those of the model's tokens at that moment."""
    if place is None:
        return Tariff(rates)
    by_picture = place.bills_by == Billing.IMAGE
    return Tariff(prices.image_rates(upstream_name=place.name, at=at) if by_picture else rates, place.price_multiplier)


def fitting(usable: Sequence[Upstream], need: Need) -> list[Place]:
    """Where a call may go, the likeliest first: what offers its models, else anything, else nowhere yet."""
    return [upstream for upstream in usable if upstream.fits(need)] or [*usable] or [None]


def likely(places: Sequence[Place], *, lane: str, now: datetime) -> list[Place]:
    """Those one of which would get a call now: all of the first rank, of which the least busy is next."""
    known = [place for place in places if place is not None]
    open_now = [place for place in known if place.slots(lane)] or known
    awake = [place for place in open_now if not place.is_cooling(now=now)] or open_now
    return [place for place in awake if choice.rank(place) == choice.rank(awake[0])] or [None]


def lane_of(request: ImageRequest) -> str:
    return Lane.LARGE if request.is_large else Lane.STANDARD


@dataclass(frozen=True)
class Board:
    """The prices of a moment at all upstreams in use, read once."""

    now: datetime
    usable: Sequence[Upstream]

    @classmethod
    def of(cls, now: datetime) -> Self:
        return cls(now, list(Upstream.objects.usable().in_order()))

    @cached_property
    def rates(self) -> dict[str, Rates]:
        return {model.id: prices.rates(model=model.id, at=self.now) for model in MODELS}

    def places(self, need: Need, *, lane: str = Lane.STANDARD) -> list[Place]:
        """The upstreams one of which would get such a call now."""
        return likely(fitting(self.usable, need), lane=lane, now=self.now)

    def probable(self, request: ImageRequest) -> Tariff:
        """What a picture would be charged by, as its estimate will be."""
        [place, *_others] = self.places(Need(image_model=request.model), lane=lane_of(request))
        return tariff_of(place, rates=self.rates[request.model], at=self.now)

    def multiplier(self, *, main_model: str) -> Decimal:
        """What the words of a main model would probably be multiplied by."""
        [place, *_others] = self.places(Need(image_model="", main_model=main_model))
        return place.price_multiplier if place else Decimal(1)

    @property
    def is_simulated(self) -> bool:
        """Whether a picture would be paid with play money."""
        [place, *_others] = self.places(Need(image_model=MODELS[0].id))
        return place is None or place.is_simulated

    def as_data(self, *, main_model: str = "") -> dict[str, dict[str, list[dict[str, Any]]]]:
        """By image model and lane, what a picture is charged by; several where upstreams of one rank differ."""
        return {
            model: {
                str(lane): different(
                    tariff_of(place, rates=rates, at=self.now)
                    for place in self.places(Need(image_model=model, main_model=main_model), lane=lane)
                )
                for lane in Lane.values
            }
            for model, rates in self.rates.items()
        }


def different(found: Iterable[Tariff]) -> list[dict[str, Any]]:
    return [tariff.as_data() for tariff in dict.fromkeys(found)]
