"""Mail leaves by a task: pages do not wait for it, and it waits for its server."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio.accounts import outgoing_mail
from studio.accounts.models import OutgoingMail, User
from studio.worker import periodic_tasks
from tests.mails import mails_leave

RESET = "/accounts/password/reset/"


@pytest.fixture
def silent_server(settings: Settings) -> Iterator[None]:
    """A mail server that takes connections and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        use_server(settings, server.getsockname()[1], timeout=0.3)
        yield


def use_server(settings: Settings, port: int, *, timeout: float = 5) -> None:
    options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


def test_a_page_does_not_wait_for_a_slow_mail_server_whoever_asks(silent_server: None, ben: User) -> None:
    times = {}
    for email in (ben.email, "nobody@example.com"):
        began = time.perf_counter()
        assert Client().post(RESET, {"email": email}).status_code == 302
        times[email] = time.perf_counter() - began
    # Whoever waits for the server waits for 0.3 s, which sending does.
    assert mails_leave() == 0
    assert OutgoingMail.objects.filter(tries=1).count() == 1
    assert max(times.values()) < 30


def test_a_known_and_an_unknown_address_ask_the_database_the_same(
    ben: User, settings: Settings, django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    settings.EMAIL_URL = "smtp://mail.example.com"
    asked = []
    for email in (ben.email, "nobody@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Client().post(RESET, {"email": email})
        asked.append([query["sql"].split(" ")[0:3] for query in queries])
    assert asked[0] == asked[1] != []


def test_a_mail_waits_for_its_server_and_leaves_when_it_is_back(
    silent_server: None, settings: Settings, ben: User
) -> None:
    Client().post(RESET, {"email": ben.email})
    now = timezone.now()
    assert outgoing_mail.deliver_due(now=now) == 0
    assert outgoing_mail.deliver_due(now=now) == 0  # not at once again
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert outgoing_mail.deliver_due(now=now + timedelta(minutes=2)) == 1
    assert [sent.to for sent in mail.outbox] == [[ben.email]]
    assert not OutgoingMail.objects.exists()


def test_a_mail_that_cannot_be_sent_for_a_day_is_dropped(silent_server: None, ben: User) -> None:
    Client().post(RESET, {"email": ben.email})
    outgoing_mail.deliver_due(now=timezone.now() + timedelta(days=2))
    assert not OutgoingMail.objects.exists()


def test_a_link_that_waits_cannot_be_read_in_the_database(ben: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    outgoing_mail.queue(subject="Welcome", body="https://easel.example.com/invitations/secret/", to=[ben.email])
    assert b"secret" not in bytes(OutgoingMail.objects.get().content)


@pytest.mark.django_db
def test_a_mail_leaves_once_when_two_processes_send(ben: User) -> None:
    outgoing_mail.queue(subject="Welcome", body="Hello", to=[ben.email])
    [first], [second] = list(OutgoingMail.objects.all()), list(OutgoingMail.objects.all())
    now = timezone.now()
    assert outgoing_mail.deliver_one(first, now=now) + outgoing_mail.deliver_one(second, now=now) == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_a_deactivated_person_gets_no_link(ben: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    Client().post(RESET, {"email": ben.email})
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert mails_leave() == 0
    assert mail.outbox == []


def test_the_worker_has_mails_sent_that_nobody_was_woken_for(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    outgoing_mail.queue(subject="Welcome", body="Hello", to=[ben.email])
    woken: list[str] = []
    monkeypatch.setattr(type(outgoing_mail.deliver), "enqueue", lambda task, *_args: woken.append(task.name))
    periodic_tasks.run(now=timezone.now())
    assert "deliver" in woken
