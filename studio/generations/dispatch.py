"""What follows a failed attempt: a pure function over request, attempts and error, and the only retry in the system.

error                                        next step
─────────────────────────────────────────    ─────────────────────────────────────────────────────────────────────
the pictures' form field was refused, once   Retry(now): the other field is tried
image tasks were refused, once               Retry(now): the picture is asked for without one
an optional parameter was refused, once      Retry(now, without it): the upstream remembers, the person is told
an earlier reply is not known there, once    Retry(now): what was said is said again
may have been billed                         GiveUp(MAYBE_BILLED): asked about, never sent again by itself
refused for the wish itself                  GiveUp(REFUSED): moderation and wrong wishes are refused everywhere
refused for the account, there is another    Retry(when it is ready): nothing was charged for it here
refused for the account, there is no other   GiveUp(REFUSED)
a limit that says until when                 Retry(then, or elsewhere sooner): waiting is free and shown with its time
never sent, early 502–504, limit unsaid      Retry(soon, with jitter), MAX_RETRIES times for the same request
early 502–504 after that, a large picture    Fallback(the next step down), where a person allows it
whatever is left                             GiveUp(TRIED_ENOUGH)

`images.ladder` says what the steps down are. A failure that may have been billed has an offer of the next one, too, but
only a person takes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.images import ImageRequest, ladder, parameter_name

MAX_RETRIES = 2
FIRST_DELAY = 2.0  # seconds; doubled by each further retry, but never beyond a minute or so
DOUBLINGS = 5
LONGEST_WAIT = timedelta(hours=24)
COOLDOWN, SLOT = "cooldown", "slot"  # what the job says it waits for
ASK, AUTOMATIC, NEVER = "ask", "automatic", "never"  # what a person said about steps down

# Optional parameters that only a conversation's call has, around the request of its picture.
OF_CONVERSATIONS = ("store", "instructions", "safety_identifier", "action")
LIMITS = (errors.RateLimited, errors.WindowUsedUp)
LIMIT_KINDS = {limit.kind for limit in LIMITS}
# What less to draw may help against. An address that cannot be reached, or a limit, is the same for any size.
TOO_MUCH = (errors.Unavailable,)
MAYBE_TOO_MUCH = (
    errors.LateFailure,
    errors.DeadlinePassed,
    errors.StreamSilent,
    errors.ConnectionCut,
    errors.ReplyTooLarge,
    errors.ReplyUnreadable,
    errors.NoPicture,
)
# Refusals of the way a wish was put: the upstream remembers, and is asked the other way.
PUT_DIFFERENTLY = (errors.ImageFieldRefused, errors.TasksRefused, errors.ReplyForgotten)
NOT_TOO_MUCH = (errors.PictureOutOfReach,)


class Tried(Protocol):
    """What counts of an earlier attempt of the same round."""

    size: str
    quality: str
    error_kind: str
    error_param: str
    retry_at: datetime | None  # when the gateway said it may be asked again


class Reason(StrEnum):
    """Why nothing more is sent."""

    REFUSED = "refused"
    TRIED_ENOUGH = "tried_enough"
    MAYBE_BILLED = "maybe_billed"


@dataclass(frozen=True)
class Retry:
    """The same request again, not before `at`; `without` is an optional parameter that is left out from now on."""

    at: datetime
    waiting_for: str = SLOT
    without: str = ""
    is_here: bool = False  # the upstream it failed at is to be tried again


@dataclass(frozen=True)
class Fallback:
    """Something smaller or simpler instead: at once, or when a person has said yes to it."""

    request: ImageRequest
    is_agreed: bool


@dataclass(frozen=True)
class GiveUp:
    """Nothing more by itself; `offer` is what a person may have drawn instead."""

    reason: Reason
    offer: ImageRequest | None = None

    @property
    def charge(self) -> str:
        return "maybe" if self.reason is Reason.MAYBE_BILLED else "no"


type Step = Retry | Fallback | GiveUp


def next_step(
    request: ImageRequest,
    attempts: Sequence[Tried],
    error: GatewayError,
    *,
    consent: str = ASK,
    elsewhere_at: datetime | None = None,
    now: datetime,
    jitter: float,
) -> Step:
    """Decide by what was sent, by the attempts of this round that failed before, and by how the last one ended.

    `elsewhere_at` is when an upstream that has not failed this job may take it, if there is one; `jitter` is 0 to 1.
    """
    if isinstance(error, PUT_DIFFERENTLY) and all(tried.error_kind != error.kind for tried in attempts):
        return Retry(at=now, is_here=True)
    if spared := spared_parameter(request, attempts, error):
        return Retry(at=now, without=spared, is_here=True)
    down = next((step for step in ladder(request) if consent != NEVER), None)
    if error.maybe_billed:
        return GiveUp(Reason.MAYBE_BILLED, offer=down if less_may_help(type(error)) else None)
    if again := retry_anywhere(error, request, attempts, elsewhere_at=elsewhere_at, now=now, jitter=jitter):
        return again
    if down and less_may_help(type(error)):
        return Fallback(down, is_agreed=consent == AUTOMATIC)
    return GiveUp(Reason.TRIED_ENOUGH if error.retryable else Reason.REFUSED)


def spared_parameter(request: ImageRequest, attempts: Sequence[Tried], error: GatewayError) -> str:
    """The optional parameter that was refused, was sent, and was not refused before; empty where there is none."""
    if not isinstance(error, errors.ParameterRefused) or not error.param:
        return ""
    name = parameter_name(error.param)
    if name not in OF_CONVERSATIONS and request.without(name) is None:
        return ""
    before = [parameter_name(tried.error_param) for tried in attempts if tried.error_kind == error.kind]
    return name if name not in before else ""


def less_may_help(kind: type[GatewayError]) -> bool:
    """Whether a smaller or simpler picture may come where this one ended so."""
    return issubclass(kind, (*TOO_MUCH, *MAYBE_TOO_MUCH)) and not issubclass(kind, NOT_TOO_MUCH)


def retry_anywhere(
    error: GatewayError,
    request: ImageRequest,
    attempts: Sequence[Tried],
    *,
    elsewhere_at: datetime | None,
    now: datetime,
    jitter: float,
) -> Retry | None:
    """The same request again, here or at another upstream, whichever may be sooner."""
    failures, waits = counts(request, attempts)
    here = retry_here(error, failures=failures, waits=waits, now=now, jitter=jitter)
    if not error.elsewhere or elsewhere_at is None or elsewhere_at - now > LONGEST_WAIT:
        return here
    if isinstance(error, errors.Unavailable) and failures >= MAX_RETRIES:
        return None  # three gateways that are down are enough to say so
    at = min(here.at, elsewhere_at) if here else elsewhere_at
    return Retry(at=at, waiting_for=COOLDOWN if at > now else SLOT)


def counts(request: ImageRequest, attempts: Sequence[Tried]) -> tuple[int, int]:
    """How often this very request failed before, and how often it only met a limit that said until when."""
    sent = (str(request.size), request.quality)
    same = [tried for tried in attempts if (tried.size, tried.quality) == sent]
    waits = sum(tried.retry_at is not None and tried.error_kind in LIMIT_KINDS for tried in same)
    return len(same) - waits, waits


def retry_here(error: GatewayError, *, failures: int, waits: int, now: datetime, jitter: float) -> Retry | None:
    """The same request again at the same upstream, each time a little later."""
    told = error.retry_after
    if not error.retryable or (told is not None and timedelta(seconds=told) > LONGEST_WAIT):
        return None
    is_limit = isinstance(error, LIMITS) and told is not None
    if failures >= MAX_RETRIES and not is_limit:
        return None
    delay = FIRST_DELAY * 2 ** min(waits if is_limit else failures, DOUBLINGS) * (0.5 + jitter)
    seconds = max(delay, (told or 0) + jitter)
    return Retry(at=now + timedelta(seconds=seconds), waiting_for=SLOT if told is None else COOLDOWN)
