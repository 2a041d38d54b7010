"""Waste: money spent on failures and unused pictures, and its entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from studio.ledger.models import ZERO, EntryQuerySet
from studio.ledger.spending import Spending
from studio.library.models import Picture


@dataclass(frozen=True)
class Waste:
    """One kind of waste."""

    only: str  # the value of `only` in the address of its entries
    label: str
    amount: Decimal  # USD
    count: int
    share: float | None  # of all that was spent


def waste(spending: Spending) -> Iterator[Waste]:
    total = spending.total.spent
    sums = {
        "failed": (_("Charged but failed"), spending.total.failed, spending.total.charged_failure_count),
        "unopened": (_("Never opened"), *price_and_count(wasted(spending, "unopened"))),
        "trashed": (_("In the trash"), *price_and_count(wasted(spending, "trashed"))),
    }
    for only, (label, amount, count) in sums.items():
        yield Waste(only, label, amount, count, float(amount / total) if total > 0 else None)


def wasted(spending: Spending, only: str) -> QuerySet[Picture]:
    """The pictures of the filter that nobody opened, or that are in the trash."""
    span = spending.shown.span
    pictures = Picture.objects.unopened() if only == "unopened" else Picture.objects.trashed()
    pictures = pictures.filter(is_simulated=spending.is_simulated, **spending.shown.columns)
    if spending.person:
        # As a list of days, so that the index by day and owner is used.
        return pictures.filter(owner=spending.person, paid_on__in=list(span))
    return pictures.filter(paid_on__range=(span.first, span.last))


def price_and_count(pictures: QuerySet[Picture]) -> tuple[Decimal, int]:
    # Counting any column, even the key, would make PostgreSQL read the rows.
    sums = pictures.aggregate(price=Sum("price"), count=Count("*"))
    return sums["price"] or ZERO, sums["count"]


def listed_entries(spending: Spending) -> EntryQuerySet:
    """The entries of a list; those of unused pictures by the jobs of the pictures."""
    entries = spending.entries()
    if spending.shown.only in ("unopened", "trashed"):
        return entries.filter(job_id__in=wasted(spending, spending.shown.only).values("result__job_id"))
    return entries
