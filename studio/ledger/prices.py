"""The price of a token or a picture at an instant: an admin's dated price, else the list price in `images`."""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import datetime
from decimal import Decimal

from studio import images
from studio.images import ImageRates, Rates

from .models import ImagePrice, Price
from .models.price import KINDS
from .money import plain
from .periods import local_day


def rates(*, model: str, at: datetime) -> Rates:
    """USD per million tokens of a model; the highest known rates where the model has no price."""
    return known_rates(model=model, at=at) or highest_rates(
        known for name in images.list_rates() if (known := known_rates(model=name, at=at))
    )


def is_priced(*, model: str, at: datetime) -> bool:
    return known_rates(model=model, at=at) is not None


def known_rates(*, model: str, at: datetime) -> Rates | None:
    price = Price.objects.filter(model=model).in_force(local_day(at)).first()
    return price.rates if price else images.list_rates().get(model)


def highest_rates(all_rates: Iterable[Rates]) -> Rates:
    """The highest rate of each kind of token, so that an unknown model is never underestimated."""
    by_kind_of_token = zip(*(astuple(rates) for rates in all_rates), strict=True)
    return Rates(*map(max, by_kind_of_token))


def image_rates(*, upstream_name: str, at: datetime) -> ImageRates:
    """USD per picture at an upstream that bills by the picture: its own price, else the one for all upstreams."""
    own = own_image_rates(upstream_name=upstream_name, at=at) if upstream_name else None
    return own or own_image_rates(upstream_name="", at=at) or images.LIST_IMAGE_RATES


def own_image_rates(*, upstream_name: str, at: datetime) -> ImageRates | None:
    """USD per picture that an admin has set for this upstream; with an empty name, for all upstreams."""
    price = ImagePrice.objects.filter(upstream_name=upstream_name).in_force(local_day(at)).first()
    return price.rates if price else None


def token_prices(rates: Rates, multiplier: Decimal) -> dict[str, str]:
    """The unit prices stored in an entry."""
    return {kind: plain(getattr(rates, kind)) for kind in KINDS} | {"multiplier": plain(multiplier)}


def picture_price(rates: ImageRates, tier: str, multiplier: Decimal) -> dict[str, str]:
    return {f"picture_{tier}": plain(rates.of(tier)), "multiplier": plain(multiplier)}
