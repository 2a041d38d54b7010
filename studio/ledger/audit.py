"""The audit of the ledger: recomputes every sum from the entries and reports differences.

It reads a round or a month at a time, so that its memory does not grow with the number of entries.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction

from . import recount
from .models import ZERO, Entry

Key = tuple[int, int]  # job, round


class Line(NamedTuple):
    """The columns of an entry that the audit of a round reads."""

    job_id: int
    round: int
    verb: str
    attempt_id: int | None
    amount: Decimal
    person_id: int
    day: date


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything in one snapshot, without blocking writers."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # Django would begin a write transaction
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def findings(open_jobs: Iterable[Key]) -> Iterator[str]:
    """Every contradiction between entries, their sums and the open jobs (job, round)."""
    yield from findings_in_rounds(set(open_jobs))
    yield from recount.findings()


def findings_in_rounds(open_jobs: set[Key]) -> Iterator[str]:
    without_reservation = set(open_jobs)
    rows = Entry.objects.order_by("job_id", "round", "pk").values_list(*Line._fields).iterator()
    for key, group in groupby(map(Line._make, rows), key=attrgetter("job_id", "round")):
        lines = list(group)
        yield from findings_in_round(key, lines)
        if is_held(lines):
            without_reservation.discard(key)
            if key not in open_jobs:
                yield f"job {key[0]} is over, but round {key[1]} still holds its reservation"
    for job_id, number in sorted(without_reservation):
        yield f"job {job_id} is open, but round {number} holds no reservation"


def findings_in_round(key: Key, lines: list[Line]) -> Iterator[str]:
    verbs = Counter(line.verb for line in lines)
    where = f"job {key[0]}, round {key[1]}"
    if verbs["reserve"] != 1:
        yield f"{where}: {verbs['reserve']} reservations"
    if verbs["release"] and verbs["settle"]:
        yield f"{where}: both released and settled"
    if verbs["release"] and lines[-1].amount != lines[0].amount:
        yield f"{where}: released {lines[-1].amount} of {lines[0].amount} reserved"
    if len({line.person_id for line in lines}) != 1:
        yield f"{where}: entries of several people"
    if len({line.day for line in lines}) != 1:
        yield f"{where}: entries of several days"
    for attempt_id, amount in sums(lines).items():
        if amount < 0:
            yield f"{where}: attempt {attempt_id} comes to {amount}"


def is_held(lines: list[Line]) -> bool:
    return not any(line.verb in ("settle", "release") for line in lines)


def sums(lines: list[Line]) -> dict[int | None, Decimal]:
    """The total of each attempt, corrections included."""
    totals: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.verb in ("settle", "correct"):
            totals[line.attempt_id] += line.amount
    return totals
