"""What an attempt cost: by its usage or by the picture, at the prices of the moment it started."""

from dataclasses import dataclass, replace
from decimal import Decimal

from studio import images
from studio.images import TextUsage, Usage
from studio.images.prices import PARTIAL_TOKENS
from studio.ledger import prices
from studio.ledger.models import Entry
from studio.upstreams.models import Billing

from .models import Attempt


@dataclass(frozen=True)
class Cost:
    """An amount in USD, its certainty (Entry.Certainty), and the unit prices it was computed with."""

    amount: Decimal
    certainty: str
    unit_prices: dict[str, str]


def picture_cost(attempt: Attempt, usage: Usage, *, size: str, count: int = 1) -> Cost:
    """What `count` pictures of one call cost at the attempt's upstream; `size` is the one received."""
    multiplier, at = attempt.price_multiplier, attempt.started_at
    if attempt.upstream and attempt.upstream.bills_by == Billing.IMAGE:
        by_picture, tier = prices.image_rates(upstream_name=attempt.upstream_name, at=at), images.size_tier(size)
        unit_prices = prices.picture_price(by_picture, tier, multiplier)
        return Cost(count * by_picture.of(tier) * multiplier, Entry.Certainty.EXACT, unit_prices)
    rates = prices.rates(model=attempt.model, at=at)
    certainty = Entry.Certainty.ESTIMATED if usage.is_estimated else Entry.Certainty.EXACT
    return Cost(images.cost(usage, rates, multiplier), certainty, prices.token_prices(rates, multiplier))


def text_cost(attempt: Attempt, usage: TextUsage, *, model: str) -> Cost:
    """What a main model's text costs; a model without a price is counted at the dearest price there is."""
    multiplier, at = attempt.price_multiplier, attempt.started_at
    rates = prices.rates(model=model, at=at)
    is_guess = usage.is_estimated or not prices.is_priced(model=model, at=at)
    certainty = Entry.Certainty.ESTIMATED if is_guess else Entry.Certainty.EXACT
    return Cost(images.text_cost(usage, rates, multiplier), certainty, prices.token_prices(rates, multiplier))


def formula_usage(attempt: Attempt, *, width: int, height: int, quality: str | None, partial_count: int) -> Usage:
    """The usage by the published formula, for a picture and its previews, where the gateway reported none."""
    request = attempt.request
    known = [each for each in (quality, attempt.quality) if each and each in request.factors]
    quality = known[0] if known else "medium"
    picture_tokens = images.output_tokens(width, height, quality, request.factors)
    return replace(
        images.expected_usage(request, quality=quality),
        output_image_tokens=picture_tokens + PARTIAL_TOKENS * partial_count,
        input_image_tokens=attempt.job.generation.input_tokens,
    )
