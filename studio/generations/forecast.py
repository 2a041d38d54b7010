"""Forecast: where each queued job stands in line, and when its picture will probably be there. Only reads."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from django.core.cache import cache

from studio.upstreams import choice
from studio.upstreams.choice import Need, UpstreamSnapshot
from studio.upstreams.models import Lane, Upstream

from .models import Attempt, Job

HISTORY = 40  # latest pictures from which an expected time is computed
SHORT, LONG = 2, 60  # seconds that values shared by many tiles are cached
MOST = 500  # jobs of a lane that are looked at
LEAST_LEFT = 0.1  # share of its expected time that a running call takes at least from now on


class Kind(NamedTuple):
    """What the expected time of a job depends on."""

    model: str
    size: str
    quality: str
    main_model: str = ""


class Place(NamedTuple):
    """A queued job's place in line; nothing but `position` 0 where no upstream that is ready can take it."""

    position: int  # 1 starts next
    seconds: int | None  # until its picture is there, rounded; None where there is no history to say
    busy: int  # slots in use of those that can take it
    slots: int
    opens_at: float | None = None  # seconds since 1970, where each of those holds such calls after failures or a limit


def expected_seconds(*, model: str, size: str, quality: str, main_model: str = "") -> float | None:
    """The median time of this studio's last pictures of the same kind; None where there were none.

    A text model's reply that is the first of its kind is expected to take as long as its others.
    """
    key = "expected:" + ":".join((model, size, quality, main_model))
    known = cache.get(key)
    if known is None:
        known = median_latency(model=model, size=size, quality=quality, job__main_model=main_model) or 0.0
        if not known and main_model:
            known = median_latency(job__main_model=main_model) or 0.0
        cache.set(key, known, LONG if known else SHORT)
    return known or None


def usual_seconds(lane: str) -> float | None:
    """The median time of a lane's last pictures, for a kind that was never made before."""
    return cache.get_or_set(f"usual:{lane}", lambda: median_latency(lane=lane) or 0.0, SHORT) or None


def median_latency(**columns: str) -> float | None:
    past = Attempt.objects.filter(outcome=Attempt.Outcome.SUCCEEDED, latency__isnull=False, **columns)
    latencies = sorted(filter(None, past.order_by("-pk").values_list("latency", flat=True)[:HISTORY]))
    return latencies[len(latencies) // 2] if latencies else None


def places(*, now: datetime, including: int = 0) -> dict[int, Place]:
    """The place of every queued job that waits for nothing but a slot, by its id.

    Shared by everybody who looks within SHORT seconds, unless the job `including` was queued since.
    """
    newest, stamp = cache.get("places") or (-1, "")
    if newest >= including and (known := places_of(stamp)) is not None:
        return known
    found = {job_id: place for lane in Lane.values for job_id, place in line(lane, now=now)}
    stamp = uuid.uuid4().hex
    cache.set(f"places:{stamp}", [(job_id, *place) for job_id, place in found.items()], 2 * SHORT)
    cache.set("places", (max([including, *found]), stamp), SHORT)
    return found


@lru_cache(maxsize=2)
def _parsed(stamp: str) -> dict[int, Place]:
    """The line as this process has read it: every queued tile asks for it, and it is long."""
    rows = cache.get(f"places:{stamp}")
    if rows is None:
        raise LookupError(stamp)
    return {job_id: Place(*place) for job_id, *place in rows}


def places_of(stamp: str) -> dict[int, Place] | None:
    """A line that was written down; None where it is gone, which is not remembered."""
    try:
        return _parsed(stamp)
    except LookupError:
        return None


def line(lane: str, *, now: datetime) -> Iterator[tuple[int, Place]]:
    """The queued jobs of a lane in the order in which they will probably start."""
    startable = Job.objects.eligible(lane=lane, now=now).filter(tested_upstream=None).select_related("generation")
    jobs = list(startable.order_by("pk")[:MOST])
    if not jobs:
        return
    queue = Line(lane, upstreams=Upstream.objects.ready(now=now).snapshots(), now=now)
    queue.fill(Attempt.objects.unfinished().select_related("job"), now=now)
    yield from queue.places([Waiting.of(job, queue.expected) for job in jobs])


@dataclass(frozen=True)
class Waiting:
    """What the order of the line depends on, of one queued job."""

    job_id: int
    owner_id: int
    need: Need
    avoided: tuple[int, ...]
    expected: float | None  # seconds

    @classmethod
    def of(cls, job: Job, expected: Callable[[Kind], float | None]) -> "Waiting":
        request = job.request
        kind = Kind(request.model, str(request.size), request.quality, job.main_model)
        return cls(job.pk, job.owner_id, job.need, tuple(job.avoided), expected(kind))


@dataclass
class Line:
    """A lane's slots with the times they become free, in seconds from now, and the people whose jobs run."""

    lane: str
    upstreams: Sequence[UpstreamSnapshot]
    now: datetime
    taken: dict[int, list[float | None]] = field(default_factory=lambda: defaultdict(list))  # upstream → ends
    ends: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))  # person → ends
    times: dict[Kind, float | None] = field(default_factory=dict)
    able: dict[tuple[Need, tuple[int, ...]], list[UpstreamSnapshot]] = field(default_factory=dict)

    def fill(self, running: Iterable[Attempt], *, now: datetime) -> None:
        """Take the slots of the calls that run."""
        for attempt in running:
            left = self.seconds_left(attempt, now=now)
            self.ends[attempt.job.owner_id].append(left or 0.0)
            if attempt.lane == self.lane and attempt.upstream_id:
                self.taken[attempt.upstream_id].append(left)

    def expected(self, kind: Kind) -> float | None:
        """How long a job of this kind takes: looked up once for the whole line."""
        if kind not in self.times:
            self.times[kind] = expected_seconds(**kind._asdict()) or usual_seconds(self.lane)
        return self.times[kind]

    def seconds_left(self, attempt: Attempt, *, now: datetime) -> float | None:
        expected = self.expected(Kind(attempt.model, attempt.size, attempt.quality, attempt.job.main_model))
        if expected is None:
            return None
        # What has taken longer than expected will probably take as long again as it is over.
        left = abs(expected - (now - attempt.started_at).total_seconds())
        return max(left, LEAST_LEFT * expected)

    def places(self, waiting: Sequence[Waiting]) -> Iterator[tuple[int, Place]]:
        """Let the line move until everybody has a place: the person with the fewest running jobs comes first."""
        open_slots, queues = self.open_slots(), by_owner(waiting)
        heapify(open_slots)
        position = 0
        while open_slots and queues:
            free_at, number, upstream, is_known = heappop(open_slots)
            job = self.next_for(upstream, queues, at=free_at)
            if job is None:
                continue  # nobody who waits can use this slot
            position += 1
            end = free_at + (job.expected or 0.0)
            is_known = is_known and job.expected is not None
            self.ends[job.owner_id].append(end)
            heappush(open_slots, (end, number, upstream, is_known))
            yield job.job_id, Place(position, rough(end) if is_known else None, *self.load(job))
        for job in (job for queue in queues.values() for job in queue):
            yield job.job_id, Place(0, None, *self.load(job), self.opens_at(job))

    def open_slots(self) -> list[tuple[float, int, UpstreamSnapshot, bool]]:
        """Each slot as (free in so many seconds, a number, its upstream, whether that time is known)."""
        found: list[tuple[float, int, UpstreamSnapshot, bool]] = []
        for upstream in self.upstreams:
            ends = self.taken[upstream.pk]
            free = max(0, upstream.slots(self.lane) - len(ends))
            found += [(end or 0.0, len(found) + at, upstream, end is not None) for at, end in enumerate(ends)]
            found += [(0.0, len(found) + at, upstream, True) for at in range(free)]
        return found

    def next_for(self, upstream: UpstreamSnapshot, queues: dict[int, list[Waiting]], *, at: float) -> Waiting | None:
        """Take the fairest job this upstream can have out of the queues."""
        heads = {owner: self.first_fitting(queue, upstream) for owner, queue in queues.items()}
        fitting = [job for job in heads.values() if job is not None]
        if not fitting:
            return None
        chosen = min(fitting, key=lambda job: (sum(end > at for end in self.ends[job.owner_id]), job.job_id))
        queues[chosen.owner_id].remove(chosen)
        if not queues[chosen.owner_id]:
            del queues[chosen.owner_id]
        return chosen

    def first_fitting(self, queue: Sequence[Waiting], upstream: UpstreamSnapshot) -> Waiting | None:
        return next((job for job in queue if upstream in self.candidates(job)), None)

    def candidates(self, job: Waiting) -> list[UpstreamSnapshot]:
        key = (job.need, job.avoided)
        if key not in self.able:
            free = [one for one in self.upstreams if not one.held_until(job.need, lane=self.lane, now=self.now)]
            self.able[key] = choice.candidates(free, need=job.need, lane=self.lane, avoided=job.avoided)
        return self.able[key]

    def opens_at(self, job: Waiting) -> float | None:
        fitting = choice.candidates(self.upstreams, need=job.need, lane=self.lane, avoided=job.avoided)
        times = [one.held_until(job.need, lane=self.lane, now=self.now) for one in fitting]
        return min((time.timestamp() for time in times if time), default=None) if all(times) else None

    def load(self, job: Waiting) -> tuple[int, int]:
        """How many slots are busy, and how many there are, of the upstreams that can take it."""
        able = self.candidates(job)
        return sum(len(self.taken[one.pk]) for one in able), sum(one.slots(self.lane) for one in able)


def by_owner(waiting: Iterable[Waiting]) -> dict[int, list[Waiting]]:
    queues: dict[int, list[Waiting]] = {}
    for job in waiting:
        queues.setdefault(job.owner_id, []).append(job)
    return queues


def rough(seconds: float) -> int:
    """Seconds, rounded as far as they can be relied on, so that a tile is not sent again for each of them."""
    step = next(
        step for limit, step in ((20, 5), (90, 10), (600, 30), (3600, 60), (float("inf"), 300)) if seconds < limit
    )
    return max(step, round(seconds / step) * step)
