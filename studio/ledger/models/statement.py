"""Statements: closed months, with what each person spent as known then. They never change."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..filters import Span
from ..periods import MONTH, local_day
from .budget import Period
from .rollup import KEYS, SUMS, RollUp, Sums

LINE_KEYS = tuple(name for name in KEYS if name != "day")


class NotClosed(Exception):
    """A month cannot be closed; the message says why."""


class StatementManager(models.Manager["Statement"]):
    def close(self, *, month: date, by: Any, now: datetime) -> "Statement":
        """Close the month that begins on `month`; raise NotClosed where it cannot be closed yet.

        Corrections to closed months are carried over into the next statement, so that all statements together equal
        the ledger.
        """
        span = Span.month_of(month)
        refuse_open_month(span, today=local_day(now))
        try:
            with transaction.atomic():
                statement = self.create(month=span.first, closed_by=by, closed_at=now)
                StatementLine.objects.bulk_create(lines_of(statement, span), batch_size=500)
        except IntegrityError:
            raise NotClosed(_("%(month)s is already closed.") % {"month": span}) from None
        return statement


def refuse_open_month(span: Span, *, today: date) -> None:
    if span.last >= today:
        raise NotClosed(_("%(month)s is not over yet.") % {"month": span})
    if Period.objects.filter(person=None, kind=MONTH, starts_on=span.first, held__gt=0).exists():
        raise NotClosed(_("Jobs of %(month)s are still running. Close it when they have finished.") % {"month": span})


def lines_of(statement: "Statement", span: Span) -> Iterator["StatementLine"]:
    names = {person.pk: str(person) for person in get_user_model().objects.all()}
    rows = booked(Q(day__range=(span.first, span.last)), *LINE_KEYS)
    for row in [*rows, *carried_over(statement)]:
        yield StatementLine(statement=statement, person_name=names[row["person_id"]], **row)


def carried_over(statement: "Statement") -> Iterator[dict[str, Any]]:
    """Corrections to months closed before that no statement contains yet, one line per person."""
    months = Statement.objects.exclude(pk=statement.pk).values_list("month", flat=True)
    if not months:
        return
    days = Q(pk=None)
    for month in months:
        days |= Q(day__range=(month, Span.month_of(month).last))
    stated: dict[tuple[int, bool], Any] = {
        (row["person_id"], row["is_simulated"]): row
        for row in StatementLine.objects.exclude(statement=statement)
        .values("person_id", "is_simulated")
        .annotate(**{name: Sum(name) for name in SUMS})
    }
    for row in booked(days, "person_id", "is_simulated"):
        before = stated.get((row["person_id"], row["is_simulated"]))
        changes = {name: row[name] - (before[name] if before else 0) for name in SUMS}
        if any(changes.values()):
            yield row | changes | {"is_carried": True}


def booked(days: Q, *keys: str) -> Any:
    return RollUp.objects.filter(days).values(*keys).annotate(**{name: Sum(name) for name in SUMS}).order_by(*keys)


class Statement(models.Model):
    """A closed month."""

    month = models.DateField(unique=True)  # its first day
    closed_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="statements")

    objects = StatementManager()

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return date_format(self.month, "F Y")

    @property
    def slug(self) -> str:
        return f"{self.month:%Y-%m}"


class StatementLine(Sums):
    """What one person spent in a closed month on one kind of picture at one upstream."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="statement_lines")
    # The name at that time. The only column that may change: erasing a person removes it.
    person_name = models.CharField(max_length=254, blank=True)
    model = models.CharField(max_length=60, blank=True)
    quality = models.CharField(max_length=20, blank=True)
    size_tier = models.CharField(max_length=2, blank=True)
    upstream_name = models.CharField(max_length=60, blank=True)
    is_simulated = models.BooleanField(default=False)
    is_carried = models.BooleanField(default=False)  # corrections to months that were closed before

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["person", "statement"], name="statement_of_person")]

    def __str__(self) -> str:
        return f"line {self.pk} of {self.statement}"
