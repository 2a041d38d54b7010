"""`kill -9` in the middle of ten generations, `up` again on the same data folder: nothing hangs, nothing is lost."""

import base64
import contextlib
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.ledger.money import PLACES
from tests.browser.process import Studio
from tests.sandbox.conftest import running
from tests.server.commands import run_command, sandboxes
from tests.server.visitor import Rows, Visitor, eventually

SPEED = "0.08"  # a quick picture takes about 0.6 s, a slow one about 5 s: time enough to be killed in
QUICK, SLOW = {"quality": "low"}, {"quality": "high"}


class Crash:
    """A studio with ten generations, and the billing log of the sandbox that drew them."""

    def __init__(self, studio: Studio, log: Path, *, in_flight: int) -> None:
        self.studio, self.log, self.in_flight = studio, log, in_flight
        self.rows = Rows(studio.data)

    def kill(self) -> list[dict[str, Any]]:
        """Submit ten, kill the studio once some are done and `in_flight` are out; return the attempts left behind."""
        visitor = Visitor(self.studio).come_in()
        for number, fields in enumerate([QUICK, QUICK, SLOW, SLOW, SLOW, SLOW, QUICK, QUICK, QUICK, SLOW]):
            visitor.submit(f"Harbour number {number}", **fields)
        eventually(self.is_in_the_middle, "some pictures done and the slow ones sent")
        self.studio.kill()
        left = self.rows("SELECT * FROM generations_attempt WHERE finished_at IS NULL")
        assert len(left) >= self.in_flight
        return left

    def take_tasks(self) -> None:
        """From now on pictures are asked for as tasks."""
        with contextlib.closing(sqlite3.connect(self.rows.path, timeout=10)) as database, database:
            database.execute("UPDATE upstreams_upstream SET can_async = 1")

    def is_in_the_middle(self) -> bool:
        sent = (
            "SELECT count(*) FROM generations_attempt WHERE finished_at IS NULL AND quality='high' AND sent_at NOTNULL"
        )
        done = "SELECT count(*) FROM generations_job WHERE state='succeeded'"
        return self.rows.one(sent) == self.in_flight and self.rows.one(done) >= 2

    def restart(self) -> None:
        """`up` again, until every job is over; a reply leaves the inbox just after that, or with the next sweep."""
        self.studio.start()
        live = "SELECT count(*) FROM generations_job WHERE state IN ('queued', 'running')"
        eventually(lambda: self.rows.one(live) == 0, "every job is over")
        eventually(lambda: not self.inbox(), "the inbox is empty")

    def lines(self) -> dict[str, dict[str, Any]]:
        """The billing log by request id; no id may be there twice."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        assert [name for name, count in Counter(line["id"] for line in lines).items() if count > 1] == []
        return {line["id"]: line for line in lines}

    def attempts(self) -> dict[str, dict[str, Any]]:
        rows = self.rows("SELECT * FROM generations_attempt")
        return {dashed(row["client_request_id"]): row for row in rows}

    def leave_reply(self, attempt: dict[str, Any]) -> None:
        """What lies in the inbox when the worker died between the reply's last byte and the picture's row."""
        picture = io.BytesIO()
        Image.effect_noise((1024, 1024), 40).save(picture, "jpeg")
        usage = self.lines()[dashed(attempt["client_request_id"])]["usage"]
        reply = {"created": 1, "data": [{"b64_json": base64.b64encode(picture.getvalue()).decode()}], "usage": usage}
        (self.studio.data / "media" / "inbox" / str(attempt["id"])).write_text(json.dumps(reply))

    def inbox(self) -> set[str]:
        """The names in the inbox."""
        return {path.name for path in (self.studio.data / "media" / "inbox").iterdir()}

    def booked(self, *certainties: str) -> Decimal:
        rows = self.rows("SELECT amount, certainty FROM ledger_entry WHERE verb IN ('settle', 'correct')")
        units = sum(row["amount"] for row in rows if row["certainty"] in certainties)
        return Decimal(units).scaleb(-PLACES)


def dashed(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@pytest.fixture
def crash_with_a_gateway(tmp_path: Path) -> Iterator[Crash]:
    """The sandbox in a process of its own, reached through GATEWAY_BASE_URL: it and its log outlive the studio."""
    with running(tmp_path / "gateway", SANDBOX_SPEED=SPEED) as sandbox:
        gateway = {"GATEWAY_BASE_URL": sandbox.url, "GATEWAY_API_KEY": "sk-crash-0123456789", "GATEWAY_SLOTS": "10,1"}
        with Studio(tmp_path / "studio", **gateway) as studio:
            yield Crash(studio, sandbox.log, in_flight=5)


@pytest.fixture
def crash_with_its_own_sandbox(tmp_path: Path) -> Iterator[Crash]:
    with Studio(tmp_path / "studio", SANDBOX_SPEED=SPEED) as studio:
        yield Crash(studio, studio.data / "sandbox" / "requests.jsonl", in_flight=4)


def test_a_studio_killed_in_the_middle_picks_everything_up(crash_with_a_gateway: Crash) -> None:
    crash = crash_with_a_gateway
    left = crash.kill()
    names = {dashed(attempt["client_request_id"]) for attempt in left}
    eventually(lambda: names <= set(crash.lines()), "the gateway drew and billed on its own")
    for attempt in left[:2]:
        crash.leave_reply(attempt)
    # The kill may have fallen between reply and row by itself, too.
    replied = {attempt["job_id"] for attempt in left if str(attempt["id"]) in crash.inbox()}

    crash.restart()

    assert_nothing_hangs(crash)
    # Ten slots: every call was out when the studio died, so both books have the same lines.
    assert set(crash.lines()) == set(crash.attempts())
    ends = {row["id"]: (row["state"], row["charge"]) for row in crash.rows("SELECT * FROM generations_job")}
    lost = {attempt["job_id"] for attempt in left} - replied
    assert {job for job, end in ends.items() if end == ("failed", "maybe")} == lost
    assert {job for job, end in ends.items() if end == ("succeeded", "yes")} == set(ends) - lost
    assert_the_books_agree(crash)


def test_a_studio_killed_with_its_own_sandbox_picks_everything_up(crash_with_its_own_sandbox: Crash) -> None:
    crash = crash_with_its_own_sandbox
    left = crash.kill()
    eventually(lambda: not sandboxes(crash.studio), "the sandbox ends when its studio does", patience=10)
    lost = {attempt["id"] for attempt in left if str(attempt["id"]) not in crash.inbox()}

    crash.restart()

    assert_nothing_hangs(crash)
    assert_the_books_agree(crash)
    states = Counter(row["state"] for row in crash.rows("SELECT state FROM generations_job"))
    assert states == {"succeeded": 10 - len(lost), "failed": len(lost)}
    assert crash.rows.one("SELECT count(*) FROM ledger_entry WHERE NOT is_simulated") == 0


def test_a_studio_killed_while_it_waits_for_tasks_gets_every_picture(crash_with_a_gateway: Crash) -> None:
    crash = crash_with_a_gateway
    crash.take_tasks()
    visitor = Visitor(crash.studio).come_in()
    for number in range(3):
        visitor.submit(f"Harbour number {number}", **SLOW)
    tasks = "SELECT count(*) FROM generations_attempt WHERE task_id <> ''"
    eventually(lambda: crash.rows.one(tasks) == 3, "three tasks begun")
    crash.studio.kill()
    assert crash.rows.one("SELECT count(*) FROM generations_attempt WHERE finished_at IS NULL") == 3

    crash.restart()

    assert_nothing_hangs(crash)
    ends = [(row["state"], row["charge"]) for row in crash.rows("SELECT * FROM generations_job")]
    assert ends == [("succeeded", "yes")] * 3
    assert_the_books_agree(crash)
    assert crash.booked("maybe") == 0


def assert_nothing_hangs(crash: Crash) -> None:
    alive = "SELECT id FROM generations_worker WHERE stopped_at IS NULL AND beat_at > datetime('now', '-30 seconds')"
    unwatched = crash.rows.one(
        "SELECT count(*) FROM generations_job WHERE state = 'running' AND id NOT IN "
        f"(SELECT job_id FROM generations_attempt WHERE finished_at IS NULL AND worker_id IN ({alive}))"
    )
    assert unwatched == 0
    assert len(crash.rows(alive)) == 1
    assert crash.rows.one("SELECT count(*) FROM generations_attempt WHERE finished_at IS NULL") == 0
    for picture in crash.rows("SELECT file FROM library_picture"):
        assert (crash.studio.data / "media" / picture["file"]).is_file()


def assert_the_books_agree(crash: Crash) -> None:
    """Every billed call has its one attempt, each attempt that went out has its line, and the sums enclose the bill."""
    lines, attempts = crash.lines(), crash.attempts()
    assert set(lines) <= set(attempts)
    assert {name for name, attempt in attempts.items() if attempt["sent_at"]} <= set(lines)
    jobs = Counter(attempt["job_id"] for attempt in attempts.values())
    assert set(jobs.values()) == {1}
    billed = sum((Decimal(line["cost"]) for line in lines.values()), Decimal(0))
    certain = crash.booked("exact", "estimated")
    assert certain <= billed <= certain + crash.booked("maybe")
    audit = run_command(crash.studio, "audit_ledger")
    assert (audit.returncode, audit.stderr) == (0, "")
    assert "The ledger adds up" in audit.stdout
    assert "$0 held" in audit.stdout
