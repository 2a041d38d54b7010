"""Spending: the figures of the spend pages. Sums come from roll-ups and periods, never from entries."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import User

from .chart import COLOURS, Chart, Series, draw, stacked
from .filters import Filter, Span
from .forecast import WINDOW, forecast
from .models import ZERO, Entry, EntryQuerySet, Period, RollUp, StudioRollUp, Timing
from .models.rollup import FAILED, quantile
from .periods import MONTH

SHOWN = ("spent", "maybe", "failed", "picture_count", "charged_failure_count")
COMPARED = ("spent", "estimated", "reported", "compared", "attempt_count", "flagged_count")


class Sums(NamedTuple):
    """USD and counts of some days."""

    spent: Decimal = ZERO
    maybe: Decimal = ZERO  # the part of `spent` that may not have been charged after all
    failed: Decimal = ZERO  # the part of `spent` that paid for failures
    picture_count: int = 0
    charged_failure_count: int = 0

    @classmethod
    def of(cls, many: Iterable["Sums"]) -> "Sums":
        rows = list(many)
        return cls(*(sum(column, type(column[0])(0)) for column in zip(*rows, strict=True))) if rows else cls()


class Timings(NamedTuple):
    attempt_count: int
    failed_count: int
    p95: float | None  # seconds

    @property
    def failure_rate(self) -> float | None:
        """0 to 1; None without attempts."""
        return self.failed_count / self.attempt_count if self.attempt_count else None


class PersonSpending(NamedTuple):
    """One row of the table of people."""

    person: User
    spent: Decimal
    picture_count: int
    charged_failure_count: int
    last_active_at: datetime | None
    budget: Period | None  # of the month shown, where the span is a month


class UpstreamFigures(NamedTuple):
    """The three figures of one upstream, in USD; compare `reported` with `compared` only."""

    upstream_name: str
    spent: Decimal
    estimated: Decimal
    reported: Decimal
    compared: Decimal
    attempt_count: int
    flagged_count: int

    @property
    def estimate_difference(self) -> float | None:
        return share(self.spent - self.estimated, of=self.estimated)

    @property
    def reported_difference(self) -> float | None:
        return share(self.reported - self.compared, of=self.compared)


def share(part: Decimal, *, of: Decimal) -> float | None:
    return float(part / of) if of else None


@dataclass(frozen=True)
class Spending:
    """The figures of a filter for one person or, without one, for the studio; each is read when it is used."""

    shown: Filter
    today: date
    person: User | None = None

    # ── Sums ──

    def rollups(self, span: Span | None = None) -> QuerySet[Any]:
        days = span or self.shown.span
        rows: QuerySet[Any] = RollUp.objects.filter(person=self.person) if self.person else StudioRollUp.objects.all()
        return rows.filter(day__range=(days.first, days.last), **self.shown.columns).order_by()

    @cached_property
    def days_by_money(self) -> dict[bool, dict[date, Sums]]:
        """The sums of each day by `is_simulated`, including the days a forecast needs."""
        span = self.shown.span
        if self.is_current:
            span = replace(span, first=min(span.first, self.today - timedelta(days=WINDOW)))
        days: dict[bool, dict[date, Sums]] = {False: {}, True: {}}
        rows = self.rollups(span).values_list("is_simulated", "day").annotate(*(Sum(name) for name in SHOWN))
        for is_simulated, day, *sums in rows:
            days[is_simulated][day] = Sums(*sums)
        return days

    @cached_property
    def has_both(self) -> bool:
        """Whether there is real and simulated money to choose from."""
        return all(any(day in self.shown.span for day in days) for days in self.days_by_money.values())

    @cached_property
    def is_simulated(self) -> bool:
        """Which kind of money is shown: the requested one, else real money where there is any."""
        if self.shown.money:
            return self.shown.money == "simulated"
        real, simulated = (any(day in self.shown.span for day in days) for days in self.days_by_money.values())
        return simulated and not real

    @property
    def is_current(self) -> bool:
        """Whether the span is the month that is under way."""
        return self.shown.span == Span.month_of(self.today)

    @cached_property
    def by_day(self) -> dict[date, Sums]:
        return {day: sums for day, sums in self.days_by_money[self.is_simulated].items() if day in self.shown.span}

    @cached_property
    def total(self) -> Sums:
        return Sums.of(self.by_day.values())

    @property
    def of_today(self) -> Sums:
        return self.by_day.get(self.today, Sums())

    @cached_property
    def forecast(self) -> Decimal:
        spent = {day: sums.spent for day, sums in self.days_by_money[self.is_simulated].items()}
        return forecast(spent, today=self.today)

    @property
    def price_of_one(self) -> Decimal | None:
        """USD a picture, failures included."""
        return self.total.spent / self.total.picture_count if self.total.picture_count else None

    @property
    def average(self) -> Decimal:
        """USD a day, over the days that have begun."""
        begun = (min(self.shown.span.last, self.today) - self.shown.span.first).days + 1
        return self.total.spent / max(begun, 1)

    @property
    def dearest_day(self) -> tuple[date, Decimal] | None:
        return max(((day, sums.spent) for day, sums in self.by_day.items()), key=lambda pair: pair[1], default=None)

    @cached_property
    def held(self) -> Decimal:
        """USD that open jobs of this month may still cost."""
        row = Period.objects.filter(
            person=self.person, kind=MONTH, starts_on=self.today.replace(day=1), is_simulated=self.is_simulated
        ).first()
        return row.held if row else ZERO

    @cached_property
    def timings(self) -> Timings:
        span = self.shown.span
        rows = Timing.objects.filter(
            person=self.person,
            day__range=(span.first, span.last),
            is_simulated=self.is_simulated,
            **self.shown.columns,
        )
        counts = dict(rows.order_by().values_list("bucket").annotate(Sum("count")))
        failed = counts.pop(FAILED, 0)
        return Timings(failed + sum(counts.values()), failed, quantile(counts, 0.95))

    # ── The chart ──

    @cached_property
    def chart(self) -> Chart:
        if self.shown.by == "person" and self.person is None:
            return draw(self.shown.span, self.series_of_people())
        rows = self.rollups().filter(is_simulated=self.is_simulated).values_list(self.column, "day")
        amounts = {(key, day): amount for key, day, amount in rows.annotate(Sum("spent"))}
        labels = {key: str(key) or _("unknown") for key, _day in amounts}
        return draw(self.shown.span, stacked(amounts, labels=labels, others=others(amounts)))

    @property
    def column(self) -> str:
        return "model" if self.shown.by == "person" else self.shown.column

    def series_of_people(self) -> list[Series]:
        """The people with the highest spend, and all others as the rest of each day's sum."""
        ranked = [(person_id, spent) for person_id, spent in self.ranking if spent]
        chosen = [person_id for person_id, _spent in ranked[: COLOURS if len(ranked) > COLOURS else None]]
        names = User.objects.in_bulk(chosen)
        rows = self.of_people(chosen).values_list("person_id", "day").annotate(Sum("spent"))
        amounts = {(person_id, day): amount for person_id, day, amount in rows}
        series = stacked(amounts, labels={pk: str(person) for pk, person in names.items()}, others="")
        if len(ranked) > len(chosen):
            rest = {day: sums.spent for day, sums in self.by_day.items()}
            for (_person_id, day), amount in amounts.items():
                rest[day] = rest.get(day, ZERO) - amount
            words = others_words(len(ranked) - len(chosen))
            series.append(Series(None, words, COLOURS, sum(rest.values(), ZERO), rest))
        return series

    # ── People ──

    @cached_property
    def ranking(self) -> list[tuple[int, Decimal]]:
        """Everyone who spent anything, the highest spend first: from periods for a month, else from roll-ups."""
        span = self.shown.span
        if span.is_month and not self.shown.facts:
            periods = Period.objects.filter(
                kind=MONTH, starts_on=span.first, is_simulated=self.is_simulated, person__isnull=False
            )
            pairs = periods.values_list("person_id", "spent")
        else:
            pairs = self.of_people().values_list("person_id").annotate(Sum("spent"))
        return sorted(((pk, spent) for pk, spent in pairs), key=lambda pair: (-pair[1], pair[0]))

    def of_people(self, chosen: list[int] | None = None) -> QuerySet[RollUp]:
        span = self.shown.span
        rows = RollUp.objects.filter(
            day__range=(span.first, span.last), is_simulated=self.is_simulated, **self.shown.columns
        )
        return (rows if chosen is None else rows.filter(person__in=chosen)).order_by()

    def people(self, *, after: int = 0, count: int | None = None) -> list[PersonSpending]:
        """Rows of the table of people, by spend; people without any come last, by name."""
        ids = [pk for pk, _spent in self.ranking]
        rest = () if count and len(ids) >= after + count else User.objects.order_by("name", "email").values_list("pk")
        ids += [pk for (pk,) in rest if pk not in set(ids)]
        return self.rows_of(ids[after : after + count if count else None])

    def rows_of(self, ids: list[int]) -> list[PersonSpending]:
        spent = dict(self.ranking)
        newest = Entry.objects.filter(person=OuterRef("pk")).order_by("-pk").values("created_at")[:1]
        users = User.objects.annotate(last_active_at=Subquery(newest)).in_bulk(ids)
        sums = {row[0]: row[1:] for row in self.of_people(ids).values_list("person_id").annotate(
            Sum("picture_count"), Sum("charged_failure_count")
        )}  # fmt: skip
        budgets = self.budgets(ids)
        return [
            PersonSpending(
                person=users[pk],
                spent=spent.get(pk, ZERO),
                picture_count=sums.get(pk, (0, 0))[0],
                charged_failure_count=sums.get(pk, (0, 0))[1],
                last_active_at=users[pk].last_active_at,
                budget=budgets.get(pk),
            )
            for pk in ids
        ]

    def budgets(self, ids: list[int]) -> dict[int, Period]:
        """People's budgets of the month shown."""
        if not self.shown.span.is_month:
            return {}
        periods = Period.objects.filter(
            person__in=ids, kind=MONTH, starts_on=self.shown.span.first, is_simulated=self.is_simulated
        )
        return {period.person_id: period for period in periods if period.limit is not None and period.person_id}

    # ── Three figures ──

    @cached_property
    def upstreams(self) -> list[UpstreamFigures]:
        rows = self.rollups().filter(is_simulated=self.is_simulated).values_list("upstream_name")
        figures = [UpstreamFigures(*row) for row in rows.annotate(*(Sum(name) for name in COMPARED))]
        return sorted(figures, key=lambda one: -one.spent)

    # ── Entries ──

    def entries(self) -> EntryQuerySet:
        """The booked entries of the filter, without its days, which `page_of` applies as its order needs."""
        entries: EntryQuerySet = Entry.objects.booked().filter(is_simulated=self.is_simulated, **self.shown.columns)
        if self.shown.only == "failed":
            corrected = Entry.objects.filter(attempt_id=OuterRef("attempt_id"), charged_failure_count__lt=0)
            entries = entries.exclude(charged_failure_count=0).filter(~Exists(corrected), charged_failure_count=1)
        elif self.shown.only == "flagged":
            entries = entries.exclude(flagged_count=0)
        return entries.filter(person=self.person) if self.person else entries


def others(amounts: Mapping[tuple[Hashable, date], Decimal]) -> str:
    return others_words(len({key for key, _day in amounts}) - COLOURS)


def others_words(count: int) -> str:
    return ngettext("%(count)d other", "%(count)d others", count) % {"count": count}
