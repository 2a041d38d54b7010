"""The ledger's doors, its triggers and its audit."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

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


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "settle", "release", "maybe", "correct"]),
        st.integers(1, 3),
        st.integers(0, 10**7).map(lambda micro: Decimal(micro) / 10**6),
    ),
    max_size=25,
)


class SumsAgree(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(STEPS)
    def test_the_sums_equal_an_independent_fold_whatever_the_order(self, steps: list[tuple[str, int, Decimal]]) -> None:
        """Only steps a job can take are taken, and some of them twice, as after a crash."""
        ben = User.objects.create_user("ben@example.com")
        held: dict[int, Decimal] = {}
        spent: dict[int, Decimal] = {}
        over: set[int] = set()
        for verb, job_id, amount in steps:
            now = timezone.now()
            if verb == "reserve":
                reserve(ben, job_id=job_id, amount=str(amount))
                if job_id not in held and job_id not in over:
                    held[job_id] = amount
            elif verb in ("settle", "maybe") and job_id in held:
                certainty = "maybe" if verb == "maybe" else "exact"
                settle(attempt_id=job_id, job_id=job_id, amount=str(amount), certainty=certainty)
                spent[job_id] = amount
                over.add(job_id)
                del held[job_id]
            elif verb == "release" and job_id in held:
                Entry.objects.release(job_id=job_id, round=1, now=now)
                over.add(job_id)
                del held[job_id]
            elif verb == "correct" and job_id in spent:
                Entry.objects.correct(attempt_id=job_id, amount=amount, certainty="exact", usage=USAGE, now=now)
                spent[job_id] = amount
        totals = Entry.objects.all().totals()
        assert totals.held == sum(held.values())
        assert totals.spent == sum(spent.values())
        assert list(audit.findings([(job_id, 1) for job_id in held])) == []
