"""Statements of closed months, which never change."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from studio.accounts.models import User
from studio.ledger.models import Entry, NotClosed, RollUp, Statement, StatementLine, StudioRollUp

pytestmark = pytest.mark.django_db

OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
FACTS = {"model": "gpt-image-2", "size": "1024x1024", "quality": "medium", "upstream_name": "north"}
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def book(person: User, *, job: int, amount: str, day: date, certainty: str = "exact", **facts) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    Entry.objects.reserve(person=person, job_id=job, round=1, amount=Decimal("0.5"), now=now, **FACTS | facts)
    settle(job, amount, now=now, certainty=certainty)


def settle(job: int, amount: str, *, now: datetime, certainty: str = "exact") -> None:
    Entry.objects.settle(
        attempt_id=job, job_id=job, round=1, amount=Decimal(amount), certainty=certainty, usage=None, now=now
    )


def correct(job: int, amount: str) -> None:
    Entry.objects.correct(attempt_id=job, amount=Decimal(amount), certainty="exact", usage=None, now=NOW)


def stated(person: User, month: date) -> Decimal:
    lines = StatementLine.objects.filter(person=person, statement__month=month, is_simulated=False)
    return lines.aggregate(total=Sum("spent", default=Decimal(0)))["total"]


def test_a_closed_month_says_what_each_person_spent(ada, ben, cleo):
    book(ben, job=1, amount="0.10", day=date(2026, 10, 1))
    book(ben, job=2, amount="0.20", day=date(2026, 10, 31))
    book(ben, job=3, amount="0.40", day=date(2026, 11, 1))
    book(ben, job=4, amount="0.80", day=date(2026, 10, 9), is_simulated=True)
    book(cleo, job=5, amount="1.60", day=date(2026, 9, 30))
    Statement.objects.close(month=OCTOBER, by=ada, now=NOW)
    assert stated(ben, OCTOBER) == Decimal("0.30")
    assert not StatementLine.objects.filter(person=cleo).exists()
    assert StatementLine.objects.get(person=ben, is_simulated=True).spent == Decimal("0.8")


def test_what_is_corrected_afterwards_is_stated_in_the_next_month_that_is_closed(ada, ben):
    book(ben, job=1, amount="0.40", day=date(2026, 9, 9), certainty="maybe")
    book(ben, job=2, amount="0.10", day=date(2026, 10, 9))
    Statement.objects.close(month=SEPTEMBER, by=ada, now=NOW)
    correct(1, "0.05")
    Statement.objects.close(month=OCTOBER, by=ada, now=NOW)
    assert stated(ben, SEPTEMBER) == Decimal("0.40")
    assert stated(ben, OCTOBER) == Decimal("0.10") - Decimal("0.35")
    carried = StatementLine.objects.get(is_carried=True)
    assert (carried.spent, carried.maybe, carried.charged_failure_count) == (Decimal("-0.35"), Decimal("-0.40"), -1)
    assert carried.person_name == "Ben"


def test_all_statements_together_are_what_the_ledger_says_in_whatever_order_months_are_closed(ada, ben):
    book(ben, job=1, amount="0.40", day=date(2026, 9, 9), certainty="maybe")
    book(ben, job=2, amount="0.10", day=date(2026, 10, 9), certainty="maybe")
    Statement.objects.close(month=OCTOBER, by=ada, now=NOW)
    correct(2, "0.03")
    Statement.objects.close(month=SEPTEMBER, by=ada, now=NOW)
    correct(1, "0.07")
    Statement.objects.close(month=date(2026, 8, 1), by=ada, now=NOW)
    assert StatementLine.objects.aggregate(total=Sum("spent"))["total"] == Entry.objects.booked().sum()


def test_a_month_that_is_not_over_or_closed_or_under_way_is_not_closed(ada, ben):
    Entry.objects.reserve(
        person=ben, job_id=1, round=1, amount=Decimal(1), now=datetime(2026, 9, 30, 12, tzinfo=UTC), **FACTS
    )
    Statement.objects.close(month=OCTOBER, by=ada, now=NOW)
    for month in (date(2026, 11, 1), OCTOBER, SEPTEMBER):
        with pytest.raises(NotClosed):
            Statement.objects.close(month=month, by=ada, now=NOW)
    settle(1, "0.2", now=NOW)
    Statement.objects.close(month=SEPTEMBER, by=ada, now=NOW)
    assert stated(ben, SEPTEMBER) == Decimal("0.2")


@pytest.mark.parametrize("change", ["month", "spent", "delete"])
def test_the_database_itself_refuses_to_change_a_closed_month(ada, ben, change):
    book(ben, job=1, amount="0.10", day=date(2026, 10, 1))
    Statement.objects.close(month=OCTOBER, by=ada, now=NOW)
    changes = {
        "month": lambda: Statement.objects.update(month=SEPTEMBER),
        "spent": lambda: StatementLine.objects.update(spent=0),
        "delete": lambda: StatementLine.objects.all()._raw_delete("default"),
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        changes[change]()
    assert stated(ben, OCTOBER) == Decimal("0.10")


def test_a_name_in_a_closed_month_can_still_be_removed(ada, ben):
    book(ben, job=1, amount="0.10", day=date(2026, 10, 1))
    Statement.objects.close(month=OCTOBER, by=ada, now=NOW)
    assert StatementLine.objects.update(person_name="") == 1


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Berlin", date(2026, 11, 1)), ("America/New_York", date(2026, 10, 31))]
)
def test_the_month_ends_by_the_studios_clock_on_the_night_it_changes(settings, ben, zone, day):
    settings.TIME_ZONE = zone
    book(ben, job=1, amount="0.10", day=date(2026, 10, 5))
    now = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    Entry.objects.reserve(person=ben, job_id=2, round=1, amount=Decimal(1), now=now, **FACTS)
    settle(2, "0.2", now=now)
    assert Entry.objects.get(job_id=2, verb="settle").day == day


def test_the_studios_sums_are_those_of_its_people(ben, cleo):
    book(ben, job=1, amount="0.10", day=OCTOBER)
    book(cleo, job=2, amount="0.20", day=OCTOBER, certainty="maybe")
    correct(2, "0.05")
    [row] = StudioRollUp.objects.all()
    assert (row.spent, row.picture_count, row.maybe) == (Decimal("0.15"), 2, 0)
    assert row.spent == RollUp.objects.aggregate(total=Sum("spent"))["total"]
