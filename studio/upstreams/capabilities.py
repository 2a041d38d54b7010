"""What an upstream can do, by capability, as its own replies show it. Pure over values.

A call uses one route (`generate`, `edit` or `respond`). It may also be `large`, a `stream`, or an image task (`async`).

state       meaning                                     effect
────────    ───────────────────────────────────────     ────────────────────────────────────────────────────────────
(unknown)   no reply has shown it yet                   used as set up
offered     a call that used it brought its picture     used as set up
doubted     a streamed call was answered with an        the next calls go without it, and their outcome decides
            error instead of events
missing     refused, or it failed where the same call   not used; upstreams that have it come first
            worked without it
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from django.utils.translation import gettext_lazy

GENERATE, EDIT, RESPOND = ROUTES = ("generate", "edit", "respond")
LARGE, STREAM, ASYNC = "large", "stream", "async"
NAMES = (*ROUTES, LARGE, STREAM, ASYNC)

OFFERED, DOUBTED, MISSING = "offered", "doubted", "missing"

LABELS = {
    GENERATE: gettext_lazy("Pictures"),
    EDIT: gettext_lazy("Edits"),
    LARGE: gettext_lazy("Large pictures"),
    STREAM: gettext_lazy("Streams, for previews"),
    RESPOND: gettext_lazy("Conversations"),
    ASYNC: gettext_lazy("Image tasks"),
}

SMALLER = "smaller"  # the reason of a missing `large`: smaller pictures came; other reasons are kinds of errors
# Why a call is to be streamed: for previews, or because it takes so long that a proxy would cut a silent line.
NOT, SLOW, PREVIEWS = "", "slow", "previews"
NOTED_EVERY = timedelta(hours=1)  # how often it is written down again that something works
# Where streaming has worked before, it has to fail this often in a row, each time where a plain call then worked.
CONTRADICTIONS = 2


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What is known of one capability, since when, and why."""

    state: str
    at: str  # ISO 8601
    reason: str = ""  # the kind of error, or SMALLER
    detail: str = ""  # the gateway's own words
    has_worked: bool = False
    contradictions: int = 0  # see CONTRADICTIONS

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.at)


class Facts:
    """Everything known of an upstream's capabilities; never changed, but replaced."""

    def __init__(self, facts: Mapping[str, Fact] | None = None) -> None:
        self.by_name: Mapping[str, Fact] = facts or {}

    @classmethod
    def from_data(cls, data: Mapping[str, Mapping[str, Any]]) -> Self:
        return cls({name: Fact(**fact) for name, fact in data.items()})

    def as_data(self) -> dict[str, dict[str, Any]]:
        return {name: asdict(fact) for name, fact in self.by_name.items()}

    def state(self, name: str) -> str:
        fact = self.by_name.get(name)
        return fact.state if fact else ""

    def is_usable(self, name: str) -> bool:
        """Whether calls may use it: nothing was seen that speaks against it."""
        return self.state(name) not in (DOUBTED, MISSING)

    def worked(self, names: Iterable[str], *, now: datetime) -> Self:
        """After a call that used these brought its picture."""
        fresh = (now - NOTED_EVERY).isoformat()
        news = {
            name: Fact(state=OFFERED, at=now.isoformat(), has_worked=True)
            for name in names
            if not (self.state(name) == OFFERED and self.by_name[name].at > fresh and not self._contradicted(name))
        }
        return self._with(news)

    def missed(self, name: str, *, reason: str, detail: str = "", now: datetime) -> Self:
        """After a reply that shows that it has no such capability."""
        fact = Fact(state=MISSING, at=now.isoformat(), reason=reason, detail=detail, has_worked=self._has_worked(name))
        return self if self.state(name) == MISSING else self._with({name: fact})

    def doubted(self, name: str, *, reason: str, detail: str = "", now: datetime) -> Self:
        """After a call failed that used it: the next ones go without it."""
        if not self.is_usable(name):
            return self
        known = self.by_name.get(name) or Fact(state="", at="")
        fact = replace(known, state=DOUBTED, at=now.isoformat(), reason=reason, detail=detail)
        return self._with({name: fact})

    def confirmed(self, name: str, *, now: datetime) -> Self:
        """After a call worked that would have used it: the doubt was right, unless it had worked before."""
        if self.state(name) != DOUBTED:
            return self
        fact = self.by_name[name]
        count = fact.contradictions + 1
        is_missing = count >= CONTRADICTIONS or not fact.has_worked
        state = MISSING if is_missing else OFFERED
        return self._with({name: replace(fact, state=state, at=now.isoformat(), contradictions=count)})

    def cleared(self, name: str, *, now: datetime) -> Self:
        """After a call without it failed as well: the failure was about something else."""
        if self.state(name) != DOUBTED:
            return self
        fact = self.by_name[name]
        if not fact.has_worked:
            return type(self)({other: known for other, known in self.by_name.items() if other != name})
        return self._with({name: replace(fact, state=OFFERED, at=now.isoformat(), reason="", detail="")})

    def forgotten(self, name: str) -> Self:
        """After an answer that contradicts what was thought to be missing; what has worked stays known."""
        if self.state(name) != MISSING:
            return self
        return type(self)({other: known for other, known in self.by_name.items() if other != name})

    def _has_worked(self, name: str) -> bool:
        return name in self.by_name and self.by_name[name].has_worked

    def _contradicted(self, name: str) -> bool:
        return bool(self.by_name[name].contradictions)

    def _with(self, news: Mapping[str, Fact]) -> Self:
        return type(self)({**self.by_name, **news}) if news else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and self.by_name == other.by_name

    __hash__ = None  # type: ignore[assignment]


class PlannedCall(Protocol):
    """What a call would like to use, as far as the upstream decides about it."""

    @property
    def route(self) -> str: ...
    @property
    def is_large(self) -> bool: ...
    @property
    def streaming(self) -> str: ...  # NOT, SLOW or PREVIEWS


class Offer(Protocol):
    """What an upstream was set up for, and what was learned about it since."""

    @property
    def can_stream(self) -> bool: ...
    @property
    def can_async(self) -> bool: ...
    @property
    def facts(self) -> Facts: ...


def uses(call: PlannedCall, offer: Offer) -> frozenset[str]:
    """What a call uses at this upstream. A task needs no open connection, so only previews are worth a stream there."""
    has_tasks = offer.can_async and offer.facts.is_usable(ASYNC) and call.route != RESPOND
    wants_stream = call.streaming == PREVIEWS or (call.streaming == SLOW and not has_tasks)
    used = {call.route}
    if call.is_large:
        used.add(LARGE)
    if wants_stream and offer.can_stream and offer.facts.is_usable(STREAM):
        used.add(STREAM)
    elif has_tasks:
        used.add(ASYNC)
    return frozenset(used)


def to_key(used: Collection[str]) -> str:
    """A set of capabilities as it is stored: `edit+large`."""
    return "+".join(name for name in NAMES if name in used)


def from_key(key: str) -> frozenset[str]:
    return frozenset(filter(None, key.split("+")))
