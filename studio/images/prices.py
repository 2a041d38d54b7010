"""Tokens and money: the calculator's formula and OpenAI's list prices, exact in integers and Decimal."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from .usage import TextUsage, Usage

QUALITY_FACTORS = {"low": 16, "medium": 48, "high": 96}
AREA_OFFSET, AREA_DIVISOR = 2_000_000, 4_000_000
PARTIAL_TOKENS = 100  # image output tokens a partial picture adds
REFERENCE_TOKENS = 1_536  # image input tokens a reference adds at most
AUTO_EDGE = 1254  # px; what `auto` was seen to draw is 1254×1254
# Characters a token, by the code point they stay below: Latin, other alphabets, everything else (East Asian, emoji).
TEXT_BANDS = ((0x250, 4), (0x2E80, 2), (0x110000, 1))
TYPICAL_QUALITY = "medium"  # what `auto` is taken to be where one figure is wanted
EXACT = Context(prec=100)  # more digits than any product of counts, rates and a multiplier has


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


def text_rates(*, text_input: str, cached: str, output: str) -> Rates:
    """The rates of a text model: image input costs what text input does, and there is no image output."""
    read, read_again, written = Decimal(text_input), Decimal(cached), Decimal(output)
    return Rates(read, read_again, read, read_again, image_output=Decimal(0), text_output=written)


@dataclass(frozen=True)
class ImageRates:
    """USD per picture by size tier (`size_tier`), at gateways that bill so."""

    tier_1k: Decimal
    tier_2k: Decimal
    tier_4k: Decimal

    def of(self, tier: str) -> Decimal:
        return {"1K": self.tier_1k, "2K": self.tier_2k, "4K": self.tier_4k}[tier]


# What sub2api charges a picture unless a group has prices of its own: ×1, ×1.5, ×2 by tier.
LIST_IMAGE_RATES = ImageRates(tier_1k=Decimal("0.134"), tier_2k=Decimal("0.201"), tier_4k=Decimal("0.268"))


@dataclass(frozen=True)
class Estimate:
    """What one picture will cost, in USD: from `low` to `high`, most likely `expected`."""

    low: Decimal
    high: Decimal
    expected: Decimal


def output_tokens(width: int, height: int, quality: str, factors: Mapping[str, int] = QUALITY_FACTORS) -> int:
    """Image output tokens of one picture of any width and height in px (formula of OpenAI's price calculator).

    `quality` is one of `factors`, else KeyError. The short side's factor is rounded half up, never to the lower figure.
    """
    factor, long, short = factors[quality], max(width, height), min(width, height)
    short_factor = (2 * factor * short + long) // (2 * long)
    return -(-factor * short_factor * (AREA_OFFSET + width * height) // AREA_DIVISOR)


def text_tokens(prompt: str) -> int:
    """About how many tokens a text has: one for four Latin characters, for two of other alphabets, for each beyond."""
    total, below = 0, 0
    for end, characters in TEXT_BANDS:
        up_to = sum(ord(character) < end for character in prompt)
        total += -(-(up_to - below) // characters)
        below = up_to
    return total


def cost(usage: Usage, rates: Rates = LIST_RATES, multiplier: Decimal | int = 1) -> Decimal:
    """USD for a usage, never rounded, whatever precision the caller's decimal context has."""
    with localcontext(EXACT):
        micro_dollars = (
            usage.input_text_tokens * rates.text_input
            + usage.input_image_tokens * rates.image_input
            + usage.output_image_tokens * rates.image_output
            + usage.output_text_tokens * rates.text_output
        )
        return (micro_dollars * multiplier).scaleb(-6)


def text_cost(usage: TextUsage, rates: Rates, multiplier: Decimal | int = 1) -> Decimal:
    """USD for what a main model read and wrote, never rounded."""
    with localcontext(EXACT):
        micro_dollars = (
            (usage.input - usage.cached_input) * rates.text_input
            + usage.cached_input * rates.cached_text_input
            + usage.output * rates.text_output
        )
        return (micro_dollars * multiplier).scaleb(-6)


def two_figures(price: Decimal) -> str:
    """A price before it is paid, to two significant figures: $0.053, $1.2, $120."""
    if not price:
        return "$0"
    unit = Decimal(1).scaleb(price.adjusted() - 1)
    shown = price.quantize(unit, ROUND_HALF_UP)
    if shown.adjusted() > price.adjusted():  # 0.0996 became 0.100
        shown = shown.quantize(unit.scaleb(1))
    return f"${shown:f}"


def four_decimals(price: Decimal) -> str:
    """A price once it is paid: $0.0527."""
    return f"${price.quantize(Decimal('0.0001'), ROUND_HALF_UP):f}"
