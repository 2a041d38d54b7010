"""What a spend page is asked to show, read from its address into one value."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Self

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST = 366  # days a page looks at, and bars its chart has

# What spend can be split by: the word of the address, the column of roll-ups and entries, the words for people.
GROUPINGS = {
    "person": ("person_id", gettext_lazy("Person")),
    "model": ("model", gettext_lazy("Model")),
    "quality": ("quality", gettext_lazy("Quality")),
    "tier": ("size_tier", gettext_lazy("Size")),
    "upstream": ("upstream_name", gettext_lazy("Upstream")),
}
FACTS = tuple(name for name in GROUPINGS if name != "person")
ORDERS = ("newest", "dearest")
# Which entries are listed: all, or those that brought nothing, differ, or paid for what nobody wanted.
ONLY = ("", "failed", "flagged", "unopened", "trashed")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Nonsense(ValueError):
    """An address that no page of the studio leads to."""


@dataclass(frozen=True)
class Span:
    """The days from the first to the last, both included."""

    first: date
    last: date

    @classmethod
    def month_of(cls, day: date) -> Self:
        first = day.replace(day=1)
        return cls(first, month_after(first) - timedelta(days=1))

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=at) for at in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def is_month(self) -> bool:
        return self == Span.month_of(self.first)

    def __str__(self) -> str:
        if self.is_month:
            return date_format(self.first, "F Y")
        if self.first == self.last:
            return date_format(self.first, _("l, j F Y"))
        if self.first.year != self.last.year:
            return f"{date_format(self.first, _('j M Y'))} – {date_format(self.last, _('j M Y'))}"
        return f"{date_format(self.first, _('j M'))} – {date_format(self.last, _('j M Y'))}"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Days, facts and order of what is shown. `money` None: real money, or play money where there is nothing else."""

    span: Span
    by: str = "person"
    facts: Mapping[str, str] = field(default_factory=dict)  # of FACTS: the one value that is shown
    money: str | None = None  # "real" | "simulated"
    order: str = "newest"
    only: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], *, today: date) -> Self:
        """Read `?month=2026-10` or `?from=…&to=…`, `&by=` and the rest; raise Nonsense for what no page says."""
        money = one_of(query.get("money"), (None, "real", "simulated"))
        return cls(
            span=read_span(query, today=today),
            by=one_of(query.get("by", "person"), GROUPINGS),
            facts={name: fact(query[name]) for name in FACTS if query.get(name) is not None},
            money=money,
            order=one_of(query.get("order", "newest"), ORDERS),
            only=one_of(query.get("only", ""), ONLY),
        )

    @property
    def columns(self) -> dict[str, str]:
        """The facts as roll-ups and entries name them."""
        return {GROUPINGS[name][0]: value for name, value in self.facts.items()}

    @property
    def column(self) -> str:
        return GROUPINGS[self.by][0]


def read_span(query: Mapping[str, str], *, today: date) -> Span:
    """This month without a word; never more than LONGEST days, and the right way round."""
    if month := query.get("month"):
        return Span.month_of(read_month(month))
    if not query.get("from") and not query.get("to"):
        return Span.month_of(today)
    days = [read_day(query[name]) for name in ("from", "to") if query.get(name)]
    first, last = min(days), max([*days, today] if not query.get("to") else days)
    return Span(max(first, last - timedelta(days=min(LONGEST - 1, (last - date.min).days))), last)


def read_month(text: str) -> date:
    """The first day of a month such as 2026-10."""
    if not MONTH.fullmatch(text):
        raise Nonsense(text)
    return read_day(f"{text}-01")


def read_day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise Nonsense(text)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Nonsense(text) from error
    # Years beyond these have no neighbours to count from.
    if not 2000 <= day.year < 9000:
        raise Nonsense(text)
    return day


def fact(text: str) -> str:
    """A value to compare with: as long as the columns are, and free of what PostgreSQL refuses."""
    if len(text) > 60 or "\0" in text:
        raise Nonsense(text)
    return text


def one_of[T](value: T, allowed: Container[T]) -> T:
    if value not in allowed:
        raise Nonsense(value)
    return value


def month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)
