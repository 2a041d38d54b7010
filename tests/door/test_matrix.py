"""Every address × every visitor: the answers of matrix.py hold, and no address is missing there."""

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
from .world import KEY, SECRET, World

pytestmark = pytest.mark.django_db

PAGE_ROWS = rows(PAGES)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
each_row = pytest.mark.parametrize("row", PAGE_ROWS, ids=str)


@dataclass(frozen=True)
class Answer:
    response: HttpResponse
    written: list[str]  # the statements that changed something
    text: str  # all of it, also of one that is streamed

    @property
    def told(self) -> str:
        if self.response.status_code == 302 and self.response["Location"].startswith("/accounts/login/?next="):
            return SIGN_IN
        return str(self.response.status_code)

    @property
    def is_refusal(self) -> bool:
        return self.told in {SIGN_IN, "403", "404", "405"}


class Visit:
    """The four visitors' answers, each asked for once; whatever an answer changes is taken back at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[tuple[str, str], Answer] = {}

    def answer(self, row: Row, role: str) -> Answer:
        known = (str(row), role)
        if known not in self.known:
            self.known[known] = self.ask(row, role)
        return self.known[known]

    def ask(self, row: Row, role: str, *, method: str = "", **options: Any) -> Answer:
        browser, fields = Client(**options), row.fields(self.world.places)
        address, method = row.to(self.world.places), method or row.method
        with transaction.atomic():
            if person := self.world.people[role]:
                sign_in(browser, person)
            with CaptureQueriesContext(connection) as queries:
                response = browser.post(address, fields) if fields else browser.generic(method, address)
                text = b"".join(response).decode() if response.streaming else response.content.decode()
            transaction.set_rollback(True)
        changing = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        # That somebody was there is noted about whoever asks.
        return Answer(response, [sql for sql in changing if "_session" not in sql and "usersession" not in sql], text)


def sign_in(browser: Client, person: User) -> None:
    """As somebody who has just typed their password, so that nothing asks for it again."""
    browser.force_login(person)
    session = browser.session
    session["account_authentication_methods_user"] = str(person.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()


@pytest.fixture(scope="module")
def visit(django_db_setup: None, django_db_blocker: Any, folder: None) -> Iterator[Visit]:
    """One world for all rows."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Visit(World())
        transaction.set_rollback(True)


# ── What the table says ─────────────────────────────────────────────────────────────────────────────────────────────


@each_row
def test_every_visitor_gets_the_answer_that_is_written_down(visit: Visit, row: Row) -> None:
    assert {role: visit.answer(row, role).told for role in ROLES} == row.answers


@each_row
def test_whoever_is_refused_has_changed_nothing(visit: Visit, row: Row) -> None:
    answers = [visit.answer(row, role) for role in ROLES]
    assert [answer.written for answer in answers if answer.is_refusal and answer.written] == []


@each_row
def test_nobody_else_reads_a_word_of_what_is_bens(visit: Visit, row: Row) -> None:
    for role in ("nobody", "cleo"):
        text = visit.answer(row, role).text
        assert SECRET not in text
        assert KEY[:12] not in text
    assert KEY[:12] not in visit.answer(row, "ada").text


@each_row
def test_every_answer_carries_the_headers_that_keep_it_harmless(visit: Visit, row: Row) -> None:
    for role in ROLES:
        headers = visit.answer(row, role).response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert not any(loose in policy for loose in ("unsafe", "*", "http:", "https:", "nonce"))
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "private" in headers["Cache-Control"] or "no-store" in headers["Cache-Control"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("row", [row for row in PAGE_ROWS if row.method != "GET"], ids=str)
def test_nothing_is_changed_by_a_form_of_another_site(visit: Visit, row: Row) -> None:
    answer = visit.ask(row, "ben", enforce_csrf_checks=True)
    assert (answer.told, answer.written) == ("403", [])


# ── Nothing is missing in it ────────────────────────────────────────────────────────────────────────────────────────


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
    numbers: dict[str, str] = dict.fromkeys(World.NAMES, "1")
    for row in PAGE_ROWS:
        found[resolve(row.to(numbers).partition("?")[0]).route].add(row.method)
    return found


def test_every_address_has_a_line() -> None:
    missing = [f"/{route}" for route, methods in methods_written_down().items() if not methods]
    assert not missing, "write down in tests/door/matrix.py who gets what there"


def test_a_method_without_a_line_is_refused(visit: Visit) -> None:
    written_down, answered = methods_written_down(), []
    for row in {resolve(row.to(visit.world.places).partition("?")[0]).route: row for row in PAGE_ROWS}.values():
        route = resolve(row.to(visit.world.places).partition("?")[0]).route
        for method in sorted(METHODS - written_down[route]):
            answer = visit.ask(Row(method, row.address, {}), "ada")
            if answer.told not in {"404", "405"}:
                answered.append(f"{method} /{route} → {answer.told}")
    assert answered == []
