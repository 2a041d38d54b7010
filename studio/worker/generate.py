"""The strategies of pictures from a prompt alone: generations and admins' test pictures."""

from datetime import datetime
from pathlib import Path

from studio.gateway import Gateway, Received, Reply, Timeouts, read_reply
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import PictureBroken
from studio.generations import dispatch, results
from studio.generations.booking import Delivery, book_reply, reported_cost
from studio.generations.claims import Call
from studio.generations.costs import formula_usage
from studio.generations.dispatch import GiveUp, Reason, Retry
from studio.generations.models import Attempt
from studio.generations.results import StoredResult

from .strategy import Listeners, call_options, next_step


class GenerateStrategy:
    def prepare(self, call: Call) -> None:
        """Nothing is sent besides the prompt."""

    async def call(self, gateway: Gateway, call: Call, prepared: None, listeners: Listeners) -> Received:
        timeouts = Timeouts.for_request(call.request, limits=call.limits)
        return await gateway.generate(request=call.request, **call_options(call, listeners, timeouts=timeouts))

    def complete(self, attempt: Attempt, *, path: Path, received: Received | None, now: datetime) -> None:
        complete_images(attempt, path=path, received=received, now=now)

    def explain(self, attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
        return next_step(attempt, error=error, now=now, jitter=jitter)


class TestPictureStrategy(GenerateStrategy):
    def explain(self, attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
        """Never retry: the admin wants to see the failure."""
        step = super().explain(attempt, error=error, now=now, jitter=jitter)
        return GiveUp(Reason.RETRIES_EXHAUSTED) if isinstance(step, Retry) else step


def complete_images(attempt: Attempt, *, path: Path, received: Received | None, now: datetime) -> None:
    """Store and book a reply of the Images API."""
    reply = read_reply(path, request=attempt.request, received=received)

    def book_results(stored: list[StoredResult]) -> bool:
        return book_reply(attempt, build_delivery(attempt, reply, stored, received), received=received, now=now)

    try:
        results.store(attempt, reply.pictures, book=book_results)
    except PictureBroken as broken:
        broken.add_bill(
            usage=reply.usage.to_wire() if reply.usage else None,
            reported_cost=reported_cost(reply.reported_cost, received),
        )
        raise


def build_delivery(attempt: Attempt, reply: Reply, stored: list[StoredResult], received: Received | None) -> Delivery:
    raw = stored[0].raw
    usage = reply.usage or formula_usage(
        attempt,
        width=raw.width,
        height=raw.height,
        quality=reply.quality,
        partial_count=received.partial_count if received else attempt.job.partial_count,
    )
    return Delivery(
        results=stored,
        replies=[reply] * len(stored),
        usage=usage,
        reported=reported_cost(reply.reported_cost, received),
    )
