"""Tokens and money: the calculator's formula and OpenAI's list prices, exact in integers and Decimal."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from .usage import Usage

if TYPE_CHECKING:
    from .requests import ImageRequest

QUALITY_FACTORS = {"low": 16, "medium": 48, "high": 96}
AREA_OFFSET, AREA_DIVISOR = 2_000_000, 4_000_000
PARTIAL_TOKENS = 100  # image output tokens a partial picture adds
REFERENCE_TOKENS = 1_536  # image input tokens a reference adds at most
AUTO_EDGE = 1254  # px; what `auto` was seen to draw is 1254×1254
CHARACTERS_A_TOKEN = 4
MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Rates:
    """USD per million tokens."""

    text_input: Decimal
    cached_text_input: Decimal
    image_input: Decimal
    cached_image_input: Decimal
    image_output: Decimal
    text_output: Decimal


LIST_RATES = Rates(
    text_input=Decimal("5.00"),
    cached_text_input=Decimal("1.25"),
    image_input=Decimal("8.00"),
    cached_image_input=Decimal("2.00"),
    image_output=Decimal("30.00"),
    # The Images API was never seen to return text; one public price map lists this rate.
    text_output=Decimal("10.00"),
)


@dataclass(frozen=True)
class Estimate:
    """What one picture will cost, in USD: from `low` to `high`, most likely `expected`."""

    low: Decimal
    high: Decimal
    expected: Decimal


def output_tokens(width: int, height: int, quality: str) -> int:
    """Image output tokens of one picture of any width and height in px (formula of OpenAI's price calculator).

    `quality` is low, medium or high. The short side's factor is rounded half up, never to the lower figure.
    """
    factor, long, short = QUALITY_FACTORS[quality], max(width, height), min(width, height)
    short_factor = (2 * factor * short + long) // (2 * long)
    return -(-factor * short_factor * (AREA_OFFSET + width * height) // AREA_DIVISOR)


def text_tokens(prompt: str) -> int:
    """About how many tokens a text has: one for four characters, one for each wide (East Asian) one."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in prompt)
    return wide + -(-(len(prompt) - wide) // CHARACTERS_A_TOKEN)


def cost(usage: Usage, rates: Rates, multiplier: Decimal = Decimal(1)) -> Decimal:
    """USD for a usage, never rounded."""
    micro_dollars = (
        usage.input_text_tokens * rates.text_input
        + usage.input_image_tokens * rates.image_input
        + usage.output_image_tokens * rates.image_output
        + usage.output_text_tokens * rates.text_output
    )
    return micro_dollars / MILLION * multiplier


def expected_usage(request: "ImageRequest", *, quality: str, references: int = 0) -> Usage:
    """Tokens of one picture of a request at a quality; `auto` size counts as 1254×1254."""
    width, height = request.edges or (AUTO_EDGE, AUTO_EDGE)
    partials = request.partial_images if request.stream else 0
    return Usage(
        input_text_tokens=text_tokens(request.prompt),
        input_image_tokens=references * REFERENCE_TOKENS,
        output_image_tokens=output_tokens(width, height, quality) + partials * PARTIAL_TOKENS,
        is_estimated=True,
    )


def estimate(request: "ImageRequest", references: int = 0, multiplier: Decimal = Decimal(1)) -> Estimate:
    """What one picture of a request will cost; `auto` quality is a range with medium in its middle."""

    def at(quality: str) -> Decimal:
        usage = expected_usage(request, quality=quality, references=references)
        return cost(usage, request.rates, multiplier)

    if request.quality in QUALITY_FACTORS:
        exact = at(request.quality)
        return Estimate(low=exact, high=exact, expected=exact)
    return Estimate(low=at("low"), high=at("high"), expected=at("medium"))


def ceiling(request: "ImageRequest", references: int = 0, multiplier: Decimal = Decimal(1)) -> Decimal:
    """The most one picture of a request can cost: what is reserved for it."""
    return estimate(request, references, multiplier).high
