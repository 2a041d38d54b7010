"""What follows a failed attempt: a pure function of request, attempts and error, and the only retry in the system.

error                                        next step
─────────────────────────────────────────    ─────────────────────────────────────────────────────────────────────
form field of the pictures refused, once     Retry(now): the other field name is used
image tasks refused, once                    Retry(now): sent as an ordinary call
an optional parameter refused, once          Retry(now, without it): remembered for the upstream, shown to the person
an earlier reply is unknown there, once      Retry(now): the whole conversation is sent again
may have been billed                         GiveUp(MAYBE_BILLED): only a person may send it again
refused for the request itself               GiveUp(REFUSED): every upstream would refuse it
refused for the account, there is another    Retry(when the other is ready): nothing was charged here
refused for the account, there is no other   GiveUp(REFUSED)
a limit                                      Retry(when it may be over, or elsewhere sooner): waiting costs nothing
an error instead of a stream, once           Retry(soon, at the same upstream, which is called without a stream now)
never sent, early 502–504                    Retry(soon, with jitter), MAX_RETRIES times for the same request
early 502–504 after that, a large picture    Fallback(the next step), where the person allows it
anything else                                GiveUp(RETRIES_EXHAUSTED or REFUSED)

`images.fallback_steps` lists the fallback steps. A failure that may have been billed offers the next step too,
(`fallback.next_offer`), but only a person takes it.

Who is charged: an answer is *late* when such a picture could have been drawn by then (`GatewayError.is_late`): later
than the quickest picture of that size and quality at this upstream, else than a quarter of the documented time.

answer                                       surely not charged
─────────────────────────────────────────    ─────────────────────────────────────────────────────────────────────
never sent, or not completely                always
401 402 403 404 405 413 429, a redirect      always: the gateway turned the call away before it began
an image field, a task or a parameter        always: it was read and not carried out
refused for its content, 400, 422            unless it is late: what drew the picture may have refused it then
502–504 in the gateway's own words           unless it is late
the gateway is not set up for it             unless it is late
500, 408, 499, 520–524, a proxy's page       never
cut, silent, out of time, unreadable         never
a fault of the studio once the call was sent never
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.images import ImageRequest, fallback_steps, parameter_name

MAX_RETRIES = 2
FIRST_DELAY = 2.0  # seconds; doubled by each further retry, at most DOUBLINGS times
DOUBLINGS = 5
LONGEST_WAIT = timedelta(hours=24)
COOLDOWN, SLOT = "cooldown", "slot"  # values of Job.WaitingFor
ASK, AUTOMATIC, NEVER = "ask", "automatic", "never"  # values of User.Fallback

# Optional parameters of a conversation's call; they are not part of its image request.
CONVERSATION_PARAMETERS = ("store", "instructions", "safety_identifier", "action")
LIMITS = (errors.RateLimited, errors.WindowUsedUp)
LIMIT_KINDS = {limit.kind for limit in LIMITS}
# Failures that a smaller picture may avoid. An unreachable address or a limit is the same for any size.
FALLBACK_MAY_HELP = (
    errors.Unavailable,
    errors.LateFailure,
    errors.DeadlinePassed,
    errors.StreamSilent,
    errors.ConnectionCut,
    errors.ReplyTooLarge,
    errors.ReplyUnreadable,
    errors.NoPicture,
)
FALLBACK_NEVER_HELPS = (errors.PictureOutOfReach,)  # though it is a kind of one of those above
# Refusals of how a request was encoded: remembered for the upstream, which gets it the other way.
ENCODING_REFUSED = (errors.ImageFieldRefused, errors.TasksRefused, errors.ReplyForgotten)
# Refusals that end a call before anything is drawn, however late they come.
TURNED_AWAY = (
    errors.NotSent,
    *LIMITS,
    errors.QuotaSpent,
    errors.KeyRefused,
    errors.AccessDenied,
    errors.ModelNotFound,
    errors.RouteNotFound,
    errors.Redirected,
    errors.RequestTooLarge,
    errors.ParameterRefused,
    *ENCODING_REFUSED,
)


class PastAttempt(Protocol):
    """An earlier attempt of the same round, as far as the decision depends on it."""

    size: str
    quality: str
    error_kind: str
    error_param: str
    retry_at: datetime | None  # when the gateway said it may be asked again


class Reason(StrEnum):
    """Why nothing more is sent."""

    REFUSED = "refused"
    RETRIES_EXHAUSTED = "retries_exhausted"
    MAYBE_BILLED = "maybe_billed"


@dataclass(frozen=True)
class Retry:
    """Send the same request again, not before `at`; `without` is an optional parameter to leave out from now on."""

    at: datetime
    waiting_for: str = SLOT
    without: str = ""
    is_same_upstream: bool = False  # go back to the upstream it failed at


@dataclass(frozen=True)
class Fallback:
    """Send a smaller or simpler request instead: at once if `is_agreed`, else when the person agrees."""

    request: ImageRequest
    is_agreed: bool


@dataclass(frozen=True)
class GiveUp:
    """Send nothing more."""

    reason: Reason

    @property
    def charge(self) -> str:
        return "maybe" if self.reason is Reason.MAYBE_BILLED else "no"


type Step = Retry | Fallback | GiveUp


def may_be_billed(error: GatewayError) -> bool:
    """Whether the call may have cost money; see the second table above."""
    return error.maybe_billed or (error.is_late and not isinstance(error, TURNED_AWAY))


def next_step(
    request: ImageRequest,
    attempts: Sequence[PastAttempt],
    error: GatewayError,
    *,
    consent: str = ASK,
    elsewhere_at: datetime | None = None,
    limit_ends_at: datetime | None = None,
    now: datetime,
    jitter: float,
) -> Step:
    """Decide from the request that was sent, the earlier attempts of this round, and the error of the last one.

    `elsewhere_at` is when another upstream, one this job has not failed at, may take it; None if there is none.
    `limit_ends_at` is when the limit it met may be over; None for other errors. `jitter` is 0 to 1.
    """
    if isinstance(error, ENCODING_REFUSED) and is_first(error, attempts):
        return Retry(at=now, is_same_upstream=True)
    if refused := refused_parameter(request, attempts, error):
        return Retry(at=now, without=refused, is_same_upstream=True)
    if may_be_billed(error):
        return GiveUp(Reason.MAYBE_BILLED)
    if request.stream and isinstance(error, errors.Unavailable) and is_first(error, attempts):
        return Retry(at=now + timedelta(seconds=FIRST_DELAY * (0.5 + jitter)), is_same_upstream=True)
    here = retry_here(error, request, attempts, limit_ends_at=limit_ends_at, now=now, jitter=jitter)
    if retry := retry_anywhere(error, here, count_failures(request, attempts), elsewhere_at=elsewhere_at, now=now):
        return retry
    smaller = next(iter(fallback_steps(request)), None)
    if smaller and consent != NEVER and fallback_may_help(type(error)):
        return Fallback(smaller, is_agreed=consent == AUTOMATIC)
    return GiveUp(Reason.RETRIES_EXHAUSTED if error.retryable else Reason.REFUSED)


def is_first(error: GatewayError, attempts: Sequence[PastAttempt]) -> bool:
    """Whether no earlier attempt of the round ended so."""
    return all(attempt.error_kind != error.kind for attempt in attempts)


def refused_parameter(request: ImageRequest, attempts: Sequence[PastAttempt], error: GatewayError) -> str:
    """The optional parameter that was sent and is refused for the first time; empty if there is none."""
    if not isinstance(error, errors.ParameterRefused) or not error.param:
        return ""
    name = parameter_name(error.param)
    if name not in CONVERSATION_PARAMETERS and request.without(name) is None:
        return ""
    before = [parameter_name(attempt.error_param) for attempt in attempts if attempt.error_kind == error.kind]
    return name if name not in before else ""


def fallback_may_help(kind: type[GatewayError]) -> bool:
    """Whether a smaller or simpler picture may succeed where this kind of error ended a larger one."""
    return issubclass(kind, FALLBACK_MAY_HELP) and not issubclass(kind, FALLBACK_NEVER_HELPS)


def retry_anywhere(
    error: GatewayError, here: Retry | None, failures: int, *, elsewhere_at: datetime | None, now: datetime
) -> Retry | None:
    """The same request again, at this upstream (`here`) or another, whichever is ready sooner."""
    if not error.may_succeed_elsewhere or elsewhere_at is None or elsewhere_at - now > LONGEST_WAIT:
        return here
    if isinstance(error, errors.Unavailable) and failures >= MAX_RETRIES:
        return None  # three gateways are down: a fourth would hardly do better
    at = min(here.at, elsewhere_at) if here else elsewhere_at
    return Retry(at=at, waiting_for=COOLDOWN if at > now else SLOT)


def count_failures(request: ImageRequest, attempts: Sequence[PastAttempt]) -> int:
    """How often this very request failed before; meeting a limit is no failure."""
    sent = (str(request.size), request.quality)
    same = [attempt for attempt in attempts if (attempt.size, attempt.quality) == sent]
    return sum(attempt.error_kind not in LIMIT_KINDS for attempt in same)


def retry_here(
    error: GatewayError,
    request: ImageRequest,
    attempts: Sequence[PastAttempt],
    *,
    limit_ends_at: datetime | None,
    now: datetime,
    jitter: float,
) -> Retry | None:
    """The same request again at the same upstream: when its limit is over, or with a delay that doubles each time."""
    retry_after = error.retry_after
    if not error.retryable or (retry_after is not None and timedelta(seconds=retry_after) > LONGEST_WAIT):
        return None
    if limit_ends_at is not None:
        return Retry(at=limit_ends_at, waiting_for=COOLDOWN)
    failures = count_failures(request, attempts)
    if failures >= MAX_RETRIES:
        return None
    delay = FIRST_DELAY * 2 ** min(failures, DOUBLINGS) * (0.5 + jitter)
    seconds = max(delay, (retry_after or 0) + jitter)
    return Retry(at=now + timedelta(seconds=seconds), waiting_for=SLOT if retry_after is None else COOLDOWN)
