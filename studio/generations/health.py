"""Health of upstreams, counted from attempts: fidelity and success rates, latencies, rate limits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from studio.gateway import errors
from studio.gateway.studio_errors import with_subclasses
from studio.upstreams.health_effects import LIMITS, is_blameless
from studio.upstreams.models import Upstream

from .models import Attempt

MIN_CALLS = 5  # calls
DAY, WEEK = timedelta(days=1), timedelta(days=7)
LIMIT_KINDS = frozenset(
    kind.kind for limit in (*LIMITS, errors.QuotaSpent, errors.KeyBlocked) for kind in with_subclasses(limit)
)


class AttemptRow(NamedTuple):
    """The columns of an attempt that are counted."""

    upstream_id: int
    finished_at: datetime
    outcome: str
    error_kind: str
    is_as_requested: bool | None
    latency: float | None


@dataclass
class CallStats:
    """Counts of one upstream over a period, and rates computed from them; a rate is None without data."""

    calls: int = 0
    pictures: int = 0
    as_requested: int = 0  # pictures whose model, size, quality and format are as requested
    rate_limited: int = 0  # 429 replies
    maybe_charged: int = 0  # failures that may have been charged
    blameless: int = 0  # failures caused by the request or by the studio
    latencies: list[float] = field(default_factory=list)  # seconds, of pictures

    @property
    def fidelity(self) -> float | None:
        return share(self.as_requested, self.pictures)

    @property
    def success(self) -> float | None:
        """Share of the calls whose outcome was up to the upstream."""
        return share(self.pictures, self.calls - self.blameless)

    @property
    def limited(self) -> float | None:
        return share(self.rate_limited, self.calls)

    # Worth an admin's attention, once there are enough calls.

    @property
    def is_fidelity_low(self) -> bool:
        return self.pictures >= MIN_CALLS and (self.fidelity or 0) < 0.9

    @property
    def is_failing(self) -> bool:
        return self.calls - self.blameless >= MIN_CALLS and (self.success or 0) < 0.9

    @property
    def is_throttled(self) -> bool:
        return self.calls >= MIN_CALLS and (self.limited or 0) > 0.1

    @property
    def p50(self) -> float | None:
        return percentile(self.latencies, 0.5)

    @property
    def p95(self) -> float | None:
        return percentile(self.latencies, 0.95)

    def count(self, attempt: AttemptRow) -> None:
        self.calls += 1
        if attempt.outcome == Attempt.Outcome.SUCCEEDED:
            self.pictures += 1
            self.as_requested += attempt.is_as_requested is not False
            if attempt.latency is not None:
                self.latencies.append(attempt.latency)
            return
        self.maybe_charged += attempt.outcome == Attempt.Outcome.UNKNOWN
        if attempt.error_kind in LIMIT_KINDS:
            self.rate_limited += 1
        elif is_blameless(attempt.error_kind):
            self.blameless += 1


@dataclass(frozen=True)
class Health:
    """One upstream with its figures of the last 24 hours and 7 days."""

    upstream: Upstream
    day: CallStats
    week: CallStats


def health_of(upstreams: Sequence[Upstream], *, now: datetime) -> list[Health]:
    """The health of these upstreams, from one pass over a week's attempts."""
    attempts = Attempt.objects.filter(upstream__in=upstreams, finished_at__gt=now - WEEK)
    rows = attempts.values_list(*AttemptRow._fields).iterator(chunk_size=5_000)
    days, weeks = count_attempts((AttemptRow(*row) for row in rows), now=now)
    return [Health(upstream, days[upstream.pk], weeks[upstream.pk]) for upstream in upstreams]


def count_attempts(rows: Iterable[AttemptRow], *, now: datetime) -> tuple[dict[int, CallStats], dict[int, CallStats]]:
    """Stats by upstream id: of the last day, and of all rows."""
    days: dict[int, CallStats] = defaultdict(CallStats)
    weeks: dict[int, CallStats] = defaultdict(CallStats)
    for row in rows:
        weeks[row.upstream_id].count(row)
        if row.finished_at > now - DAY:
            days[row.upstream_id].count(row)
    return days, weeks


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def percentile(values: Sequence[float], share_below: float) -> float | None:
    """The smallest value that at least this share (0 to 1) of all values does not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, ceil(len(values) * share_below) - 1)]
