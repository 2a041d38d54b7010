"""Two studios on one database and one Redis or Valkey: what a person does is counted over both."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.browser.process import Studio
from tests.server.visitor import Visitor

from .servers import needed, redis

SEARCHES = 8  # a minute


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, Visitor]]:
    """The same person, signed in once, at two studios of their own processes and folders."""
    folder = tmp_path_factory.mktemp("paces")
    with ExitStack() as ends:
        with needed():
            valkey = ends.enter_context(redis(folder)).url
        first, second = (Studio(folder / name, **shared(folder, valkey)) for name in ("one", "two"))
        here = Visitor(ends.enter_context(first)).come_in()
        there = Visitor(ends.enter_context(second))
        there.http.cookies.update(here.http.cookies)
        yield here, there


def shared(folder: Path, valkey: str) -> dict[str, str]:
    """What the studios have in common; their gateway is one where nobody answers, for nothing is drawn here."""
    return {
        "VALKEY_URL": valkey,
        "DATABASE_URL": f"sqlite:///{folder / 'easel.sqlite3'}",
        "STUDIO_SECRET_KEY": "one secret of two studios, at least fifty characters long",
        "STUDIO_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "STUDIO_RATE_SEARCH": str(SEARCHES),
        "GATEWAY_BASE_URL": "http://127.0.0.1:9/v1",
        "GATEWAY_API_KEY": "sk-paces-0123456789abcdef",
    }


def within_one_minute() -> None:
    """Counting begins anew with each minute: wait for the next where this one is nearly over."""
    left = 60 - time.time() % 60
    if left < 10:
        time.sleep(left)


def test_searches_are_counted_over_both(visitors: tuple[Visitor, Visitor]) -> None:
    within_one_minute()
    answers = [visitors[turn % 2].http.get("/gallery/?q=boat").status_code for turn in range(SEARCHES + 2)]
    assert answers == [200] * SEARCHES + [429] * 2


def test_wrong_passwords_are_counted_over_both(visitors: tuple[Visitor, Visitor]) -> None:
    within_one_minute()
    for visitor in visitors:  # as behind one proxy: strangers, who ask both for the same host
        address = visitor.studio.address
        visitor.http = httpx.Client(base_url=address, headers={"Host": "localhost"}, timeout=30, trust_env=False)
    pages = [visitors[turn % 2].sign_in("ada@example.com", f"wrong {turn}").text for turn in range(6)]
    assert ["Too many attempts" in page for page in pages] == [False] * 5 + [True]
