"""Spend pages, CSV and recording at ten million entries, beside a plain GROUP BY over the same entries.

`uv run python -m tests.benchmarks.spend [--entries 10000000] [--only sqlite|postgresql] [--explain]`
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.engines.servers import free_port, postgresql, wait_for

from .measure import memory, middle, milliseconds

ROUNDS, RECORDS = 15, 400
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--explain", action="store_true", help="also show how each query of the pages is answered")
    parser.add_argument("--inside", choices=["few", "many"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(given.entries, given.inside)
        return
    for engine in [given.only] if given.only else ["sqlite", "postgresql"]:
        figures = {}
        for name, entries in (("few", 10_000), ("many", given.entries)):
            with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder, database(engine, folder) as environ:
                figures[name] = in_process(environ | {"EXPLAIN": "on" if given.explain else ""}, entries, name)
        report(engine, given.entries, figures)


@contextmanager
def database(engine: str, folder: str) -> Iterator[dict[str, str]]:
    """The environment of a studio with an empty database of this engine."""
    environ = {"STUDIO_DATA": folder, "STUDIO_DOTENV": "off", "DJANGO_SETTINGS_MODULE": "studio.settings"}
    if engine == "sqlite":
        yield environ
    else:
        with postgresql() as server:
            yield environ | {"DATABASE_URL": server.url}


def in_process(environ: dict[str, str], entries: int, name: str) -> dict[str, Any]:
    """Fill and measure in a process of its own, whose settings are those of its database."""
    command = [sys.executable, "-m", "tests.benchmarks.spend", "--entries", str(entries), "--inside", name]
    done = subprocess.run(command, env=os.environ | environ, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def inside(entries: int, name: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from studio.accounts.models import User

    from .spend_data import fill, spread_pictures, tidy, today

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    fill(entry_count=entries, last=today())
    spread_pictures()
    tidy()
    filled = time.perf_counter() - began
    admin = User.objects.create_user("ada@example.com", role=User.Role.ADMIN)
    figures = {"filled": filled, "record": recording()}
    if name == "many":
        call_command("collectstatic", interactive=False, verbosity=0)
        if os.environ.get("EXPLAIN"):
            explain(admin)
        figures |= {"group_by": group_by(), **pages(admin), **sheets(admin)}
    print(json.dumps(figures))


# ── What is measured ────────────────────────────────────────────────────────────────────────────────────────────────


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def group_by() -> float:
    """Everybody's spending and pictures by person and day, added up from the entries themselves: seconds."""
    from django.db import connection

    sql = "SELECT person_id, day, SUM(amount), COUNT(*) FROM ledger_entry WHERE verb = 'settle' GROUP BY person_id, day"

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()

    return min(timed(ask) for _ in range(2))


def addresses() -> dict[str, str]:
    """What is measured: pages of this month and the last one, and of who spent the most."""
    from studio.ledger.models import Period

    from .spend_data import today

    dearest = Period.objects.filter(person__isnull=False, kind="month").order_by("-spent")
    busiest = dearest.values_list("person_id", flat=True)[0]
    last = f"{today().replace(day=1) - timedelta(days=1):%Y-%m}"
    return {
        "month": "/spend/",
        "last_month": f"/spend/?month={last}",
        "by_quality": f"/spend/?month={last}&by=quality&upstream=north",
        "person": f"/spend/people/{busiest}/",
        "people": "/spend/people/",
        "entries": f"/spend/entries/?month={last}",
        "dearest": f"/spend/entries/?month={last}&order=dearest",
    }


def explain(admin: Any) -> None:
    """Say of each query of the pages, and of the first row of the sheet of entries, how it is answered and how long."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    browser = Client()
    browser.force_login(admin)
    for name, address in addresses().items() | {("sheet", "/spend/entries.csv")}:
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(address, headers={"Host": "localhost"})
            if answer.streaming:
                b"".join(answer)
        print(f"── {name}", file=sys.stderr)
        for query in list(queries)[:MOST_EXPLAINED]:
            if query["sql"].startswith("SELECT"):
                print(f"{query['time']} s  {query['sql'][:2000]}", file=sys.stderr)
                print(plan_of(query["sql"]), file=sys.stderr)


def plan_of(sql: str) -> str:
    from django.db import connection

    words = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, COSTS OFF)"
    with connection.cursor() as cursor:
        cursor.execute(f"{words} {sql}".replace("%", "%%"), ())
        return "".join(f"      {row[-1]}\n" for row in cursor.fetchall())


def pages(admin: Any) -> dict[str, float]:
    """Seconds of a page, through all of Django; the first one, which compiles templates, is not counted.

    `…_work` is this process's own processor time, which a busy machine does not lengthen; PostgreSQL's is not in it.
    """
    from django.test import Client

    browser = Client()
    browser.force_login(admin)
    found = {}
    for name, address in addresses().items():

        def ask(address: str = address) -> None:
            assert browser.get(address, headers={"Host": "localhost"}).status_code == 200, address

        ask()
        begun = time.process_time()
        found[name] = middle([timed(ask) for _ in range(ROUNDS)])
        found[f"{name}_work"] = (time.process_time() - begun) / ROUNDS
    return found


def sheets(admin: Any) -> dict[str, float]:
    """The CSV of last month's entries from a real server: first bytes, all of it, and what it adds to its memory."""
    import httpx
    from django.conf import settings
    from django.test import Client

    browser, port = Client(), free_port()
    browser.force_login(admin)
    cookies = {settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value}
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "studio.server.asgi:application",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    server = subprocess.Popen([*command, "--lifespan", "off"], cwd=ROOT)
    try:
        wait_for(port)
        with httpx.Client(base_url=f"http://localhost:{port}", cookies=cookies, trust_env=False, timeout=600) as client:
            client.get("/spend/people.csv").raise_for_status()
            before, firsts = memory(server.pid, "VmHWM"), []
            for _ in range(5):
                time.sleep(1)  # what was broken off before makes its page first, which is not what is measured
                began = time.perf_counter()
                with client.stream("GET", "/spend/entries.csv") as answer:
                    rows = answer.iter_lines()
                    next(rows)
                    first_byte = time.perf_counter() - began
                    next(rows)
                    firsts.append((first_byte, time.perf_counter() - began))
            began = time.perf_counter()
            early, count = before, 0
            with client.stream("GET", "/spend/entries.csv") as answer:
                for count, _line in enumerate(answer.iter_lines()):
                    if count == EARLY_ROWS:
                        early = memory(server.pid, "VmHWM")
            whole = time.perf_counter() - began
            return {
                "first_byte": middle([byte for byte, _row in firsts]),
                "first_row": middle([row for _byte, row in firsts]),
                "rows": count,
                "whole_sheet": whole,
                "early_memory": early - before,
                "later_memory": memory(server.pid, "VmHWM") - early,
            }
    finally:
        server.terminate()
        server.wait(20)


def recording() -> float:
    """Seconds to record one attempt as the runner does: reserve it, settle it, count its time."""
    from decimal import Decimal

    from django.db import transaction
    from django.utils import timezone

    from studio.accounts.models import User
    from studio.images import Usage
    from studio.ledger.models import Entry, Timing

    people, usage, spent = list(User.objects.all()[:50]), Usage(input_text_tokens=40, output_image_tokens=1756), []
    facts = {"model": "gpt-image-2", "size": "1024x1024", "quality": "medium", "upstream_name": "north"}
    for at in range(RECORDS):
        number, now = 2 * 10**9 + at, timezone.now()
        began = time.perf_counter()
        with transaction.atomic():
            entry = Entry.objects.reserve(
                person=people[at % 50], job_id=number, round=1, amount=Decimal("0.2"), now=now, **facts
            )
        with transaction.atomic():
            entry = Entry.objects.settle(
                attempt_id=number,
                job_id=number,
                round=1,
                amount=Decimal("0.0527"),
                certainty="exact",
                usage=usage,
                now=now,
            )
            Timing.objects.record(**entry.key(), seconds=24.0)
        spent.append(time.perf_counter() - began)
    return middle(spent)


# ── The report ──────────────────────────────────────────────────────────────────────────────────────────────

PAGES = ("month", "last_month", "by_quality", "person", "people", "entries", "dearest")
AIMED = ("month", "last_month", "person")  # a page of a month, and a person's
EARLY_ROWS = 10_000  # by then a server has all the memory that one page of rows takes
MOST_EXPLAINED = 40  # queries of a page; a sheet goes on with the same ones
MOST_PAGE, SHARE = 0.1, 50  # seconds; of the plain GROUP BY's time at most a fiftieth
MOST_FIRST_BYTE, MOST_RECORDING = 0.2, 1.5  # seconds; times what it takes at ten thousand entries


def report(engine: str, entries: int, figures: dict[str, dict[str, Any]]) -> None:
    few, many = figures["few"], figures["many"]
    print(f"── {engine}, {entries:,} entries, filled in {many['filled']:.0f} s ──")
    print(f"plain GROUP BY over the entries: {milliseconds(many['group_by'])}")
    for name in PAGES:
        is_met = many[name] <= MOST_PAGE and many["group_by"] / many[name] >= SHARE
        print(
            f"  {name:<12} {milliseconds(many[name]):>8}  = 1/{many['group_by'] / many[name]:.0f} of it,"
            f" {milliseconds(many[f'{name}_work'])} of processor time {aim(is_met) if name in AIMED else ''}"
        )
    print(
        f"CSV of {many['rows']:,} rows: first byte after {milliseconds(many['first_byte'])}"
        f" {aim(many['first_byte'] <= MOST_FIRST_BYTE)}, first row after {milliseconds(many['first_row'])},"
        f" all in {many['whole_sheet']:.1f} s, memory + {many['early_memory'] / 1e6:.1f} MB for the first"
        f" {EARLY_ROWS:,} rows and + {many['later_memory'] / 1e6:.1f} MB for all others"
    )
    times = many["record"] / few["record"]
    print(
        f"recording an attempt: {few['record'] * 1000:.1f} ms at ten thousand entries,"
        f" {many['record'] * 1000:.1f} ms here = {times:.2f} × {aim(times <= MOST_RECORDING)}"
    )


def aim(is_met: bool) -> str:
    return "✓" if is_met else "✗ misses its aim"


if __name__ == "__main__":
    main()
