"""Many calls in flight in one process on SQLite: how soon they start, what they weigh, how the pages fare.

`uv run python -m tests.benchmarks.in_flight [--jobs 500]`
"""

import argparse
import threading
import time

from tests.server.visitor import Rows, Visitor

from .measure import memory, middle, milliseconds, p95, studio_before, work
from .upstream import canned

SPREAD = "SELECT max(julianday(sent_at)) - min(julianday(sent_at)) FROM generations_attempt"
STARTED = "SELECT count(*) FROM generations_attempt"
SENT = f"{STARTED} WHERE sent_at NOTNULL"
OVER = "SELECT count(*) FROM generations_job WHERE state NOT IN ('queued', 'running')"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=200)
    run(parser.parse_args().jobs)


def run(jobs: int) -> None:
    # Long enough that the first is not back before the last is out.
    seconds = max(10, jobs // 20)
    with (
        canned(seconds=seconds) as gateway,
        studio_before(gateway, GATEWAY_SLOTS=f"{jobs + 50},50") as (studio, visitor),
    ):
        rows, pid = Rows(studio.data), studio.process.pid
        quiet = Pages(visitor)
        quiet.watch(until=lambda: len(quiet.times) >= 40)
        before = memory(pid)
        busy = Pages(visitor)
        worked, began = work(pid), time.perf_counter()
        for _ in range(jobs // 10):
            visitor.submit("A crowd", n="10")
        submitted = time.perf_counter() - began
        watching = threading.Thread(target=busy.watch, kwargs={"until": lambda: rows.one(OVER) == jobs})
        watching.start()
        started, sent = reach(rows, STARTED, began, jobs), reach(rows, SENT, began, jobs)
        most_waiting, worked_until_sent = memory(pid), work(pid) - worked
        over = reach(rows, OVER, began, jobs)
        watching.join()
        worked_in_all, spread = work(pid) - worked, rows.one(SPREAD) * 86400
    print(
        f"{jobs} jobs: submitted in {submitted:.2f} s, all claimed {started - submitted:.2f} s after the last submit, "
        f"all sent {sent - submitted:.2f} s after it, all over after {over:.1f} s "
        f"(the upstream took {seconds} s of it); first to last sent {spread:.2f} s"
    )
    print(
        f"processor time: {worked_until_sent:.1f} s until all were sent, submits and pages included; "
        f"{worked_in_all / jobs * 1000:.0f} ms a job in all"
    )
    print(
        f"memory: {before / 1e6:.0f} MB idle, +{(most_waiting - before) / jobs / 1e6:.2f} MB a job in flight, "
        f"+{(busy.most_memory - before) / jobs / 1e6:.2f} MB a job at the most, while replies came in"
    )
    print(
        f"page: p95 {milliseconds(p95(quiet.times))} idle, {milliseconds(p95(busy.times))} beside the jobs "
        f"= {p95(busy.times) / p95(quiet.times):.1f} ×; middle {milliseconds(middle(busy.times))}"
    )


class Pages:
    """Asks for a page again and again and keeps how long each took."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.times, self.most_memory = visitor, list[float](), 0

    def watch(self, until) -> "Pages":  # type: ignore[no-untyped-def]
        while not until():
            began = time.perf_counter()
            self.visitor.http.get("/spend/").raise_for_status()
            self.times.append(time.perf_counter() - began)
            self.most_memory = max(self.most_memory, memory(self.visitor.studio.process.pid, "VmHWM"))
            time.sleep(0.05)
        return self


def reach(rows: Rows, query: str, began: float, jobs: int) -> float:
    """Seconds until all jobs are so far."""
    while rows.one(query) < jobs:
        time.sleep(0.02)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
