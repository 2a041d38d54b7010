"""How an entry's amount came about: the tokens or pictures it was counted from, at the unit prices it kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Entry

MILLION = 1_000_000  # tokens a rate is told for
# The rate of unit_prices, the tokens of an entry counted at it, and what people call them. (Cached ones are part of
# the text tokens and leave them first.)
KINDS = (
    ("text_input", "input_text_tokens", gettext_lazy("Text in")),
    ("cached_text_input", "cached_input_tokens", gettext_lazy("Text in, cached")),
    ("image_input", "input_image_tokens", gettext_lazy("Pictures in")),
    ("text_output", "output_text_tokens", gettext_lazy("Text out")),
    ("image_output", "output_image_tokens", gettext_lazy("Picture out")),
)


@dataclass(frozen=True)
class Counted:
    """One line of a count, in USD."""

    label: str | Promise
    count: int
    rate: Decimal  # per million tokens, or per picture
    amount: Decimal
    is_picture: bool = False


def counted(entry: Entry) -> list[Counted]:
    """The lines that add up to the entry's amount; none where it was not counted but held to be the most it can be."""
    multiplier = Decimal(entry.unit_prices.get("multiplier", "1"))
    lines = [*pictures(entry, multiplier), *tokens(entry, multiplier)]
    return lines if sum((line.amount for line in lines), Decimal(0)) == entry.amount else []


def pictures(entry: Entry, multiplier: Decimal) -> Iterator[Counted]:
    for kind, price in entry.unit_prices.items():
        if kind.startswith("picture_"):
            label = _("Pictures, %(tier)s") % {"tier": kind.removeprefix("picture_")}
            count, rate = entry.picture_count, Decimal(price)
            yield Counted(label, count, rate, count * rate * multiplier, is_picture=True)


def tokens(entry: Entry, multiplier: Decimal) -> Iterator[Counted]:
    for kind, name, label in KINDS:
        count = getattr(entry, name) - (entry.cached_input_tokens if kind == "text_input" else 0)
        if count and kind in entry.unit_prices:
            rate = Decimal(entry.unit_prices[kind])
            yield Counted(label, count, rate, count * rate * multiplier / MILLION)
