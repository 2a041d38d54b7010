"""A server goes away for a while under people who work: no job is lost, none is paid twice, every page says what is the
matter or works, and all is well within seconds of its return.

`uv run python -m tests.chaos.absence --server valkey|postgresql|s3 [--seconds 60] [--people 10]`
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from tests.browser.process import ROOT, Studio
from tests.engines.servers import Relay, Server, postgresql, redis, s3
from tests.server.commands import run_command
from tests.server.visitor import GENERATION_FORM, Visitor

PASSWORD = "five green lanterns"
MAKE = """
import sys, django
django.setup()
from studio.accounts.models import User
for number in range(int(sys.argv[1])):
    User.objects.create_user(f"person{number}@example.com", sys.argv[2], name=f"Person {number}")
"""
PAGES = ("/", "/", "/gallery/", "/spend/", "/settings/", "/threads/", "/readyz")
SAYS_SO = re.compile("cannot be reached right now|is away since")
ENDED = 240.0  # seconds until all jobs have to be over
WELL_WITHIN = 10.0  # seconds after the return


@dataclass
class Person:
    """Somebody who looks at pages and asks for pictures, and asks again, as the same, where the studio could not."""

    visitor: Visitor
    chance: random.Random
    is_over: threading.Event
    asked: list[str] = field(default_factory=list)  # prompts that were accepted
    answers: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)  # answers that neither work nor say what is the matter
    slowest: float = 0.0  # seconds

    def work(self) -> None:
        while not self.is_over.wait(self.chance.uniform(0.2, 1.0)):
            if self.chance.random() < 0.3:
                self.ask_for_a_picture()
            else:
                self.request("GET", self.chance.choice(PAGES))

    def ask_for_a_picture(self) -> None:
        prompt = f"A boat {uuid.uuid4().hex[:8]}"
        form = GENERATION_FORM | {
            "prompt": prompt,
            "token": str(uuid.uuid4()),
            "csrfmiddlewaretoken": self.visitor.csrf,
        }
        while not self.request("POST", "/generations/", data=form):
            if self.is_over.wait(1):
                return
        self.asked.append(prompt)

    def request(self, method: str, address: str, **options: object) -> bool:
        begun = time.monotonic()
        try:
            answer = self.visitor.http.request(method, address, **options)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            self.strange.append(f"{method} {address}: {error!r}")
            return False
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.answers[f"{answer.status_code}"] += 1
        if answer.status_code < 400:
            return True
        if answer.status_code != 503 or not SAYS_SO.search(answer.text):
            self.strange.append(f"{method} {address}: {answer.status_code} {answer.text[:200]!r}")
        return False


@contextmanager
def servers() -> Iterator[dict[str, Server | Relay]]:
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="easel-absence-")))
        yield {
            "valkey": ends.enter_context(redis(folder)),
            "postgresql": ends.enter_context(postgresql()),
            "s3": ends.enter_context(s3()),
        }


def run(kind: str, *, seconds: float, people: int) -> list[str]:
    """Everything that went wrong, one sentence each; empty if nothing did."""
    with ExitStack() as ends:
        running = ends.enter_context(servers())
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="easel-absence-")))
        urls = {"VALKEY_URL": "valkey", "DATABASE_URL": "postgresql", "STORAGE_URL": "s3"}
        environ = {name: running[server].url for name, server in urls.items()}
        studio = ends.enter_context(Studio(folder / "studio", SANDBOX_SPEED="0.1", STUDIO_RATE_SUBMIT="0", **environ))
        is_over = threading.Event()
        crowd = [
            Person(visitor, random.Random(number), is_over) for number, visitor in enumerate(come_in(studio, people))
        ]
        threads = [threading.Thread(target=person.work) for person in crowd]
        for thread in threads:
            thread.start()
        time.sleep(3)
        running[kind].stop()
        time.sleep(seconds)
        running[kind].start()
        back_at = time.monotonic()
        while not is_well(crowd[0].visitor) and time.monotonic() - back_at < ENDED:
            time.sleep(0.1)
        well_after = time.monotonic() - back_at
        time.sleep(2)
        is_over.set()
        for thread in threads:
            thread.join()
        findings = list(all_findings(studio, crowd, running["postgresql"].url))
        if well_after > WELL_WITHIN:
            findings.append(f"all was well only {well_after:.1f} s after the return")
        answers = sum((person.answers for person in crowd), Counter[str]())
        pictures = sum(len(person.asked) for person in crowd)
        print(f"{kind} away for {seconds:g} s under {people} people, who asked for {pictures} pictures")
        print(f"answers {dict(answers)}, the slowest after {max(person.slowest for person in crowd):.1f} s")
        print(f"all well {well_after:.1f} s after the return")
    return findings


def come_in(studio: Studio, count: int) -> list[Visitor]:
    environ = studio.environ | {"DJANGO_SETTINGS_MODULE": "studio.settings"}
    subprocess.run([sys.executable, "-c", MAKE, str(count), PASSWORD], cwd=ROOT, env=environ, check=True)
    visitors = [Visitor(studio) for _person in range(count)]
    for number, visitor in enumerate(visitors):
        assert visitor.sign_in(f"person{number}@example.com", PASSWORD).status_code == 302
        visitor.csrf = visitor.csrf_of("/")
    return visitors


def is_well(visitor: Visitor) -> bool:
    """Everything answers, and no page says that anything is away."""
    try:
        if visitor.http.get("/readyz").text != "ok\n":
            return False
        pages = [visitor.http.get(page) for page in ("/", "/gallery/")]
    except httpx.TransportError:
        return False
    return all(page.status_code == 200 and not SAYS_SO.search(page.text) for page in pages)


def all_findings(studio: Studio, crowd: list[Person], database: str) -> Iterator[str]:
    for person in crowd:
        yield from person.strange
    with psycopg.connect(database, autocommit=True) as connection:

        def rows(query: str) -> list[tuple[object, ...]]:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

        deadline = time.monotonic() + ENDED
        while (
            rows("SELECT 1 FROM generations_job WHERE state IN ('queued', 'running')") and time.monotonic() < deadline
        ):
            time.sleep(0.2)
        states = Counter(str(state) for (state,) in rows("SELECT state FROM generations_job"))
        if set(states) != {"succeeded"}:
            kinds = rows("SELECT error_kind, count(*) FROM generations_job WHERE state <> 'succeeded' GROUP BY 1")
            yield f"jobs ended as {dict(states)}: {kinds}"
        asked = Counter(prompt for person in crowd for prompt in person.asked)
        stored = Counter(str(prompt) for (prompt,) in rows("SELECT request->>'prompt' FROM generations_generation"))
        yield from (f"{prompt!r} was accepted and is lost" for prompt in asked - stored)
        yield from (f"{prompt!r} was stored {count} times" for prompt, count in stored.items() if count > 1)
        drawn = len(rows("SELECT 1 FROM library_picture"))
        settled = len(rows("SELECT 1 FROM ledger_entry WHERE verb = 'settle'"))
        billed = len(bills(studio))
        if not drawn == settled == billed == sum(stored.values()):
            yield f"{sum(stored.values())} asked for, {billed} billed, {settled} booked, {drawn} drawn"
        maybe = len(rows("SELECT 1 FROM ledger_entry WHERE certainty = 'maybe'"))
        if maybe:
            yield f"{maybe} may have been charged"
    audit = run_command(studio, "audit_ledger")
    if audit.returncode:
        yield audit.stderr
    if "Traceback" in studio.log.read_text():
        yield "the log has a traceback:\n" + studio.log.read_text()[-6000:]


def bills(studio: Studio) -> list[dict[str, object]]:
    """What the sandbox billed."""
    lines = (studio.data / "sandbox" / "requests.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["billed"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", choices=["valkey", "postgresql", "s3"], required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--people", type=int, default=10)
    given = parser.parse_args()
    findings = run(given.server, seconds=given.seconds, people=given.people)
    print("\n".join(findings) or "Nothing is wrong.")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
