"""What a bad end says about its upstream: that it rests, that it is switched off, or nothing at all.

error                                      what becomes of the upstream
──────────────────────────────────────     ───────────────────────────────────────────────────────────────────
the key is wrong, or may not do this       switched off, and admins are told: only they can mend it
429, a rate                                rests until it says, else RATE_PAUSE
429, the plan's window                     rests until it resets, else WINDOW_PAUSE
429 or 402, no money                       rests QUOTA_PAUSE, and admins are told
the address answers, but not as one        rests ADMIN_PAUSE, and admins are told
never sent                                 rests a little at once, longer each time
anything else that is its own doing        counted; the third in a row and every further one make it rest
the wish, or the studio, is to blame       nothing
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.upstreams.choice import UNHEALTHY
from studio.upstreams.models import Alert, Upstream

from .errors import KeyUnreadable, PictureBroken, StudioFault, by_kind

RATE_PAUSE = timedelta(seconds=20)
WINDOW_PAUSE = timedelta(minutes=15)
QUOTA_PAUSE = timedelta(hours=1)
ADMIN_PAUSE = timedelta(minutes=10)
FIRST_PAUSE = timedelta(seconds=2)  # doubled by each further bad end in a row
UNWELL_PAUSE = timedelta(seconds=10)  # likewise, from the third in a row
LONGEST_PAUSE = timedelta(minutes=5)

FATAL = (errors.KeyRefused, errors.AccessDenied, KeyUnreadable)
UNREACHED = (errors.NameNotFound, errors.TlsFailed, errors.ConnectFailed)
LIMITS = (errors.RateLimited, errors.WindowUsedUp, errors.QuotaSpent)
ASTRAY = (errors.AddressRefused, errors.CannotDraw, errors.Challenged, errors.Redirected, errors.RouteNotFound)
BLAMELESS = (errors.ContentRefused, errors.RequestRefused, errors.StorageFailed, StudioFault)


@dataclass(frozen=True)
class Rest:
    """No call for so long; `needs_admin` where it will hardly get well by itself."""

    duration: timedelta
    needs_admin: bool = False


@dataclass(frozen=True)
class SwitchOff:
    """No call before an admin says so."""


def reaction(error: GatewayError, *, in_row: int) -> Rest | SwitchOff | None:
    """What follows for the upstream; `in_row` counts its bad ends without a picture in between, this one included."""
    if is_fatal(error):
        return SwitchOff()
    if isinstance(error, LIMITS):
        return Rest(told(error) or pause_at(error), needs_admin=isinstance(error, errors.QuotaSpent))
    if isinstance(error, ASTRAY):
        return Rest(ADMIN_PAUSE, needs_admin=True)
    if isinstance(error, UNREACHED):
        return Rest(doubled(FIRST_PAUSE, in_row - 1))
    if is_trouble(error) and (told(error) or in_row >= UNHEALTHY):
        return Rest(told(error) or doubled(UNWELL_PAUSE, in_row - UNHEALTHY))
    return None


def is_fatal(error: GatewayError) -> bool:
    """401 and 403 about the key; a page for people in between is none, nor is a gateway that ran out of money."""
    if isinstance(error, errors.CannotDraw):
        return error.status == 403
    return isinstance(error, FATAL) and not isinstance(error, errors.Challenged)


def is_trouble(error: GatewayError) -> bool:
    """Whether it counts against the upstream's health."""
    if isinstance(error, PictureBroken):
        return True
    return not isinstance(error, (*BLAMELESS, *LIMITS)) and not is_fatal(error)


def is_blameless(kind: str) -> bool:
    """Whether the upstream is not to blame for a bad end of this kind."""
    error = by_kind().get(kind)
    return error is not None and issubclass(error, BLAMELESS) and not issubclass(error, PictureBroken)


def told(error: GatewayError) -> timedelta | None:
    return timedelta(seconds=error.retry_after) if error.retry_after else None


def pause_at(error: GatewayError) -> timedelta:
    if isinstance(error, errors.QuotaSpent):
        return QUOTA_PAUSE
    return WINDOW_PAUSE if isinstance(error, errors.WindowUsedUp) else RATE_PAUSE


def doubled(pause: timedelta, times: int) -> timedelta:
    return min(pause * 2 ** min(times, 16), LONGEST_PAUSE)


def note(upstream: Upstream, *, error: GatewayError, now: datetime) -> None:
    """Do what follows for the upstream; the last step of a transaction, for its row is one for all calls."""
    in_row = upstream.note_trouble() if is_trouble(error) else 0
    match reaction(error, in_row=in_row):
        case SwitchOff():
            if upstream.switch_off(reason=error.kind):
                Alert.objects.sound(upstream=upstream, kind=Alert.Kind.SWITCHED_OFF, reason=error.kind, now=now)
        case Rest(duration, needs_admin):
            upstream.cool_down(until=now + duration, reason=error.kind)
            if needs_admin:
                Alert.objects.sound(upstream=upstream, kind=Alert.Kind.COOLING, reason=error.kind, now=now)


DOWNGRADE_RUN = 3  # pictures in a row that were not what was asked for, before admins are told


def note_picture(upstream: Upstream, *, is_as_asked: bool, now: datetime) -> None:
    """A picture came: whatever was wrong is over, unless it is that the pictures are not what was asked for."""
    in_row = upstream.note_picture(is_as_asked=is_as_asked)
    over = [Alert.Kind.COOLING, *([Alert.Kind.DOWNGRADES] if is_as_asked else [])]
    upstream.alerts.filter(kind__in=over).close(now=now)  # type: ignore[attr-defined]
    if in_row >= DOWNGRADE_RUN:
        Alert.objects.sound(upstream=upstream, kind=Alert.Kind.DOWNGRADES, reason="", now=now)
