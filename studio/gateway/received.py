"""What is known about a reply once it is complete in its file."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from .parsed_reply import ParsedReply


@dataclass(frozen=True, kw_only=True)
class Received:
    """A complete reply in the file at `path`; `latency` is seconds from sending the request to the last byte.

    `reported_cost` is what the gateway's headers say it cost, in USD.
    """

    path: Path
    status: int
    request_id: str | None
    upstream_request_id: str | None
    latency: float
    content_type: str
    partial_count: int
    streamed: bool
    first_byte_at: datetime
    reported_cost: Decimal | None = None
    parsed: ParsedReply | None = field(default=None, repr=False, compare=False)

    def take_parsed[T](self, kind: type[T]) -> tuple[T, ...]:
        """What the call has parsed already, once; empty when the file is to be read, or when it is of another kind."""
        parts = self.parsed.take() if self.parsed else ()
        return tuple(part for part in parts if isinstance(part, kind))
