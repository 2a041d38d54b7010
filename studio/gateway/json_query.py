"""Asks a gateway for a small JSON object, which is held in memory."""

from collections.abc import Mapping
from typing import Any

import httpx

from .endpoint import Timeouts
from .error_body import MAX_ERROR_BYTES, read_error_body
from .errors import GatewayError, NoPicture, ReplyTooLarge, ReplyUnreadable
from .exchange import Exchange
from .lenient_json import parse_json
from .response_reader import ResponseReader
from .sse import Event

QUICK = Timeouts(connect=5, deadline=15, silence=10)
MAX_ANSWER_BYTES = 4 * MAX_ERROR_BYTES


class MemoryBody:
    """A body in memory, at most 1 MiB."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.may_be_billed = False

    @property
    def byte_count(self) -> int:
        return len(self.content)

    def write(self, chunk: bytes) -> None:
        """Append bytes; raises ReplyTooLarge beyond the cap."""
        if len(self.content) + len(chunk) > MAX_ANSWER_BYTES:
            raise ReplyTooLarge("the answer passed the cap")
        self.content += chunk


class MemoryBodyReader(ResponseReader):
    """Reads an answer that is parsed once it is whole."""

    @property
    def has_picture(self) -> bool:
        return False

    def missing_answer_error(self) -> GatewayError:
        return NoPicture()

    async def _read_event(self, event: Event) -> None:
        """Events are no answer to a query."""


async def query_json(
    client: httpx.AsyncClient,
    call: httpx.Request,
    *,
    timeouts: Timeouts = QUICK,
    secret: str = "",
) -> tuple[Mapping[str, Any], Exchange]:
    """The JSON object that a gateway answers to a free call, and its exchange; raises GatewayError."""
    body = MemoryBody()
    reader = MemoryBodyReader(body)
    exchange = Exchange(reader, timeouts=timeouts, secret=secret)
    try:
        if failure := await exchange.run(client, call):
            raise failure
        await exchange.finish_reading()
        value = parse_json(body.content.decode("utf-8", "replace"))
        if not isinstance(value, Mapping):
            error = None if reader.content_type == "json" else exchange.other_body_error(None)
            raise error or ReplyUnreadable("the answer is no JSON object")
        if value.get("error"):
            raise exchange.classify(read_error_body(value))
    except GatewayError as error:
        error.maybe_billed = False
        exchange.add_request_ids(error)
        raise
    return value, exchange
