"""A hundred submissions at the same moment, over real HTTP, on both databases: never a cent beyond a budget is held."""

import sqlite3
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from studio.ledger.money import PLACES
from tests.browser.process import Studio
from tests.server.visitor import GENERATION_FORM, Visitor

from .servers import database

AT_ONCE = 100
LIMIT = Decimal("0.05")  # USD a day for the whole studio
HTMX = {"HX-Request": "true"}  # answered with a fragment, as in a browser


def rows(studio: Studio, query: str) -> list[Any]:
    url = studio.environ.get("DATABASE_URL")
    connection: Any = psycopg.connect(url) if url else sqlite3.connect(studio.data / "easel.sqlite3")
    with closing(connection):
        return list(connection.execute(query).fetchall())


def dollars(units: int) -> Decimal:
    return Decimal(units).scaleb(-PLACES)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_hundred_parallel_requests_never_hold_more_than_the_budget(engine: str, tmp_path: Path) -> None:
    with database(engine) as environ, Studio(tmp_path / "studio", SANDBOX_SPEED="0", **environ) as studio:
        visitor = Visitor(studio).come_in()
        allow(visitor)
        answers = all_at_once(visitor)
        accepted, refused = answers[200], answers[422]
        assert accepted + refused == AT_ONCE, f"{answers}\n{complaints(studio)}"

        [(ceiling,)] = rows(studio, "SELECT DISTINCT amount FROM ledger_entry WHERE verb = 'reserve'")
        assert accepted == LIMIT // dollars(ceiling)
        for held, spent, most in rows(studio, "SELECT held, spent, \"limit\" FROM ledger_period WHERE kind = 'day'"):
            assert most is None or dollars(held + spent) <= dollars(most)
            assert dollars(held + spent) <= LIMIT
        [(filed,)] = rows(studio, "SELECT count(*) FROM generations_generation")
        assert filed == accepted
        studio.wait_for(lambda: is_idle(studio), "finish its pictures")
        assert_sums_are_those_of_the_entries(studio)


def assert_sums_are_those_of_the_entries(studio: Studio) -> None:
    """Add up the entries here, by nothing of the studio's: nothing is held any more, and all that was paid is spent."""
    entries = rows(studio, "SELECT verb, job_id, amount FROM ledger_entry")
    reserved = [job for verb, job, _amount in entries if verb == "reserve"]
    closed = [job for verb, job, _amount in entries if verb in ("settle", "release")]
    assert sorted(reserved) == sorted(set(reserved)) == sorted(closed)
    paid = sum(amount for verb, _job, amount in entries if verb in ("settle", "correct"))
    assert 0 < dollars(paid) <= LIMIT
    periods = rows(studio, "SELECT kind, person_id IS NULL, held, spent FROM ledger_period WHERE held > 0 OR spent > 0")
    assert sorted(map(tuple, periods)) == [
        (kind, is_of_studio, 0, paid) for kind in ("day", "month") for is_of_studio in (0, 1)
    ]
    for table in ("ledger_rollup", "ledger_studiorollup"):
        assert rows(studio, f"SELECT sum(spent) FROM {table}") == [(paid,)]


def complaints(studio: Studio) -> list[str]:
    """What the studio's log says went wrong; a refusal is only a warning."""
    return [line for line in studio.log.read_text().splitlines() if "Error" in line or "FATAL" in line][:20]


def is_idle(studio: Studio) -> bool:
    [(live,)] = rows(studio, "SELECT count(*) FROM generations_job WHERE state IN ('queued', 'running')")
    return not live


def allow(visitor: Visitor) -> None:
    form = {"csrfmiddlewaretoken": visitor.csrf, "studio-day_limit": f"{LIMIT}"}
    assert visitor.http.post("/settings/budgets/studio/", data=form).status_code == 302


def all_at_once(visitor: Visitor) -> Counter[int]:
    """File as many submissions as threads, all let go at the same moment; count the answers."""
    gate = threading.Barrier(AT_ONCE)
    cookies = dict(visitor.http.cookies)

    def submission(_number: int) -> int:
        form = GENERATION_FORM | {"prompt": "A boat", "token": str(uuid.uuid4()), "csrfmiddlewaretoken": visitor.csrf}
        gate.wait(60)
        answer = http.post("/generations/", data=form, headers=HTMX)
        if answer.status_code == 422:
            assert "The studio’s budget for this day has $" in answer.text
            assert "It renews on" in answer.text
        return answer.status_code

    # One client for all of them, each with a connection of its own: making a hundred takes longer than their calls.
    limits = httpx.Limits(max_connections=AT_ONCE)
    with (
        httpx.Client(
            base_url=visitor.studio.address, cookies=cookies, timeout=60, trust_env=False, limits=limits
        ) as http,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        return Counter(pool.map(submission, range(AT_ONCE)))
