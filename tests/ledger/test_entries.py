"""The ledger's doors, its triggers and its audit."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from studio.accounts.models import User
from studio.images import Usage
from studio.ledger import audit
from studio.ledger.models import Entry

USAGE = Usage(input_text_tokens=10, output_image_tokens=196)


def reserve(person: User, *, job_id: int = 1, round: int = 1, amount: str = "0.05", **facts: Any) -> Entry:
    return Entry.objects.reserve(
        person=person, job_id=job_id, round=round, amount=Decimal(amount), now=timezone.now(), **facts
    )


def settle(
    *, attempt_id: int = 7, job_id: int = 1, amount: str = "0.03", certainty: str = "exact", **facts: Any
) -> Entry:
    return Entry.objects.settle(
        attempt_id=attempt_id, job_id=job_id, round=1, amount=Decimal(amount), certainty=certainty, usage=USAGE,
        now=timezone.now(), **facts,
    )  # fmt: skip


def test_a_reservation_is_held_until_it_is_settled(ben: User) -> None:
    reserve(ben)
    assert Entry.objects.all().totals().held == Decimal("0.05")
    settle()
    totals = Entry.objects.all().totals()
    assert (totals.held, totals.spent) == (0, Decimal("0.03"))


def test_a_released_reservation_costs_nothing(ben: User) -> None:
    reserve(ben)
    Entry.objects.release(job_id=1, round=1, now=timezone.now())
    totals = Entry.objects.all().totals()
    assert (totals.held, totals.spent) == (0, 0)


def test_every_door_is_harmless_when_called_twice(ben: User) -> None:
    for _time in range(2):
        reserve(ben)
        settle()
    reserve(ben, job_id=2)
    for _time in range(2):
        Entry.objects.release(job_id=2, round=1, now=timezone.now())
    assert Entry.objects.count() == 4


def test_a_correction_makes_the_sum_what_is_known_now(ben: User) -> None:
    reserve(ben)
    settle(amount="0.05", certainty="maybe")
    assert Entry.objects.all().totals().maybe == Decimal("0.05")
    correct = {"attempt_id": 7, "certainty": "exact", "usage": USAGE, "now": timezone.now()}
    assert Entry.objects.correct(amount=Decimal("0.03"), **correct).amount == Decimal("-0.02")
    totals = Entry.objects.all().totals()
    assert (totals.spent, totals.maybe) == (Decimal("0.03"), 0)


def test_play_money_is_summed_apart(ben: User) -> None:
    reserve(ben, is_simulated=True)
    settle()
    totals = Entry.objects.all().totals()
    assert (totals.spent, totals.held, totals.simulated) == (0, 0, Decimal("0.03"))


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_entry SET amount = 0", "DELETE FROM ledger_entry"], ids=["update", "delete"]
)
def test_an_entry_is_never_changed_or_deleted(ben: User, statement: str) -> None:
    reserve(ben)
    with (
        pytest.raises(Exception, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Entry.objects.get().amount == Decimal("0.05")


def test_a_second_reservation_of_a_round_is_refused_by_the_database(ben: User) -> None:
    entry = reserve(ben)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(verb="reserve", amount=1, job_id=1, round=1, person=entry.person)


def test_the_audit_finds_a_job_that_is_over_but_still_holds_money(ben: User) -> None:
    reserve(ben)
    assert list(audit.findings([(1, 1)])) == []
    assert list(audit.findings([])) == ["job 1 is over, but round 1 still holds its reservation"]
    assert list(audit.findings([(1, 1), (2, 1)])) == ["job 2 is open, but round 1 holds no reservation"]


def test_the_audit_finds_what_was_both_settled_and_released(ben: User) -> None:
    reserve(ben)
    settle()
    Entry.objects.release(job_id=1, round=1, now=timezone.now())
    assert "job 1, round 1: both released and settled" in list(audit.findings([]))
