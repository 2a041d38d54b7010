"""What is known of a reply once it lies in its file."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Self

from .exchange import Exchange


@dataclass(frozen=True, kw_only=True)
class Received:
    """A complete reply that lies at `path`; `latency` is seconds from sending to its last byte.

    `reported_cost` is what the gateway says it cost, in USD.
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

    @classmethod
    def of(cls, exchange: Exchange, path: Path, latency: float) -> Self:
        """What a finished exchange tells of the reply that lies at `path`."""
        assert exchange.head is not None
        request_id, upstream_request_id = exchange.request_ids()
        return cls(
            path=path,
            status=exchange.head.status,
            request_id=request_id,
            upstream_request_id=upstream_request_id,
            latency=latency,
            content_type=exchange.head.headers.get("content-type", "")[:200],
            partial_count=exchange.intake.partial_count,
            streamed=exchange.intake.nature == "events",
            first_byte_at=exchange.head.arrived_at,
            reported_cost=exchange.reported_cost,
        )
