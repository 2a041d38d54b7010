"""How each upstream fares: what it gave of what was asked, how often, how fast, and how often it said "not now"."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from studio.gateway import errors
from studio.upstreams.models import Upstream

from ..errors import family
from ..models import Attempt
from ..trouble import LIMITS, is_blameless

ENOUGH = 5  # calls
DAY, WEEK = timedelta(days=1), timedelta(days=7)
LIMIT_KINDS = frozenset(kind.kind for limit in (*LIMITS, errors.KeyBlocked) for kind in family(limit))


@dataclass
class Figures:
    """Counts of one upstream in a stretch of time, and what follows from them; None where there is nothing to say."""

    calls: int = 0
    pictures: int = 0
    honest: int = 0  # pictures in which model, size, quality and format are what was asked for
    limits: int = 0  # answers 429
    blameless: int = 0  # bad ends that the wish or the studio was to blame for
    latencies: list[float] = field(default_factory=list)  # seconds, of pictures

    @property
    def honesty(self) -> float | None:
        return share(self.honest, self.pictures)

    @property
    def success(self) -> float | None:
        """Of the calls that only the upstream could spoil."""
        return share(self.pictures, self.calls - self.blameless)

    @property
    def limited(self) -> float | None:
        return share(self.limits, self.calls)

    # Worth a look, once there are enough calls to say so.

    @property
    def is_dishonest(self) -> bool:
        return self.pictures >= ENOUGH and (self.honesty or 0) < 0.9

    @property
    def is_failing(self) -> bool:
        return self.calls - self.blameless >= ENOUGH and (self.success or 0) < 0.9

    @property
    def is_throttled(self) -> bool:
        return self.calls >= ENOUGH and (self.limited or 0) > 0.1

    @property
    def p50(self) -> float | None:
        return percentile(self.latencies, 0.5)

    @property
    def p95(self) -> float | None:
        return percentile(self.latencies, 0.95)

    def count(self, attempt: "Row") -> None:
        self.calls += 1
        if attempt.outcome == Attempt.Outcome.SUCCEEDED:
            self.pictures += 1
            self.honest += attempt.is_as_asked is not False
            if attempt.latency is not None:
                self.latencies.append(attempt.latency)
        elif attempt.error_kind in LIMIT_KINDS:
            self.limits += 1
        elif is_blameless(attempt.error_kind):
            self.blameless += 1


class Row(NamedTuple):
    """Of an attempt what is counted."""

    upstream_id: int
    finished_at: datetime
    outcome: str
    error_kind: str
    is_as_asked: bool | None
    latency: float | None


@dataclass(frozen=True)
class Health:
    """One upstream with its figures of the last 24 hours and 7 days."""

    upstream: Upstream
    day: Figures
    week: Figures


def health(upstreams: Sequence[Upstream], *, now: datetime) -> list[Health]:
    """Look once through the attempts of a week."""
    attempts = Attempt.objects.filter(upstream__in=upstreams, finished_at__gt=now - WEEK)
    rows = attempts.values_list(*Row._fields).iterator(chunk_size=5_000)
    days, weeks = figures((Row(*row) for row in rows), now=now)
    return [Health(upstream, days[upstream.pk], weeks[upstream.pk]) for upstream in upstreams]


def figures(rows: Iterable[Row], *, now: datetime) -> tuple[dict[int, Figures], dict[int, Figures]]:
    """Counts by upstream: of the last day, and of all rows."""
    days: dict[int, Figures] = defaultdict(Figures)
    weeks: dict[int, Figures] = defaultdict(Figures)
    for row in rows:
        weeks[row.upstream_id].count(row)
        if row.finished_at > now - DAY:
            days[row.upstream_id].count(row)
    return days, weeks


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def percentile(values: Sequence[float], share_below: float) -> float | None:
    """The smallest value that at least this share of all values does not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, ceil(len(values) * share_below) - 1)]
