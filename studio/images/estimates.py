"""What pictures will cost before they are drawn: the expected usage of a request, and the range of its price."""

from dataclasses import replace
from decimal import Decimal

from .prices import (
    AUTO_EDGE,
    PARTIAL_TOKENS,
    REFERENCE_TOKENS,
    TYPICAL_QUALITY,
    Estimate,
    Rates,
    cost,
    output_tokens,
    text_tokens,
)
from .requests import ImageRequest
from .usage import Usage


def expected_usage(request: ImageRequest, *, quality: str, references: int = 0) -> Usage:
    """Tokens of one picture of a request at a quality; `auto` size counts as 1254×1254."""
    width, height = request.edges or (AUTO_EDGE, AUTO_EDGE)
    partials = request.partial_images if request.stream else 0
    return Usage(
        input_text_tokens=text_tokens(request.prompt),
        input_image_tokens=references * REFERENCE_TOKENS,
        output_image_tokens=output_tokens(width, height, quality, request.factors) + partials * PARTIAL_TOKENS,
        is_estimated=True,
    )


def estimate(
    request: ImageRequest,
    references: int = 0,
    multiplier: Decimal | int = 1,
    *,
    rates: Rates | None = None,
    input_tokens: int | None = None,
) -> Estimate:
    """What one picture of a request will cost; `auto` quality is a range from the lowest to the highest, likely medium.

    `rates` are the list's unless others are given; `input_tokens` those of the pictures sent along, where they are
    known better than by their number. Raise KeyError for a model the studio does not know.
    """

    def at(quality: str) -> Decimal:
        usage = expected_usage(request, quality=quality, references=references)
        if input_tokens is not None:
            usage = replace(usage, input_image_tokens=input_tokens)
        return cost(usage, rates or request.rates, multiplier)

    if request.quality in request.factors:
        exact = at(request.quality)
        return Estimate(low=exact, high=exact, expected=exact)
    names = list(request.factors)
    return Estimate(low=at(names[0]), high=at(names[-1]), expected=at(typical(names)))


def ceiling(
    request: ImageRequest, references: int = 0, multiplier: Decimal | int = 1, *, rates: Rates | None = None
) -> Decimal:
    """The most one picture of a request can cost: what is reserved for it."""
    return estimate(request, references, multiplier, rates=rates).high


def typical(qualities: list[str]) -> str:
    return TYPICAL_QUALITY if TYPICAL_QUALITY in qualities else qualities[len(qualities) // 2]
