"""Choosing: which upstream gets the next call. Pure over values; nothing is read or written here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

FREE, LARGE = "free", "large"  # a plan and a lane, as `Upstream.Plan` and `Lane` name them

# Bad ends in a row after which an upstream is unhealthy: it rests, and then has to show with one call that it is well.
UNHEALTHY = 3

Taken = Mapping[tuple[int, str], Collection[int]]  # numbers of the taken slots by upstream and lane


@dataclass(frozen=True)
class Need:
    """What a call asks of an upstream: the model that draws, and the one that leads it to draw, if there is one."""

    image_model: str
    main_model: str = ""  # empty: the Images API


class Standing(NamedTuple):
    """What a choice has to know of an upstream, by the names of its columns."""

    pk: int
    plan: str = "api"
    priority: int = 0
    standard_slots: int = 4
    large_slots: int = 1
    image_models: Sequence[str] = ()
    main_models: Sequence[str] = ()
    can_respond: bool = True
    trouble_count: int = 0

    def slots(self, lane: str) -> int:
        return self.large_slots if lane == LARGE else self.standard_slots

    def fits(self, need: Need) -> bool:
        """Whether it offers the models of a call."""
        if need.main_model and not (self.can_respond and offers(self.main_models, need.main_model)):
            return False
        return offers(self.image_models, need.image_model)


def offers(models: Sequence[str], model: str) -> bool:
    return not models or not model or model in models


class Berth(NamedTuple):
    """Room for one call: the lowest free slot of an upstream's lane, and the share of the lane that is taken."""

    upstream: Standing
    slot: int
    load: float

    @property
    def rank(self) -> tuple[bool, int, float, int]:
        """The order of choice: paid plans before free ones, then priority, then the least loaded, then the oldest."""
        return (*rank(self.upstream), self.load, self.upstream.pk)


class Ranked(Protocol):
    """What an upstream's rank is told by."""

    @property
    def plan(self) -> str: ...
    @property
    def priority(self) -> int: ...


def rank(upstream: Ranked) -> tuple[bool, int]:
    """The order of choice before load counts; the lowest comes first."""
    return (upstream.plan == FREE, -upstream.priority)


def berths(upstreams: Iterable[Standing], *, lane: str, taken: Taken) -> list[Berth]:
    """Where a call of this lane finds room."""
    found = (berth(upstream, lane=lane, taken=taken) for upstream in upstreams)
    return [one for one in found if one is not None]


def berth(upstream: Standing, *, lane: str, taken: Taken) -> Berth | None:
    used, count = taken.get((upstream.pk, lane), ()), upstream.slots(lane)
    if upstream.trouble_count >= UNHEALTHY:
        count = min(count, 1)
    slot = next((number for number in range(count) if number not in used), None)
    return None if slot is None else Berth(upstream, slot, load=len(used) / count)


def best(
    free: Iterable[Berth], *, need: Need, upstreams: Iterable[Standing], lane: str, avoided: Collection[int] = ()
) -> Berth | None:
    """The berth for a call, or None: where it has to wait until one of the upstreams that may take it has room."""
    allowed = {upstream.pk for upstream in candidates(upstreams, need=need, lane=lane, avoided=avoided)}
    return min((one for one in free if one.upstream.pk in allowed), key=lambda one: one.rank, default=None)


def has_place(
    free: Iterable[Berth], *, need: Need, upstreams: Iterable[Standing], lane: str, avoided: Collection[int] = ()
) -> bool:
    """Whether `best` finds one; mostly a look at the first tells."""
    if any(one.upstream.pk not in avoided and one.upstream.fits(need) for one in free):
        return True
    return best(free, need=need, upstreams=upstreams, lane=lane, avoided=avoided) is not None


def candidates(
    upstreams: Iterable[Standing], *, need: Need, lane: str, avoided: Collection[int] = ()
) -> list[Standing]:
    """Those that may take a call, busy or not; one it avoids only where there is no other."""
    fitting = [upstream for upstream in upstreams if upstream.slots(lane) and upstream.fits(need)]
    return [upstream for upstream in fitting if upstream.pk not in avoided] or fitting
