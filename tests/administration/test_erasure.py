"""Erasing a person removes their name everywhere and changes no sum."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.ledger.models import Entry, Statement
from tests.conftest import PASSWORD
from tests.ledger.booking import book, noon

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")]


def test_a_deleted_persons_spending_is_kept_and_their_name_is_nowhere(
    client_of: Callable[[User], Client], ada: User, ben: User
) -> None:
    book(ben, job=1, amount="0.0527", day=date(2026, 10, 9))
    Statement.objects.close(month=date(2026, 10, 1), by=ada, now=noon(date(2026, 11, 2)))
    admin = client_of(ada)
    assert admin.post(f"/settings/people/{ben.pk}/erasure/").status_code == 404  # still active
    admin.post(f"/settings/people/{ben.pk}/deactivation/")
    assert "Ben" in admin.get(f"/settings/people/{ben.pk}/erasure/").content.decode()
    assert admin.post(f"/settings/people/{ben.pk}/erasure/").status_code == 302
    assert Entry.objects.filter(person=ben).booked().sum() == Decimal("0.0527")
    for address in ("/spend/?month=2026-10", f"/spend/people/{ben.pk}/?month=2026-10", "/spend/entries/?month=2026-10",
                    "/spend/people/?month=2026-10", "/spend/statements/2026-10/", "/settings/people/",
                    "/spend/entries.csv?month=2026-10", "/spend/statements/2026-10.csv"):  # fmt: skip
        answer = admin.get(address)
        text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
        assert answer.status_code == 200, address
        assert f"Deleted person {ben.pk}" in text, address
        assert ">Ben<" not in text, address
        assert "ben@example.com" not in text, address
        if "entries" in address:
            assert "0.0527" in text
    assert not Client().login(email="ben@example.com", password=PASSWORD)
    # The address is free again, for somebody who begins with nothing.
    assert User.objects.create_user("ben@example.com").entries.count() == 0
