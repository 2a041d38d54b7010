"""One call as it came in: its ids, its key's fingerprint, and what the billing log will say of it."""

import re
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from studio.images import ImageFile
from studio.sandbox import credentials
from studio.sandbox.order import Order

_VALID_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass
class Call:
    """The ids are a caller's own valid ones, else new; `upstream_id` is the one OpenAI would have given.

    `is_per_picture` says that its key is billed by the picture.
    """

    id: str
    client_id: str
    upstream_id: str
    fingerprint: str | None
    seed: str
    is_per_picture: bool = False
    started: float = field(default_factory=time.monotonic)
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> "Call":
        """Read a request's ids and credential."""
        own, client = _id(request, "x-request-id"), _id(request, "x-client-request-id")
        return cls(
            id=own or str(uuid.uuid4()),
            client_id=client or str(uuid.uuid4()),
            upstream_id=f"req_{uuid.uuid4().hex}",
            fingerprint=credentials.fingerprint(credentials.presented(request)),
            seed=client or own,
            is_per_picture=credentials.is_per_picture(credentials.presented(request)),
        )

    def stamp(self, response: Response, *, is_success: bool) -> Response:
        """Add the ids as sub2api does: the upstream's own only on success, as a second `x-request-id`."""
        response.headers["x-request-id"] = self.id
        response.headers["x-client-request-id"] = self.client_id
        if is_success:
            response.raw_headers.append((b"x-request-id", self.upstream_id.encode()))
        return response

    def describe(self, order: Order) -> None:
        """Note for the log what was asked for."""
        original = order.original
        self.facts |= {
            "images": [_described(image) for image in original.images] if original else [],
            "mask": _described(original.mask) if original and original.mask else None,
            "model": order.model,
            "size": order.told_size,
            "quality": order.told_quality,
            "n": order.n,
            "user": order.user,
            "stream": order.stream,
            "prompt_sha256": order.prompt_sha256,
        }

    def line(self, *, status: int | None, billed: bool, **extra: Any) -> dict[str, Any]:
        """The call's line in the billing log; `status` None means that no answer was ever given."""
        line: dict[str, Any] = {
            "id": self.id,
            "client_id": self.client_id,
            "upstream_id": self.upstream_id,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "key": self.fingerprint,
            "endpoint": None,
            "images": [],
            "mask": None,
            "model": None,
            "size": None,
            "quality": None,
            "n": None,
            "user": None,
            "stream": None,
            "partials": 0,
            "prompt_sha256": None,
            "fault": None,
            "usage": None,
            "cost": "0",
            "main_model": None,
            "text_usage": None,
            "text_cost": "0",
            "took_ms": round((time.monotonic() - self.started) * 1000),
            "status": status,
            "billed": billed,
        }
        return line | self.facts | extra


def _described(file: ImageFile) -> dict[str, Any]:
    return {"format": file.format, "size": f"{file.width}x{file.height}", "bytes": file.byte_count}


def _id(request: Request, header: str) -> str:
    value = request.headers.get(header, "")
    return value if _VALID_ID.fullmatch(value) else ""
