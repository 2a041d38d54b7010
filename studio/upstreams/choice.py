"""Choosing: which upstream gets the next call. Pure over rows and counts; nothing is read or written here."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .models import Need, Upstream

# Bad ends in a row after which an upstream is unhealthy: it rests, and then has to show with one call that it is well.
UNHEALTHY = 3

Taken = Mapping[tuple[int, str], Collection[int]]  # numbers of the taken slots by upstream and lane


@dataclass(frozen=True)
class Berth:
    """Room for one call: the lowest free slot of an upstream's lane, and the share of the lane that is taken."""

    upstream: Upstream
    lane: str
    slot: int
    load: float

    @property
    def rank(self) -> tuple[bool, int, float, int]:
        """The order of choice: paid plans before free ones, then priority, then the least loaded, then the oldest."""
        return (
            self.upstream.plan == Upstream.Plan.FREE,
            -self.upstream.priority,
            self.load,
            self.upstream.pk,
        )


def berths(upstreams: Iterable[Upstream], *, lane: str, taken: Taken) -> list[Berth]:
    """Where a call of this lane finds room."""
    found = (berth(upstream, lane=lane, taken=taken) for upstream in upstreams)
    return [one for one in found if one is not None]


def berth(upstream: Upstream, *, lane: str, taken: Taken) -> Berth | None:
    used, count = taken.get((upstream.pk, lane), ()), upstream.slots(lane)
    if upstream.trouble_count >= UNHEALTHY:
        count = min(count, 1)
    slot = next((number for number in range(count) if number not in used), None)
    return None if slot is None else Berth(upstream, lane, slot, load=len(used) / count)


def best(
    free: Iterable[Berth], *, need: Need, upstreams: Iterable[Upstream], lane: str, avoided: Collection[int] = ()
) -> Berth | None:
    """The berth for a call, or None: where it has to wait until one of the upstreams that may take it has room."""
    allowed = {upstream.pk for upstream in candidates(upstreams, need=need, lane=lane, avoided=avoided)}
    return min((one for one in free if one.upstream.pk in allowed), key=lambda one: one.rank, default=None)


def candidates(
    upstreams: Iterable[Upstream], *, need: Need, lane: str, avoided: Collection[int] = ()
) -> list[Upstream]:
    """Those that may take a call, busy or not; one it avoids only where there is no other."""
    fitting = [upstream for upstream in upstreams if upstream.fits(need) and upstream.slots(lane)]
    return [upstream for upstream in fitting if upstream.pk not in avoided] or fitting
