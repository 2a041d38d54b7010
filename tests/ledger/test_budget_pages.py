"""Budgets in Settings: valid input, permissions and the audit log."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, User
from studio.ledger.models import Budget, Entry, Period

ClientOf = Callable[[User], Client]

INVALID = [
    ("-1", "cannot be negative"),
    ("−5", "cannot be negative"),
    ("0,05", "decimal point"),
    ("1,000", "decimal point"),
    ("NaN", "Enter an amount"),
    ("Infinity", "Enter an amount"),
    ("1e3", "Enter an amount"),
    ("１０", "Enter an amount"),
    ("ten", "Enter an amount"),
    ("1 000", "Enter an amount"),
    ("1000000.01", "at most $1,000,000"),
    ("999999999999", "at most $1,000,000"),
    ("9" * 41, "Enter an amount"),
    ("0.00001", "at most 4 digits"),
]


@pytest.mark.parametrize(("typed", "words"), INVALID)
def test_an_invalid_amount_is_explained_and_changes_nothing(client_of: ClientOf, ada: User, typed, words) -> None:
    answer = client_of(ada).post("/settings/budgets/studio/", {"studio-day_limit": typed})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'value="{typed}"' in page
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0", 0), ("0.05", Decimal("0.05")), (".5", Decimal("0.5")), ("$12", 12), ("", None), ("007", 7)],
)
def test_an_amount_is_stored_as_it_was_meant(client_of: ClientOf, ada: User, typed, kept) -> None:
    assert client_of(ada).post("/settings/budgets/studio/", {"studio-day_limit": typed}).status_code == 302
    assert Budget.objects.get().day_limit == kept


def test_a_saved_budget_is_shown_and_recorded(client_of: ClientOf, ada: User, ben: User) -> None:
    client = client_of(ada)
    client.post("/settings/budgets/everyone/", {"everyone-day_limit": "2.50", "everyone-is_paused": "on"})
    client.post("/settings/budgets/everyone/", {"everyone-day_limit": "3"})
    page = client.get("/settings/budgets/").content.decode()
    assert 'name="everyone-day_limit" value="3"' in page
    assert "of $3" in page
    event = AuditEvent.objects.latest("pk")
    assert (event.actor, event.action) == (ada, "budget.change")
    assert (event.before, event.after) == (
        {"day_limit": "2.5", "is_paused": True},
        {"day_limit": "3", "is_paused": False},
    )


def test_a_persons_own_budget_starts_with_the_one_for_everyone_and_can_be_removed(
    client_of: ClientOf, ada, ben
) -> None:
    client, address = client_of(ada), f"/settings/budgets/people/{ben.pk}/"
    client.post("/settings/budgets/everyone/", {"everyone-month_limit": "20"})
    assert 'name="month_limit" value="20"' in client.get(address).content.decode()
    client.post(address, {"month_limit": "50", "approval_above": "0.10"})
    assert Budget.objects.of_person(ben.pk)[:3] == (None, 50, Decimal("0.1"))
    client.post(f"{address}removal/")
    assert Budget.objects.of_person(ben.pk).month == 20
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["budget.change", "budget.change", "budget.remove"]


def test_a_limit_is_raised_for_this_day_only(client_of: ClientOf, ada: User, ben: User) -> None:
    client = client_of(ada)
    client.post(f"/settings/budgets/people/{ben.pk}/", {"day_limit": "1"})
    client.post("/settings/budgets/raises/", {"person": ben.pk, "kind": "day", "amount": "0.5"})
    assert Period.objects.get(person=ben, kind="day", is_simulated=False).limit == Decimal("1.5")
    assert Budget.objects.get().day_limit == 1
    for typed in ("-1", "0", "", "NaN"):
        client.post("/settings/budgets/raises/", {"person": ben.pk, "kind": "day", "amount": typed})
    client.post("/settings/budgets/raises/", {"kind": "month", "amount": "5"})  # the studio has no limit
    assert Period.objects.get(person=ben, kind="day", is_simulated=False).limit == Decimal("1.5")


def test_the_page_shows_what_is_used_and_deactivated_people_with_spend(
    client_of: ClientOf, ada: User, ben: User
) -> None:
    client, now = client_of(ada), timezone.now()
    client.post("/settings/budgets/everyone/", {"everyone-day_limit": "1"})
    Entry.objects.reserve(person=ben, job_id=1, round=1, amount=Decimal("0.9"), now=now)
    ben.deactivate()
    page = client.get("/settings/budgets/").content.decode()
    assert "$0.9000" in page
    assert "meter-caution" in page
    assert "deactivated" in page


def test_more_people_take_no_more_queries(client_of: ClientOf, ada: User, django_assert_num_queries: Any) -> None:
    client = client_of(ada)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get("/settings/budgets/")
    for number in range(5):
        User.objects.create_user(f"p{number}@example.com")
    with django_assert_num_queries(len(few)):
        client.get("/settings/budgets/")
