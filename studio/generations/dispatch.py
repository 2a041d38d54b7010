"""What follows a failed attempt: a pure function over the error, and the only retry in the system.

error                          next step
───────────────────────────    ─────────────────────────────────────────────────────────────
may have been billed           GiveUp(charge="maybe"): never sent again without a person's word
busy, says until when          Retry(then): waiting costs nothing and is shown with its time
never sent, busy otherwise     Retry(soon), at most MAX_RETRIES times a round, with jitter
refused                        GiveUp(charge="no")

Whatever another upstream may well manage goes there, as soon as one is ready: nothing was charged for it here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from studio.gateway.errors import GatewayError, ImageFieldRefused, Unavailable

MAX_RETRIES = 2
FIRST_DELAY = 2.0  # seconds; doubled by each further retry
LONGEST_WAIT = timedelta(hours=24)
COOLDOWN, SLOT = "cooldown", "slot"  # what the job says it waits for


@dataclass(frozen=True)
class Retry:
    at: datetime
    waiting_for: str


@dataclass(frozen=True)
class GiveUp:
    charge: str  # "no" | "maybe"


def next_step(
    *, error: GatewayError, failed_before: int, now: datetime, jitter: float, elsewhere_at: datetime | None = None
) -> Retry | GiveUp:
    """Decide by the error, by how many attempts of this round failed before it, and by a jitter of 0–1.

    `elsewhere_at` is when an upstream that has not failed this job may take it, if there is one.
    """
    if isinstance(error, ImageFieldRefused) and not failed_before:
        return Retry(at=now, waiting_for=SLOT)
    if error.maybe_billed:
        return GiveUp(charge="maybe")
    here = step_here(error=error, failed_before=failed_before, now=now, jitter=jitter)
    if not error.elsewhere or elsewhere_at is None or elsewhere_at - now > LONGEST_WAIT:
        return here
    if isinstance(error, Unavailable) and failed_before >= MAX_RETRIES:
        return here  # three gateways that are down are enough to say so
    at = min(here.at, elsewhere_at) if isinstance(here, Retry) else elsewhere_at
    return Retry(at=at, waiting_for=COOLDOWN if at > now else SLOT)


def step_here(*, error: GatewayError, failed_before: int, now: datetime, jitter: float) -> Retry | GiveUp:
    """What follows where there is only this upstream."""
    if not error.retryable:
        return GiveUp(charge="no")
    if error.retry_after is not None and timedelta(seconds=error.retry_after) <= LONGEST_WAIT:
        return Retry(at=now + timedelta(seconds=error.retry_after + jitter), waiting_for=COOLDOWN)
    if failed_before < MAX_RETRIES:
        delay = FIRST_DELAY * 2**failed_before * (0.5 + jitter)
        return Retry(at=now + timedelta(seconds=delay), waiting_for=SLOT)
    return GiveUp(charge="no")
