"""The interface of a strategy: the four steps that differ between kinds of generations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from studio.gateway import Gateway, Received
from studio.gateway.errors import GatewayError
from studio.generations import claims, dispatch
from studio.generations.claims import Call
from studio.generations.models import Attempt
from studio.upstreams import health_effects


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """Called on the event loop while a call runs; none of them may block."""

    on_sent: Callable[[], None]
    on_partial: Callable[[str, int], Awaitable[None]]
    on_text: Callable[[str], Awaitable[None]]
    on_task: Callable[[str], Awaitable[None]]


class Strategy[Prepared](Protocol):
    """The steps of a job: `prepare` and `complete` run on a thread that may decode pictures, `call` on the loop."""

    def prepare(self, call: Call) -> Prepared:
        """Read and write what the call sends besides its request; files go into the attempt's outbox."""

    async def call(self, gateway: Gateway, call: Call, prepared: Prepared, listeners: Listeners) -> Received:
        """Make exactly one call, or raise GatewayError."""

    def complete(self, attempt: Attempt, *, path: Path, received: Received | None, now: datetime) -> None:
        """Turn the reply in the inbox into pictures, money and a finished job: bytes first, then one transaction.

        Raise GatewayError when the reply holds nothing usable, files.StorageFull when there is no room for it.
        """

    def explain(self, attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
        """The next step for the job of a failed call."""


def next_step(attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
    """The next step by `dispatch`, from the other attempts of the round and the upstreams that may take the job now."""
    job, request, call, limit_ends_at = attempt.job, attempt.request, attempt.call_facts, None
    if attempt.upstream:
        request = claims.adapt_to_upstream(request, attempt.upstream, used=call.used, alias=attempt.user_alias)
        limit_ends_at = health_effects.limit_ends_at(attempt.upstream, error=error, call=call, now=now)
    return dispatch.next_step(
        request,
        list(job.attempts.filter(round=attempt.round).exclude(pk=attempt.pk)),
        error,
        limit_ends_at=limit_ends_at,
        consent=job.consent,
        elsewhere_at=claims.elsewhere_at(job, than=attempt.upstream, now=now) if error.may_succeed_elsewhere else None,
        now=now,
        jitter=jitter,
    )


def call_options(call: Call, listeners: Listeners, *, timeouts: Any) -> dict[str, Any]:
    """The options of every call besides its request."""
    options: dict[str, Any] = {
        "endpoint": call.endpoint,
        "body_path": call.body_path,
        "timeouts": timeouts,
        "client_request_id": call.client_request_id,
        "on_sent": listeners.on_sent,
        "on_partial": listeners.on_partial,
    }
    return options | ({"on_task": listeners.on_task} if call.is_task else {})
