"""How an error affects the health of its upstream: something is held, it is switched off, or it is not affected.

error                                      effect on the upstream
──────────────────────────────────────     ───────────────────────────────────────────────────────────────────
the key is wrong, or lacks permission      switched off, with an alert: only admins can fix it
429 or 402, no money                       paused for QUOTA_PAUSE, with an alert
the address is not a working gateway,      paused for ADMIN_PAUSE, with an alert
or the gateway is not set up
not sent                                   paused briefly, longer each time
429, a rate limit                          its lane is held for the retry-after, else RATE_PAUSE; longer each time
429, the plan's window                     both lanes are held until the reset, else WINDOW_PAUSE
no such route                              learned: such calls go elsewhere
any other failure of the upstream          counted for calls of its kind; these are held from the third in a row on
a fault of the request or the studio       none
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import KeyUnreadable, StudioFault, error_types_by_kind

from . import capabilities
from .breakers import UNHEALTHY, Breakers, call_key, limit_key
from .capabilities import ASYNC, EDIT, LARGE, RESPOND, SMALLER, STREAM, Facts
from .models import Alert, Lane, Upstream

RATE_PAUSE = timedelta(seconds=20)
WINDOW_PAUSE = timedelta(minutes=15)
LONGEST_LIMIT = timedelta(minutes=15)  # between two tries at a limit that names no later time
QUOTA_PAUSE = timedelta(hours=1)
ADMIN_PAUSE = timedelta(minutes=10)
FIRST_PAUSE = timedelta(seconds=2)  # doubled by each further failure in a row
UNWELL_PAUSE = timedelta(seconds=10)  # likewise, from the third in a row
LONGEST_PAUSE = timedelta(minutes=5)

FATAL = (errors.KeyRefused, errors.AccessDenied, KeyUnreadable)
UNREACHED = (errors.NameNotFound, errors.TlsFailed, errors.ConnectFailed)
LIMITS = (errors.RateLimited, errors.WindowUsedUp)
MISCONFIGURED = (
    errors.AddressRefused,
    errors.CannotDraw,
    errors.Challenged,
    errors.Redirected,
    errors.RouteNotFound,
    errors.SetupFault,
)
BLAMELESS = (errors.ContentRefused, errors.RequestRefused, errors.StorageFailed, StudioFault)
# Answers instead of a stream, as gateways give them that cannot stream pictures.
NO_STREAM = (errors.Unavailable, errors.LateFailure, errors.ReplyUnreadable)


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """What a call was: its lane, the capabilities it used, and when it was started."""

    lane: str
    used: frozenset[str]
    started_at: datetime
    has_partials: bool = False  # previews had come
    wanted_stream: bool = False  # it would have been a stream, had the upstream not been found to have none


@dataclass(frozen=True)
class Cooldown:
    """No call for this long; `needs_admin` where it will hardly recover on its own."""

    duration: timedelta
    needs_admin: bool = False


@dataclass(frozen=True)
class SwitchOff:
    """No call until an admin switches it on."""


def reaction(error: GatewayError, *, in_row: int) -> Cooldown | SwitchOff | None:
    """The effect on the whole upstream; `in_row` counts its failures since its last picture, this one included."""
    if is_fatal(error):
        return SwitchOff()
    if isinstance(error, errors.QuotaSpent):
        return Cooldown(retry_after(error) or QUOTA_PAUSE, needs_admin=True)
    if isinstance(error, MISCONFIGURED):
        return Cooldown(ADMIN_PAUSE, needs_admin=True)
    if isinstance(error, UNREACHED):
        return Cooldown(doubled(FIRST_PAUSE, in_row - 1))
    return None


def is_fatal(error: GatewayError) -> bool:
    """Whether it is a 401 or 403 about the key, not a challenge page or a gateway out of money."""
    if isinstance(error, errors.CannotDraw):
        return error.status == 403
    return isinstance(error, FATAL) and not isinstance(error, errors.Challenged)


def counts_against_health(error: GatewayError) -> bool:
    """Whether it counts against the upstream's health."""
    return not isinstance(error, (*BLAMELESS, *LIMITS, errors.QuotaSpent)) and not is_fatal(error)


def is_blameless(kind: str) -> bool:
    """Whether failures of this kind are not the fault of the upstream."""
    error = error_types_by_kind().get(kind)
    return error is not None and issubclass(error, BLAMELESS)


def retry_after(error: GatewayError) -> timedelta | None:
    return timedelta(seconds=error.retry_after) if error.retry_after else None


def doubled(pause: timedelta, times: int, *, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    return min(pause * 2 ** min(times, 16), longest)


# ── Limits: one call of a lane tries again, the others follow its answer ──


def limited(breakers: Breakers, *, error: GatewayError, call: CallFacts, now: datetime) -> Breakers:
    """Hold the lane (for the plan's window: both) until the limit may be over, longer with each try that meets it."""
    lanes = Lane.values if isinstance(error, errors.WindowUsedUp) else [call.lane]
    for lane in lanes:
        key = limit_key(lane)
        known = breakers.by_key.get(key)
        # A call that was under way when the limit was met is no further try.
        is_new_try = known is None or call.started_at > datetime.fromisoformat(known.failed_at)
        if is_new_try:
            breakers = breakers.failed(key, reason=error.kind, now=now)
        until = now + limit_pause(error, in_row=breakers.by_key[key].count)
        breakers = breakers.held(key, until=until)
    return breakers


def limit_pause(error: GatewayError, *, in_row: int) -> timedelta:
    """How long a limit is waited for: as long as the gateway says, and longer each time where that was too short."""
    first = WINDOW_PAUSE if isinstance(error, errors.WindowUsedUp) else RATE_PAUSE
    named = retry_after(error)
    if in_row == 1:
        return named or first
    return max(named or timedelta(0), doubled(first, in_row - 1, longest=LONGEST_LIMIT))


def limit_ends_at(upstream: Upstream, *, error: GatewayError, call: CallFacts, now: datetime) -> datetime | None:
    """Until when this limit will hold such a call, as `record_error` will note it; None for any other error."""
    if not isinstance(error, LIMITS):
        return None
    breakers = limited(Breakers.from_data(upstream.breakers), error=error, call=call, now=now)
    return breakers.held_until(call.used, lane=call.lane, now=now)


# ── What is stored ──


def record_error(upstream: Upstream, *, error: GatewayError, now: datetime, call: CallFacts | None = None) -> None:
    """Apply the effect of an error. Make it the last step of a transaction: all calls share the upstream's row.

    `call` is None where no picture was requested.
    """
    if call:
        upstream.learn(lambda facts: learned_from_error(facts, error=error, call=call, now=now))
        if is_missing_route(error, call):
            return
        upstream.change_breakers(lambda breakers: after_error(breakers, error=error, call=call, now=now))
    in_row = upstream.count_failure() if counts_against_health(error) else 0
    match reaction(error, in_row=in_row):
        case SwitchOff():
            if upstream.switch_off(reason=error.kind):
                Alert.objects.raise_once(upstream=upstream, kind=Alert.Kind.SWITCHED_OFF, reason=error.kind, now=now)
        case Cooldown(duration, needs_admin):
            upstream.pause(until=now + duration, reason=error.kind)
            if needs_admin:
                Alert.objects.raise_once(upstream=upstream, kind=Alert.Kind.PAUSED, reason=error.kind, now=now)


def is_missing_route(error: GatewayError, call: CallFacts) -> bool:
    """Whether one route is missing at a gateway that may well have the others."""
    return isinstance(error, errors.RouteNotFound) and bool(call.used & {EDIT, RESPOND})


def learned_from_error(facts: Facts, *, error: GatewayError, call: CallFacts, now: datetime) -> Facts:
    """What an error shows of the upstream's capabilities."""
    why: dict[str, Any] = {"reason": error.kind, "detail": error.detail[:300], "now": now}
    if isinstance(error, errors.TasksRefused):
        return facts.missed(ASYNC, **why)
    if is_missing_route(error, call):
        [route] = call.used & {EDIT, RESPOND}
        return facts.missed(route, **why)
    if isinstance(error, errors.ParameterRefused) and error.param == STREAM and STREAM in call.used:
        return facts.missed(STREAM, **why)
    if isinstance(error, NO_STREAM) and STREAM in call.used and not call.has_partials:
        return facts.doubted(STREAM, **why)
    if isinstance(error, NO_STREAM) and call.wanted_stream:
        return facts.cleared(STREAM, now=now)
    return facts


def after_error(breakers: Breakers, *, error: GatewayError, call: CallFacts, now: datetime) -> Breakers:
    """The breakers after an error of one kind of call."""
    if isinstance(error, LIMITS):
        return limited(breakers, error=error, call=call, now=now)
    if isinstance(error, errors.ContentRefused | errors.RequestRefused):
        return breakers.answered(lane=call.lane)
    if not counts_against_health(error) or reaction(error, in_row=1) is not None:
        return breakers
    key = call_key(call.used)
    breakers = breakers.failed(key, reason=error.kind, now=now)
    in_row = breakers.by_key[key].count
    if pause := retry_after(error) or (doubled(UNWELL_PAUSE, in_row - UNHEALTHY) if in_row >= UNHEALTHY else None):
        breakers = breakers.held(key, until=now + pause)
    return breakers


DOWNGRADE_RUN = 3  # pictures in a row that were not as requested, before an alert is raised


def record_picture(
    upstream: Upstream,
    *,
    is_as_requested: bool,
    now: datetime,
    call: CallFacts | None = None,
    is_streamed: bool = False,
    is_smaller: bool = False,
) -> bool:
    """A picture came: close the alert of a pause, and that of downgrades where the picture is as requested.

    `is_streamed` says that it came as events, `is_smaller` that a large picture was requested and did not come. Return
    whether that ended a limit.
    """
    had_limit = False
    if call:
        had_limit = limit_key(call.lane) in upstream.breakers
        upstream.learn(
            lambda facts: learned_from_picture(
                facts, call=call, is_streamed=is_streamed, is_smaller=is_smaller, now=now
            )
        )
        upstream.change_breakers(lambda breakers: breakers.worked(call.used, lane=call.lane))
    in_row = upstream.count_picture(is_as_requested=is_as_requested)
    over = [Alert.Kind.PAUSED, *([Alert.Kind.DOWNGRADES] if is_as_requested else [])]
    upstream.alerts.filter(kind__in=over).close(now=now)  # type: ignore[attr-defined]
    if in_row >= DOWNGRADE_RUN:
        Alert.objects.raise_once(upstream=upstream, kind=Alert.Kind.DOWNGRADES, reason="", now=now)
    return had_limit


def learned_from_picture(facts: Facts, *, call: CallFacts, is_streamed: bool, is_smaller: bool, now: datetime) -> Facts:
    """What a picture shows of the upstream's capabilities."""
    unproven = {*(() if is_streamed else (STREAM,)), *((LARGE,) if is_smaller else ())}
    facts = facts.worked([name for name in capabilities.NAMES if name in call.used - unproven], now=now)
    if is_smaller:
        facts = facts.missed(LARGE, reason=SMALLER, now=now)
    return facts.confirmed(STREAM, now=now) if call.wanted_stream else facts
