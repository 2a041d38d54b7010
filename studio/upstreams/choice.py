"""Choice: which upstream gets the next call. Pure over values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from . import capabilities
from .breakers import Breakers
from .capabilities import Facts

FREE, LARGE = "free", "large"  # a plan and a lane, as `Upstream.Plan` and `Lane` name them

Taken = Mapping[tuple[int, str], Collection[int]]  # numbers of the taken slots by upstream and lane


@dataclass(frozen=True)
class Need:
    """What a call needs from an upstream: the image model, the main model that calls it, if any, and capabilities."""

    image_model: str
    main_model: str = ""  # empty: the Images API
    route: str = capabilities.GENERATE
    is_large: bool = False
    streaming: str = capabilities.NOT  # what is preferred: the upstream decides

    @property
    def required(self) -> tuple[str, ...]:
        """The capabilities without which the call cannot be made."""
        return (self.route, capabilities.LARGE) if self.is_large else (self.route,)


class UpstreamSnapshot(NamedTuple):
    """What a choice needs to know about an upstream, by the names of its columns."""

    pk: int
    plan: str = "api"
    priority: int = 0
    standard_slots: int = 4
    large_slots: int = 1
    image_models: Sequence[str] = ()
    main_models: Sequence[str] = ()
    can_respond: bool = True
    can_stream: bool = True
    can_async: bool = False
    learned: Mapping[str, Mapping[str, Any]] = {}  # Facts as data
    breakers: Mapping[str, Mapping[str, Any]] = {}  # Breakers as data

    def slots(self, lane: str) -> int:
        return self.large_slots if lane == LARGE else self.standard_slots

    def fits(self, need: Need) -> bool:
        """Whether it offers the models of a call."""
        if need.main_model and not (self.can_respond and offers(self.main_models, need.main_model)):
            return False
        return offers(self.image_models, need.image_model)

    @property
    def facts(self) -> Facts:
        return Facts.from_data(self.learned)

    def lacks(self, need: Need) -> bool:
        """Whether it was seen not to have what a call cannot do without."""
        return bool(self.learned) and not all(self.facts.is_usable(name) for name in need.required)

    def held_until(self, need: Need, *, lane: str, now: datetime) -> datetime | None:
        """Until when breakers hold a call; None where it may start now."""
        if not self.breakers:
            return None
        return Breakers.from_data(self.breakers).held_until(capabilities.uses(need, self), lane=lane, now=now)

    def on_trial(self, need: Need, *, lane: str, now: datetime) -> list[str]:
        """The breakers that a call would try, one call at a time; see `Breakers.on_trial`."""
        if not self.breakers:
            return []
        return Breakers.from_data(self.breakers).on_trial(capabilities.uses(need, self), lane=lane, now=now)


def offers(models: Sequence[str], model: str) -> bool:
    return not models or not model or model in models


class FreeSlot(NamedTuple):
    """A free slot: the lowest one of an upstream's lane, and the share of the lane that is taken."""

    upstream: UpstreamSnapshot
    number: int
    load: float

    @property
    def rank(self) -> tuple[bool, int, float, int]:
        """The order of choice: paid plans before free ones, then priority, then the least loaded, then the oldest."""
        return (*rank(self.upstream), self.load, self.upstream.pk)


class Ranked(Protocol):
    """What the rank of an upstream depends on."""

    @property
    def plan(self) -> str: ...
    @property
    def priority(self) -> int: ...


def rank(upstream: Ranked) -> tuple[bool, int]:
    """The order of choice before load counts; the lowest comes first."""
    return (upstream.plan == FREE, -upstream.priority)


def free_slots(upstreams: Iterable[UpstreamSnapshot], *, lane: str, taken: Taken) -> list[FreeSlot]:
    """The free slots for a call of this lane."""
    found = (free_slot(upstream, lane=lane, taken=taken) for upstream in upstreams)
    return [one for one in found if one is not None]


def free_slot(upstream: UpstreamSnapshot, *, lane: str, taken: Taken) -> FreeSlot | None:
    used, count = taken.get((upstream.pk, lane), ()), upstream.slots(lane)
    slot = next((number for number in range(count) if number not in used), None)
    return None if slot is None else FreeSlot(upstream, slot, load=len(used) / count)


def best(
    free: Iterable[FreeSlot],
    *,
    need: Need,
    upstreams: Iterable[UpstreamSnapshot],
    lane: str,
    avoided: Collection[int] = (),
) -> FreeSlot | None:
    """The slot for a call; None where it has to wait for one of the upstreams that may take it."""
    allowed = {upstream.pk for upstream in candidates(upstreams, need=need, lane=lane, avoided=avoided)}
    return min((one for one in free if one.upstream.pk in allowed), key=lambda one: one.rank, default=None)


def has_room(
    free: Iterable[FreeSlot],
    *,
    need: Need,
    upstreams: Iterable[UpstreamSnapshot],
    lane: str,
    avoided: Collection[int] = (),
) -> bool:
    """Whether `best` finds a slot, usually with less work."""
    if any(one.upstream.pk not in avoided and one.upstream.fits(need) and not one.upstream.lacks(need) for one in free):
        return True
    return best(free, need=need, upstreams=upstreams, lane=lane, avoided=avoided) is not None


def candidates(
    upstreams: Iterable[UpstreamSnapshot], *, need: Need, lane: str, avoided: Collection[int] = ()
) -> list[UpstreamSnapshot]:
    """The upstreams that may take a call, busy or not; avoided ones only where there is no other.

    One that lacks a capability comes last: where there is no other, its refusal is what a person needs to read.
    """
    fitting = [upstream for upstream in upstreams if upstream.slots(lane) and upstream.fits(need)]
    able = [upstream for upstream in fitting if not upstream.lacks(need)] or fitting
    return [upstream for upstream in able if upstream.pk not in avoided] or able
