"""The breakdown of an entry's amount: its tokens or pictures, at the unit prices stored with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Entry

MILLION = 1_000_000  # tokens a rate is for
# The rate in unit_prices, the token column it applies to, and its label. (Cached tokens are part of the text tokens and
# are subtracted from them.)
KINDS = (
    ("text_input", "input_text_tokens", gettext_lazy("Text in")),
    ("cached_text_input", "cached_input_tokens", gettext_lazy("Text in, cached")),
    ("image_input", "input_image_tokens", gettext_lazy("Pictures in")),
    ("text_output", "output_text_tokens", gettext_lazy("Text out")),
    ("image_output", "output_image_tokens", gettext_lazy("Picture out")),
)


@dataclass(frozen=True)
class CostLine:
    """One line of a breakdown, in USD."""

    label: str | Promise
    count: int
    rate: Decimal  # per million tokens, or per picture
    amount: Decimal
    is_picture: bool = False


def cost_lines(entry: Entry) -> list[CostLine]:
    """The lines that add up to the entry's amount; none where it is a ceiling and not a computed cost."""
    multiplier = Decimal(entry.unit_prices.get("multiplier", "1"))
    lines = [*picture_lines(entry, multiplier), *token_lines(entry, multiplier)]
    return lines if sum((line.amount for line in lines), Decimal(0)) == entry.amount else []


def picture_lines(entry: Entry, multiplier: Decimal) -> Iterator[CostLine]:
    for kind, price in entry.unit_prices.items():
        if kind.startswith("picture_"):
            label = _("Pictures, %(tier)s") % {"tier": kind.removeprefix("picture_")}
            count, rate = entry.picture_count, Decimal(price)
            yield CostLine(label, count, rate, count * rate * multiplier, is_picture=True)


def token_lines(entry: Entry, multiplier: Decimal) -> Iterator[CostLine]:
    for kind, name, label in KINDS:
        count = getattr(entry, name) - (entry.cached_input_tokens if kind == "text_input" else 0)
        if count and kind in entry.unit_prices:
            rate = Decimal(entry.unit_prices[kind])
            yield CostLine(label, count, rate, count * rate * multiplier / MILLION)
