"""The filter of a spend page, read from its address."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Self

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST = 366  # days of a page, and bars of its chart

# What spend can be grouped by: the name in the address, the column of roll-ups and entries, the label.
GROUPINGS = {
    "person": ("person_id", gettext_lazy("Person")),
    "model": ("model", gettext_lazy("Model")),
    "quality": ("quality", gettext_lazy("Quality")),
    "tier": ("size_tier", gettext_lazy("Size")),
    "upstream": ("upstream_name", gettext_lazy("Upstream")),
}
FACTS = tuple(name for name in GROUPINGS if name != "person")
ORDERS = ("newest", "dearest")
# Which entries are listed: all, charged failures, those whose figures differ, or those of unused pictures.
ONLY = ("", "failed", "flagged", "unopened", "trashed")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class InvalidQuery(ValueError):
    """A query string that no page of the studio links to."""


@dataclass(frozen=True)
class Span:
    """The days from the first to the last, both inclusive."""

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
    """Days, facts and order of what is shown. `money` None: real money, or simulated where there is no other."""

    span: Span
    by: str = "person"
    facts: Mapping[str, str] = field(default_factory=dict)  # of FACTS: the one value that is shown
    money: str | None = None  # "real" | "simulated"
    order: str = "newest"
    only: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], *, today: date) -> Self:
        """Read `?month=2026-10` or `?from=…&to=…`, `&by=` and the rest; raise InvalidQuery for anything else."""
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
        """The facts by the names of columns of roll-ups and entries."""
        return {GROUPINGS[name][0]: value for name, value in self.facts.items()}

    @property
    def column(self) -> str:
        return GROUPINGS[self.by][0]


def read_span(query: Mapping[str, str], *, today: date) -> Span:
    """The days of a query, by default this month; at most LONGEST days, in order."""
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
        raise InvalidQuery(text)
    return read_day(f"{text}-01")


def read_day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise InvalidQuery(text)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidQuery(text) from error
    # Dates need neighbours for date arithmetic.
    if not 2000 <= day.year < 9000:
        raise InvalidQuery(text)
    return day


def fact(text: str) -> str:
    """A value to filter by, no longer than the columns and without NUL, which PostgreSQL refuses."""
    if len(text) > 60 or "\0" in text:
        raise InvalidQuery(text)
    return text


def one_of[T](value: T, allowed: Container[T]) -> T:
    if value not in allowed:
        raise InvalidQuery(value)
    return value


def month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)
