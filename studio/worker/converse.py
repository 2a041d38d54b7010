"""The strategy of conversation turns and plans: calls of the Responses API, with pictures, text or both as result."""

from datetime import datetime
from pathlib import Path

from studio.gateway import Gateway, Received, Timeouts, read_response
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import PictureBroken
from studio.generations import dispatch, results
from studio.generations.booking import book_reply, reported_cost
from studio.generations.claims import Call
from studio.generations.models import Attempt
from studio.generations.results import StoredResult
from studio.threads import completion
from studio.threads.turn_request import TurnRequest, build_turn_request

from .strategy import Listeners, call_options, next_step


class ConverseStrategy:
    def prepare(self, call: Call) -> TurnRequest:
        return build_turn_request(call.attempt_id)

    async def call(self, gateway: Gateway, call: Call, prepared: TurnRequest, listeners: Listeners) -> Received:
        timeouts = Timeouts.for_request(prepared.request, limits=call.limits)
        options = call_options(call, listeners, timeouts=timeouts)
        return await gateway.respond(request=prepared.request, on_text=listeners.on_text, **options)

    def complete(self, attempt: Attempt, *, path: Path, received: Received | None, now: datetime) -> None:
        reply = read_response(path, request=completion.request_for(attempt.job.generation), received=received)

        def book_results(stored: list[StoredResult]) -> bool:
            return book_reply(
                attempt,
                completion.delivery_of(attempt, reply, results=stored, received=received),
                received=received,
                now=now,
                save_text=lambda price: completion.save_text(attempt, reply=reply, price=price),
            )

        try:
            results.store(attempt, reply.pictures, book=book_results)
        except PictureBroken as broken:
            broken.add_bill(
                usage=reply.usage.to_wire() if reply.usage else None,
                text_usage=reply.text_usage.to_wire() if reply.text_usage else None,
                reported_cost=reported_cost(reply.reported_cost, received),
            )
            raise

    def explain(self, attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
        return next_step(attempt, error=error, now=now, jitter=jitter)
