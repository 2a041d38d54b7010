"""Budgets in the ledger: what is held, what is refused, and actual costs beyond a limit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from studio.accounts.models import User
from studio.ledger.models import Budget, BudgetExceeded, Entry, Period

NOON = datetime(2026, 2, 28, 12, 0, tzinfo=UTC)
TODAY = date(2026, 2, 28)


def limit(scope: str = "everyone", person: User | None = None, **values: Any) -> Budget:
    budget = Budget.objects.filter(scope=scope, person=person).first() or Budget(scope=scope, person=person)
    for name, value in values.items():
        setattr(budget, name, Decimal(value) if isinstance(value, str) else value)
    Budget.objects.save_budget(budget, today=TODAY)
    return budget


def reserve(person: User, *, job: int = 1, amount: str = "1", now: datetime = NOON, **facts: Any) -> Entry:
    return Entry.objects.reserve(person=person, job_id=job, round=1, amount=Decimal(amount), now=now, **facts)


def settle(job: int, amount: str, *, now: datetime = NOON, **facts: Any) -> Entry:
    cost = {"amount": Decimal(amount), "certainty": "exact", "usage": None}
    return Entry.objects.settle(attempt_id=job, job_id=job, round=1, now=now, **cost | facts)


def refused(person: User, **facts: Any) -> BudgetExceeded:
    with pytest.raises(BudgetExceeded) as caught, transaction.atomic():
        reserve(person, **facts)
    return caught.value


def period(person: User | None, kind: str = "day", starts_on: date = TODAY, **facts: Any) -> Period:
    return Period.objects.get(person=person, kind=kind, starts_on=starts_on, **{"is_simulated": False} | facts)


def test_what_fits_exactly_is_held_and_a_trillionth_more_is_not(ben: User) -> None:
    limit(day_limit="2")
    reserve(ben, job=1)
    assert refused(ben, job=2, amount="1.000000000001").left == 1
    reserve(ben, job=2)
    assert (period(ben).held, period(ben).left) == (2, 0)


def test_a_refusal_leaves_nothing_behind(ben: User) -> None:
    limit(month_limit="5")
    limit("studio", day_limit="0.5")
    refused(ben)
    assert not Entry.objects.exists()
    assert set(Period.objects.values_list("held", flat=True)) <= {0}


def test_a_refusal_says_how_much_is_left_and_when_it_renews(ben: User) -> None:
    limit(day_limit="1.5")
    reserve(ben)
    assert refused(ben, job=2).sentence == (
        "Your budget for this day has $0.5000 left, and this may cost up to $1.0000. It renews on 1 March 2026, 00:00."
    )
    limit("studio", month_limit="1.25")
    limit(day_limit=None)
    assert refused(ben, job=2).sentence.startswith("The studio’s budget for this month has $0.2500 left")
    assert "1 March 2026, 00:00" in refused(ben, job=2).sentence


def test_nobody_elses_spending_counts_against_ones_own_budget_but_all_against_the_studios(
    ben: User, cleo: User
) -> None:
    limit(day_limit="1")
    limit("studio", day_limit="2")
    reserve(ben, job=1)
    reserve(cleo, job=2)
    assert refused(cleo, job=3, amount="0.1").is_of_studio is False
    limit("person", cleo, day_limit="10")
    assert refused(cleo, job=3, amount="0.1").is_of_studio is True


def test_a_released_amount_can_be_held_again(ben: User) -> None:
    limit(day_limit="1")
    reserve(ben, job=1)
    Entry.objects.release(job_id=1, round=1, now=NOON)
    reserve(ben, job=2)
    settle(2, "0.4")
    assert (period(ben).held, period(ben).spent) == (0, Decimal("0.4"))
    reserve(ben, job=3, amount="0.6")


def test_a_cost_beyond_a_limit_is_booked_in_full_and_flagged(ben: User) -> None:
    limit(day_limit="1")
    reserve(ben)
    entry = settle(1, "1.7")
    assert (entry.is_overshoot, entry.is_flagged) == (True, True)
    assert (period(ben).spent, period(ben).left, period(ben).is_over_limit) == (Decimal("1.7"), 0, True)
    assert refused(ben, job=2, amount="0.01").left == 0


def test_what_may_have_been_charged_counts(ben: User) -> None:
    limit(day_limit="1")
    reserve(ben)
    settle(1, "1", certainty="maybe")
    refused(ben, job=2, amount="0.01")
    Entry.objects.correct(attempt_id=1, amount=Decimal(0), certainty="exact", usage=None, now=NOON)
    reserve(ben, job=2)


def test_spend_belongs_to_the_period_of_its_reservation(ben: User) -> None:
    limit(day_limit="1", month_limit="1")
    reserve(ben, now=NOON + timedelta(hours=11, minutes=59))
    settle(1, "0.9", now=NOON + timedelta(days=1))
    reserve(ben, job=2, now=NOON + timedelta(days=1))
    assert (period(ben).spent, period(ben, starts_on=date(2026, 3, 1)).spent) == (Decimal("0.9"), 0)
    assert (period(ben, "month", date(2026, 2, 1)).spent, period(ben, "month", date(2026, 3, 1)).held) == (
        Decimal("0.9"),
        1,
    )


def test_simulated_and_real_money_have_separate_budgets(ben: User) -> None:
    limit(day_limit="1")
    reserve(ben, job=1, is_simulated=True)
    reserve(ben, job=2)
    refused(ben, job=3, amount="0.1", is_simulated=True)


def test_money_reserved_as_simulated_and_paid_as_real_is_no_longer_held(ben: User) -> None:
    reserve(ben, is_simulated=True)
    settle(1, "0.5", is_simulated=False)
    simulated, real = period(ben, is_simulated=True), period(ben)
    assert (simulated.held, simulated.spent, real.held, real.spent) == (0, 0, 0, Decimal("0.5"))


@pytest.mark.parametrize(("scope", "words"), [("everyone", "your spending"), ("studio", "for everybody")])
def test_a_pause_stops_new_spending_only(ben: User, scope: str, words: str) -> None:
    reserve(ben)
    limit(scope, is_paused=True)
    assert words in refused(ben, job=2).sentence
    settle(1, "0.5")
    limit(scope, is_paused=False)
    reserve(ben, job=2)


@pytest.mark.parametrize(
    ("last", "first"),
    [
        # The clock changes on the last day of the month, in spring and in autumn; and a leap day ends one.
        (datetime(2024, 3, 31, 21, 59, 59, tzinfo=UTC), datetime(2024, 3, 31, 22, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC), datetime(2027, 10, 31, 23, 0, tzinfo=UTC)),
        (datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC), datetime(2028, 2, 29, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_months_limit_is_fresh_in_its_first_second_and_not_before(
    ben: User, settings: Any, last: datetime, first: datetime
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    limit("studio", month_limit="1")
    reserve(ben, job=1, now=last)
    refusal = refused(ben, job=2, amount="0.01", now=last)
    assert refusal.renews_at == first
    reserve(ben, job=3, now=first)


def test_a_limit_of_zero_allows_no_spending(ben: User) -> None:
    limit(day_limit="0")
    refused(ben, amount="0.000000000001")


def test_a_changed_budget_applies_at_once_and_a_persons_own_replaces_the_general_one(ben: User, cleo: User) -> None:
    reserve(ben, job=1)
    reserve(cleo, job=2)
    own = limit("person", cleo, day_limit="5")
    limit(day_limit="1.5")
    assert (period(ben).limit, period(cleo).limit, period(None).limit) == (Decimal("1.5"), 5, None)
    refused(ben, job=3)
    Budget.objects.remove(own, today=TODAY)
    assert period(cleo).limit == Decimal("1.5")


def test_a_limit_raised_once_is_as_before_in_the_next_period(ben: User) -> None:
    limit(day_limit="1")
    assert Period.objects.raise_limit(person_id=ben.pk, kind="day", amount=Decimal("0.5"), today=TODAY)
    reserve(ben, amount="1.5")
    refused(ben, job=2, amount="1.5", now=NOON + timedelta(days=1))
    limit(day_limit="2")
    assert period(ben).limit == Decimal("2.5")
    assert not Period.objects.raise_limit(person_id=ben.pk, kind="month", amount=Decimal("0.5"), today=TODAY)


def test_the_warning_comes_at_four_fifths(ben: User) -> None:
    limit(day_limit="1")
    reserve(ben, job=1, amount="0.79")
    assert not period(ben).is_near_limit
    reserve(ben, job=2, amount="0.01")
    assert period(ben).is_near_limit
