"""Erasing a person removes their name everywhere and changes no sum."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.administration.views import erasure
from studio.gateway.errors import NoPicture
from studio.generations import claims, kept_replies
from studio.generations.models import ComposerDraft, KeptReply
from studio.ledger.models import Entry, Statement
from studio.library import inbox
from studio.upstreams.models import Upstream
from studio.worker import periodic_tasks, sweep
from tests.conftest import PASSWORD
from tests.ledger.booking import book, noon
from tests.running import Submit

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


@pytest.fixture
def kept(ben: User, cleo: User, submit: Submit) -> dict[str, KeptReply]:
    """A reply without a picture that is kept for each of them, by name."""
    Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")
    worker = sweep.register(home="tests")
    found = {}
    for person in (ben, cleo):
        submit(person, f"{person.name}'s secret")
        [call] = claims.claim_batch(worker=worker, now=timezone.now())
        inbox.path(call.attempt_id).write_text(f"what came of {person.name}'s secret")
        sweep.finish_attempt(call.attempt_id, now=timezone.now())
        found[person.name] = KeptReply.objects.get(attempt=call.attempt_id)
    return found


def erase(admin: Client, person: User) -> None:
    admin.post(f"/settings/people/{person.pk}/deactivation/")
    assert admin.post(f"/settings/people/{person.pk}/erasure/").status_code == 302


def test_what_was_kept_for_a_deleted_person_is_deleted_and_nobody_elses(
    client_of: Callable[[User], Client], ada: User, ben: User, kept: dict[str, KeptReply]
) -> None:
    ComposerDraft.objects.keep("create", {"prompt": "Ben's secret, the second"}, owner=ben)
    assert all(default_storage.exists(reply.file) for reply in kept.values())
    erase(client_of(ada), ben)
    assert list(KeptReply.objects.all()) == [kept["Cleo"]]
    assert not default_storage.exists(kept["Ben"].file)
    assert default_storage.exists(kept["Cleo"].file)
    assert not ComposerDraft.objects.exists()


def test_what_comes_for_a_deleted_person_later_is_deleted_too(
    client_of: Callable[[User], Client], ada: User, ben: User, submit: Submit, kept: dict[str, KeptReply]
) -> None:
    submit(ben)
    [call] = claims.claim_batch(worker=sweep.register(home="others"), now=timezone.now())
    erase(client_of(ada), ben)
    inbox.path(call.attempt_id).write_text("what came too late")
    kept_replies.keep(call.attempt_id, error=NoPicture(), now=timezone.now())
    late = KeptReply.objects.get(attempt=call.attempt_id)
    periodic_tasks.run(now=timezone.now())
    assert not default_storage.exists(late.file)
    assert list(KeptReply.objects.all()) == [kept["Cleo"]]


def test_a_storage_that_is_away_keeps_nobody_from_being_deleted(
    client_of: Callable[[User], Client],
    ada: User,
    ben: User,
    kept: dict[str, KeptReply],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_away(*_args: Any) -> None:
        raise ConnectionError("no storage")

    with monkeypatch.context() as away:
        away.setattr(erasure, "is_unreachable", lambda error: isinstance(error, ConnectionError))
        away.setattr(KeptReply, "delete_files", is_away)
        erase(client_of(ada), ben)
    ben.refresh_from_db()
    assert ben.is_erased
    periodic_tasks.run(now=timezone.now())
    assert not default_storage.exists(kept["Ben"].file)
