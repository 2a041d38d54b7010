"""What the page of an upstream says of its capabilities, and of the kinds of calls it is held for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import error_types_by_kind
from studio.upstreams import capabilities
from studio.upstreams.breakers import LIMIT, Breaker, Breakers
from studio.upstreams.capabilities import (
    ASYNC,
    DOUBTED,
    LABELS,
    LARGE,
    OFFERED,
    RESPOND,
    SMALLER,
    STREAM,
    Fact,
)
from studio.upstreams.models import Lane, Upstream

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"


@dataclass(frozen=True)
class Capability:
    """A line of the table: a capability, what is known of it, since when, and the gateway's own words."""

    label: str
    verdict: str  # GOOD | BAD | UNKNOWN
    sentence: str
    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class Failures:
    """Failures in a row of one kind of call."""

    label: str
    count: int
    sentence: str
    until: datetime | None  # while such calls are held


def capabilities_of(upstream: Upstream) -> list[Capability]:
    facts = upstream.facts.by_name
    return [capability(name, facts.get(name), upstream) for name in capabilities.NAMES]


def capability(name: str, fact: Fact | None, upstream: Upstream) -> Capability:
    label = str(LABELS[name])
    set_up = {STREAM: upstream.can_stream, RESPOND: upstream.can_respond, ASYNC: upstream.can_async}
    if not set_up.get(name, True):
        return Capability(label, UNKNOWN, _("Not used: switched off below."))
    if fact is None:
        return Capability(label, UNKNOWN, _("Not seen yet."))
    since, detail = fact.since, fact.detail
    if fact.state == OFFERED:
        return Capability(label, GOOD, _("Works."), since)
    if fact.state == DOUBTED:
        return Capability(label, BAD, _("Failed. The next such picture is requested without it."), since, detail)
    return Capability(label, BAD, missing_sentence(name, fact), since, detail)


def missing_sentence(name: str, fact: Fact) -> str:
    """That it is not used, and why."""
    if name == STREAM:
        return _("Not used: a stream failed where the same picture came without one. %(why)s") % {"why": why(fact)}
    if name == LARGE and fact.reason == SMALLER:
        return _("Smaller pictures came than were requested; other upstreams come first.")
    return _("Not offered; other upstreams come first. %(why)s") % {"why": why(fact)}


def why(fact: Fact | Breaker) -> str:
    return _(error_types_by_kind().get(fact.reason, GatewayError).sentence)


def failures_of(upstream: Upstream, *, now: datetime) -> Iterator[Failures]:
    """The kinds of calls that failed last, the worst first."""
    breakers = Breakers.from_data(upstream.breakers).by_key
    for key, breaker in sorted(breakers.items(), key=lambda item: -item[1].count):
        until = breaker.held_until if breaker.held_until and breaker.held_until > now else None
        yield Failures(call_label(key), breaker.count, why(breaker), until)


def call_label(key: str) -> str:
    """Such as "Edits · Large pictures", or the lane of a limit."""
    if key.startswith(LIMIT):
        lane = Lane(key.removeprefix(LIMIT)).label
        return _("Limit of the %(lane)s slots") % {"lane": str(lane).lower()}
    return " · ".join(str(LABELS[name]) for name in capabilities.NAMES if name in capabilities.from_key(key))
