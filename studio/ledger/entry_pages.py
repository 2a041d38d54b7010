"""Pages of entries, in either order; each is read from an index, however many entries there are."""

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from .filters import Filter, InvalidQuery, Span
from .models import Entry, EntryQuerySet
from .money import PLACES


class Place(NamedTuple):
    """Where a page of entries ended; the next one begins after it."""

    rank: int  # a day's ordinal, or an amount in 10⁻¹² USD
    pk: int

    def __str__(self) -> str:
        return f"{self.rank}.{self.pk}"

    @classmethod
    def read(cls, text: str | None) -> "Place | None":
        """Read a place from an address; raise InvalidQuery for anything else."""
        if not text:
            return None
        match = PLACE.fullmatch(text)
        if not match:
            raise InvalidQuery(text)
        return cls(int(match[1]), int(match[2]))


NO_DAY = date.min  # placeholder for each day, in a query that is compiled once
PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")


def page_of(
    entries: EntryQuerySet, *, shown: Filter, after: Place | None, size: int
) -> tuple[list[Entry], Place | None]:
    """One page of entries in the order shown, and where the next one begins, if there is one."""
    read = dearest if shown.order == "dearest" else newest
    rows = read(entries, shown.span, after, size + 1)
    return rows[:size], place_of(rows[size - 1], shown.order) if len(rows) > size else None


def place_of(entry: Entry, order: str) -> Place:
    return Place(int(entry.amount.scaleb(PLACES)) if order == "dearest" else entry.day.toordinal(), entry.pk)


def newest(entries: EntryQuerySet, span: Span, after: Place | None, size: int) -> list[Entry]:
    entries = entries.filter(day__range=(span.first, span.last))
    if after:
        day = day_of(after)
        entries = entries.filter(Q(day__lt=day) | Q(pk__lt=after.pk), day__lte=day)
    return list(entries.select_related("person").order_by("-day", "-pk")[:size])


def day_of(place: Place) -> date:
    try:
        return date.fromordinal(place.rank)
    except (ValueError, OverflowError) as error:
        raise InvalidQuery(str(place)) from error


def dearest(entries: EntryQuerySet, span: Span, after: Place | None, size: int) -> list[Entry]:
    """The most expensive entries: those of each day, which an index has in this order, merged.

    The query must not filter by the span as well: SQLite would then scan all of it for each day.
    """
    if after:
        amount = Decimal(after.rank).scaleb(-PLACES)
        entries = entries.filter(Q(amount__lt=amount) | Q(pk__lt=after.pk), amount__lte=amount)
    of_day = entries.filter(day=NO_DAY).order_by("-amount", "-pk").values("amount", "pk")[:size]
    sql, params = of_day.query.sql_with_params()
    no_day = connection.ops.adapt_datefield_value(NO_DAY)
    days = [connection.ops.adapt_datefield_value(day) for day in span]
    # The ORM cannot order the parts of a union on SQLite; their SQL comes from the ORM all the same.
    union = " UNION ALL ".join([f"SELECT * FROM ({sql}) AS of_day"] * len(days))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({union}) AS dearest ORDER BY 1 DESC, 2 DESC LIMIT {int(size)}",  # noqa: S608
            [day if value == no_day else value for day in days for value in params],
        )
        ids = [pk for _amount, pk in cursor.fetchall()]
    found = Entry.objects.select_related("person").in_bulk(ids)
    return [found[pk] for pk in ids]
