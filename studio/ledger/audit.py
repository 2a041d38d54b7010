"""The audit: recomputes from the entries alone whether the ledger is what it says it is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from .models import Entry

Key = tuple[int, int]  # job, round


def findings(open_jobs: Iterable[Key]) -> Iterator[str]:
    """Every way in which the entries contradict themselves or the open jobs (job, round); nothing when they agree."""
    rounds: dict[Key, list[Entry]] = defaultdict(list)
    for entry in Entry.objects.order_by("pk").iterator():
        rounds[entry.job_id, entry.round].append(entry)
    for key, entries in rounds.items():
        yield from round_findings(key, entries)
    held = {key for key, entries in rounds.items() if is_held(entries)}
    for job_id, number in sorted(held - set(open_jobs)):
        yield f"job {job_id} is over, but round {number} still holds its reservation"
    for job_id, number in sorted(set(open_jobs) - held):
        yield f"job {job_id} is open, but round {number} holds no reservation"


def round_findings(key: Key, entries: list[Entry]) -> Iterator[str]:
    job_id, number = key
    verbs = Counter(entry.verb for entry in entries)
    where = f"job {job_id}, round {number}"
    if verbs["reserve"] != 1:
        yield f"{where}: {verbs['reserve']} reservations"
    if verbs["release"] and verbs["settle"]:
        yield f"{where}: both released and settled"
    if verbs["release"] and entries[-1].amount != entries[0].amount:
        yield f"{where}: released {entries[-1].amount} of {entries[0].amount} reserved"
    if len({entry.person_id for entry in entries}) != 1:
        yield f"{where}: entries of several people"
    for attempt_id, amount in sums(entries).items():
        if amount < 0:
            yield f"{where}: attempt {attempt_id} comes to {amount}"


def is_held(entries: list[Entry]) -> bool:
    return not any(entry.verb in ("settle", "release") for entry in entries)


def sums(entries: list[Entry]) -> dict[int | None, Decimal]:
    """What each attempt came to, corrections included."""
    totals: dict[int | None, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.verb in ("settle", "correct"):
            totals[entry.attempt_id] += entry.amount
    return totals
