"""The ledger's operations, its triggers and its audit."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from studio.accounts.models import User
from studio.images import TextUsage, Usage
from studio.ledger import audit
from studio.ledger.models import Entry, Period, RollUp

USAGE = Usage(input_text_tokens=10, output_image_tokens=196)


def reserve(person: User, *, job_id: int = 1, round: int = 1, amount: str = "0.05", **facts: Any) -> Entry:
    return Entry.objects.reserve(
        person=person, job_id=job_id, round=round, amount=Decimal(amount), now=timezone.now(), **facts
    )


def settle(
    *, attempt_id: int = 7, job_id: int = 1, amount: str = "0.03", certainty: str = "exact", **facts: Any
) -> Entry:
    return Entry.objects.settle(
        attempt_id=attempt_id, job_id=job_id, round=1, amount=Decimal(amount), certainty=certainty,
        now=timezone.now(), **{"usage": USAGE} | facts,
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


def test_every_operation_may_be_called_twice(ben: User) -> None:
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


def test_simulated_money_is_summed_separately(ben: User) -> None:
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


@pytest.mark.parametrize(
    ("facts", "is_flagged"),
    [
        ({"amount": "0.03"}, False),
        ({"amount": "0.03", "reported": Decimal("0.031")}, False),  # a tenth of a cent is no difference
        ({"amount": "0.03", "reported": Decimal("0.04")}, True),
        ({"amount": "0.03", "reported": Decimal("0.02")}, True),
        ({"amount": "0.02"}, True),  # expected were 0.03
        ({"amount": "0.06"}, True),  # more than was reserved
        ({"amount": "0.05", "certainty": "maybe"}, False),  # nothing is known yet
    ],
)
def test_figures_that_differ_are_flagged_on_the_entry_and_in_its_sums(ben: User, facts, is_flagged: bool) -> None:
    reserve(ben, estimate=Decimal("0.03"), size="1024x1024", quality="low")
    entry = settle(**facts)
    sums = RollUp.objects.get()
    assert (entry.is_flagged, sums.flagged_count) == (is_flagged, int(is_flagged))
    assert sums.reported == facts.get("reported", 0)
    assert sums.compared == (entry.amount if "reported" in facts else 0)


@pytest.mark.parametrize("facts", [{"size": "auto", "quality": "low"}, {"size": "1024x1024", "quality": "auto"}])
def test_a_size_or_quality_left_to_the_model_may_differ_from_the_estimate(ben: User, facts: dict[str, str]) -> None:
    reserve(ben, estimate=Decimal("0.03"), **facts)
    assert not settle(amount="0.01").is_flagged


def test_a_late_result_corrects_the_uncertainty_and_the_failure(ben: User) -> None:
    reserve(ben, estimate=Decimal("0.03"), size="1024x1024", quality="low")
    settle(amount="0.05", certainty="maybe")
    sums = RollUp.objects.get()
    assert (sums.maybe, sums.picture_count, sums.charged_failure_count) == (Decimal("0.05"), 0, 1)
    late = {"attempt_id": 7, "certainty": "exact", "usage": USAGE, "now": timezone.now()}
    Entry.objects.correct(amount=Decimal("0.03"), reported=Decimal("0.08"), picture_count=2, **late)
    sums = RollUp.objects.get()
    assert (sums.spent, sums.maybe, sums.picture_count, sums.charged_failure_count) == (Decimal("0.03"), 0, 2, 0)
    assert (sums.reported, sums.compared, sums.flagged_count) == (Decimal("0.08"), Decimal("0.03"), 1)
    Entry.objects.correct(amount=Decimal("0.08"), **late)
    sums = RollUp.objects.get()
    assert (sums.spent, sums.reported, sums.compared) == (Decimal("0.08"), Decimal("0.08"), Decimal("0.08"))
    assert (sums.output_image_tokens, sums.attempt_count) == (196, 1)


def test_text_and_picture_of_one_attempt_are_one_attempt(ben: User) -> None:
    reserve(ben, estimate=Decimal("0.03"), model="gpt-image-2", size="1024x1024", quality="low")
    settle()
    text = TextUsage(input=500, cached_input=200, output=40)
    settle(amount="0.002", part="text", model="gpt-5.4", usage=text)
    rows = {row.model: row for row in RollUp.objects.all()}
    assert (rows["gpt-image-2"].attempt_count, rows["gpt-5.4"].attempt_count) == (1, 0)
    assert (rows["gpt-image-2"].picture_count, rows["gpt-5.4"].picture_count) == (1, 0)
    assert (rows["gpt-5.4"].input_text_tokens, rows["gpt-5.4"].cached_input_tokens) == (500, 200)
    assert Period.objects.get(person=ben, kind="day").spent == Decimal("0.032")


def test_a_picture_that_was_paid_for_and_never_came_is_a_charged_failure(ben: User) -> None:
    reserve(ben)
    settle(picture_count=0)
    reserve(ben, job_id=2)
    settle(job_id=2, attempt_id=8, amount="0", picture_count=0)
    assert RollUp.objects.get().charged_failure_count == 1


def test_a_price_of_zero_is_a_price(ben: User) -> None:
    reserve(ben, amount="0")
    entry = settle(amount="0", unit_prices={"image_output": "0", "multiplier": "1"})
    assert (entry.amount, entry.picture_count, entry.charged_failure_count, entry.is_flagged) == (0, 1, 0, False)
    assert (RollUp.objects.get().spent, RollUp.objects.get().picture_count) == (0, 1)
