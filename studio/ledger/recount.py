"""Recount: roll-ups and periods computed from the entries, a month at a time, to compare or to repair."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, Q, Sum

from .models import ZERO, Entry, Period, RollUp, StudioRollUp
from .models.budget import keys
from .models.rollup import KEYS, SUMS
from .periods import MONTH, first_day, next_first_day

Key = tuple[Any, ...]
Counts = dict[Key, dict[str, Any]]  # sums by what they are of
Held = dict[date, Counts]  # …by the first day of their month

PERIOD_KEYS = ("person_id", "kind", "starts_on", "is_simulated")
PERIOD_SUMS = ("held", "spent")
STUDIO_KEYS = tuple(name for name in KEYS if name != "person_id")


def findings() -> Iterator[str]:
    """Every stored sum that differs from the sum of its entries."""
    held = counted_held()
    for first in months():
        rollups = counted_rollups(first)
        for counted, kept, what in (
            (rollups, kept_sums(RollUp, KEYS, SUMS, day=first), "roll-up"),
            (of_studio(rollups), kept_sums(StudioRollUp, STUDIO_KEYS, SUMS, day=first), "roll-up of the studio"),
            (counted_periods(rollups, held.get(first, {})), kept_periods(first), "period"),
        ):
            yield from differences(counted, kept, what=what)


@transaction.atomic
def rebuild() -> None:
    """Replace stored sums by those of the entries. Limits stay; nothing is booked meanwhile."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ledger_entry, ledger_rollup, ledger_period IN SHARE ROW EXCLUSIVE MODE")
    held = counted_held()
    for first in months():
        rollups = counted_rollups(first)
        rewrite(RollUp, KEYS, rollups, first)
        rewrite(StudioRollUp, STUDIO_KEYS, of_studio(rollups), first)
        Period.objects.filter(within(first, "starts_on")).update(held=ZERO, spent=ZERO)
        for key, sums in counted_periods(rollups, held.get(first, {})).items():
            period = Period.objects.filter(**dict(zip(PERIOD_KEYS, key, strict=True)))
            if not period.update(**sums):
                Period.objects.create_missing(dict(zip(PERIOD_KEYS, key, strict=True)))
                period.update(**sums)


def rewrite(model: Any, names: tuple[str, ...], counts: Counts, first: date) -> None:
    model.objects.filter(within(first, "day")).delete()
    rows = (model(**dict(zip(names, key, strict=True)), **sums) for key, sums in counts.items())
    model.objects.bulk_create(rows, batch_size=500)


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def months() -> Iterator[date]:
    """The first day of every month with entries or sums."""
    ends = [
        Entry.objects.aggregate(Min("day"), Max("day")),
        RollUp.objects.aggregate(Min("day"), Max("day")),
        Period.objects.aggregate(Min("starts_on"), Max("starts_on")),
    ]
    days = [day for pair in ends for day in pair.values() if day]
    month = first_day(MONTH, min(days)) if days else None
    while month and month <= max(days):
        yield month
        month = next_first_day(MONTH, month)


def within(first: date, name: str) -> Q:
    """The days of the month that begins on `first`."""
    return Q(**{f"{name}__gte": first, f"{name}__lt": next_first_day(MONTH, first)})


def counted_rollups(first: date) -> Counts:
    sums = {f"sum_{name}": Sum(field) for name, field in SUMS.items()}
    counts: Counts = {}
    for is_simulated in (False, True):  # as the index of booked entries begins
        booked = Entry.objects.booked().filter(
            within(first, "day"), is_simulated=is_simulated, attempt_id__isnull=False
        )
        for row in booked.order_by().values(*KEYS).annotate(**sums).iterator():
            counts[key_of(row, KEYS)] = {name: row[f"sum_{name}"] or 0 for name in SUMS}
    return counts


def of_studio(rollups: Counts) -> Counts:
    """Roll-ups of people, added up without the person."""
    counts: Counts = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for key, sums in rollups.items():
        total = counts[key[:1] + key[2:]]
        for name, amount in sums.items():
            total[name] += amount
    return counts


def counted_held() -> Held:
    """The sums held by open reservations, which are always few."""
    held: Held = defaultdict(lambda: defaultdict(lambda: {"held": ZERO}))
    names = ("person_id", "day", "is_simulated")
    rows = Entry.objects.open_reservations().order_by().values(*names).annotate(sum=Sum("amount"))
    for row in rows.iterator():
        held[first_day(MONTH, row["day"])][key_of(row, names)]["held"] += row["sum"]
    return held


def counted_periods(rollups: Counts, held: Mapping[Key, Mapping[str, Decimal]]) -> Counts:
    counts: Counts = defaultdict(lambda: dict.fromkeys(PERIOD_SUMS, ZERO))

    def add(name: str, amount: Decimal, **place: Any) -> None:
        for key in keys(**place):
            counts[key_of(key, PERIOD_KEYS)][name] += amount

    for key, sums in rollups.items():
        facts = dict(zip(KEYS, key, strict=True))
        place = {name: facts[name] for name in ("person_id", "day", "is_simulated")}
        add("spent", sums["spent"], **place)
    for (person_id, day, is_simulated), amounts in held.items():
        add("held", amounts["held"], person_id=person_id, day=day, is_simulated=is_simulated)
    return counts


# ── Stored sums ───────────────────────────────────────────────────────────────────────────────────────────────────────


def kept_sums(model: Any, names: tuple[str, ...], sums: Mapping[str, Any], *, day: date) -> Counts:
    rows = model.objects.filter(within(day, "day")).values(*names, *sums).iterator()
    return {key_of(row, names): {name: row[name] for name in sums} for row in rows}


def kept_periods(first: date) -> Counts:
    rows = Period.objects.filter(within(first, "starts_on")).values(*PERIOD_KEYS, *PERIOD_SUMS).iterator()
    return {key_of(row, PERIOD_KEYS): {name: row[name] for name in PERIOD_SUMS} for row in rows}


def key_of(row: Mapping[str, Any], names: tuple[str, ...]) -> Key:
    return tuple(row[name] for name in names)


def differences(counted: Counts, kept: Counts, *, what: str) -> Iterator[str]:
    """A sentence for each difference; a missing row counts as zero."""
    for key in sorted(counted.keys() | kept.keys(), key=str):
        one, other = counted.get(key, {}), kept.get(key, {})
        for name in one | other:
            if one.get(name, 0) != other.get(name, 0):
                where = f"{what} {' · '.join(map(str, key))}"
                yield f"{where}: {name} is stored as {other.get(name, 0)}, but the entries sum to {one.get(name, 0)}"
