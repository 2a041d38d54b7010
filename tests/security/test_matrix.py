"""Every address × every visitor: the responses are those of matrix.py, and no address is missing there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from studio.accounts.models import User

from .matrix import PAGES, ROLES, SIGN_IN, Row, rows
from .sample_data import KEY, SECRET, SampleData

pytestmark = pytest.mark.django_db

PAGE_ROWS = rows(PAGES)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
each_row = pytest.mark.parametrize("row", PAGE_ROWS, ids=str)


@dataclass(frozen=True)
class Answer:
    response: HttpResponse
    written: list[str]  # the SQL statements that changed something
    text: str  # the whole body, also of a streamed response

    @property
    def outcome(self) -> str:
        if self.response.status_code == 302 and self.response["Location"].startswith("/accounts/login/?next="):
            return SIGN_IN
        return str(self.response.status_code)

    @property
    def is_refusal(self) -> bool:
        return self.outcome in {SIGN_IN, "403", "404", "405"}


class Visits:
    """The responses to the four visitors, each requested once; all changes are rolled back."""

    def __init__(self, sample: SampleData) -> None:
        self.sample = sample
        self.known: dict[tuple[str, str], Answer] = {}

    def answer(self, row: Row, role: str) -> Answer:
        known = (str(row), role)
        if known not in self.known:
            self.known[known] = self.ask(row, role)
        return self.known[known]

    def ask(self, row: Row, role: str, *, method: str = "", **options: Any) -> Answer:
        browser, fields = Client(**options), row.fields(self.sample.values)
        address, method = row.to(self.sample.values), method or row.method
        with transaction.atomic():
            if person := self.sample.people[role]:
                sign_in(browser, person)
            with CaptureQueriesContext(connection) as queries:
                response = browser.post(address, fields) if fields else browser.generic(method, address)
                body = b"".join(response) if response.streaming else response.content
            transaction.set_rollback(True)
        text = body.decode(errors="replace")  # also of pictures
        changing = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        # The session of a signed-in visitor is updated by every request.
        return Answer(response, [sql for sql in changing if "_session" not in sql and "usersession" not in sql], text)


def sign_in(browser: Client, person: User) -> None:
    """Sign in as somebody who has just typed their password, so that no page asks for it again."""
    browser.force_login(person)
    session = browser.session
    session["account_authentication_methods_user"] = str(person.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()


@pytest.fixture(scope="module")
def visits(django_db_setup: None, django_db_blocker: Any, folder: None) -> Iterator[Visits]:
    """The same sample data for all rows."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Visits(SampleData())
        transaction.set_rollback(True)


# ── The table holds ─────────────────────────────────────────────────────────────────────────────────────────────────


@each_row
def test_every_visitor_gets_the_answer_that_is_written_down(visits: Visits, row: Row) -> None:
    assert {role: visits.answer(row, role).outcome for role in ROLES} == row.answers


@each_row
def test_whoever_is_refused_has_changed_nothing(visits: Visits, row: Row) -> None:
    answers = [visits.answer(row, role) for role in ROLES]
    assert [answer.written for answer in answers if answer.is_refusal and answer.written] == []


@each_row
def test_nobody_else_reads_a_word_of_what_is_bens(visits: Visits, row: Row) -> None:
    for role in ("nobody", "cleo"):
        text = visits.answer(row, role).text
        assert SECRET not in text
        assert KEY[:12] not in text
    assert KEY[:12] not in visits.answer(row, "ada").text


@each_row
def test_every_answer_carries_the_headers_that_keep_it_harmless(visits: Visits, row: Row) -> None:
    for role in ROLES:
        headers = visits.answer(row, role).response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert not any(loose in policy for loose in ("unsafe", "*", "http:", "https:", "nonce"))
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "private" in headers["Cache-Control"] or "no-store" in headers["Cache-Control"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        is_review = row.address.startswith("/review/")
        assert headers["Referrer-Policy"] == ("no-referrer" if is_review else "same-origin")
        assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("row", [row for row in PAGE_ROWS if row.method != "GET"], ids=str)
def test_nothing_is_changed_by_a_form_of_another_site(visits: Visits, row: Row) -> None:
    answer = visits.ask(row, "ben", enforce_csrf_checks=True)
    assert (answer.outcome, answer.written) == ("403", [])


# ── The table is complete ───────────────────────────────────────────────────────────────────────────────────────────


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        here = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield here
        else:
            yield from patterns(pattern, here)


def methods_written_down() -> dict[str, set[str]]:
    """The methods that have a line, by the pattern of their address."""
    found: dict[str, set[str]] = {route: set() for route in patterns(get_resolver())}
    numbers: dict[str, str] = dict.fromkeys(SampleData.NAMES, "1")
    for row in PAGE_ROWS:
        found[resolve(row.to(numbers).partition("?")[0]).route].add(row.method)
    return found


def test_every_address_has_a_line() -> None:
    missing = [f"/{route}" for route, methods in methods_written_down().items() if not methods]
    assert not missing, "write down in tests/security/matrix.py who gets what there"


def test_a_method_without_a_line_is_refused(visits: Visits) -> None:
    written_down, allowed = methods_written_down(), []
    for row in {resolve(row.to(visits.sample.values).partition("?")[0]).route: row for row in PAGE_ROWS}.values():
        route = resolve(row.to(visits.sample.values).partition("?")[0]).route
        for method in sorted(METHODS - written_down[route]):
            answer = visits.ask(Row(method, row.address, {}), "ada")
            if answer.outcome not in {"404", "405"}:
                allowed.append(f"{method} /{route} → {answer.outcome}")
    assert allowed == []
