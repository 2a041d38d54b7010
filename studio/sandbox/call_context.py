"""One HTTP call: its ids, the hash of its key, and the fields of its billing log line."""

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
from studio.sandbox.drawing_spec import DrawingSpec

_VALID_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass
class CallContext:
    """Ids are the caller's own where they are valid, else new; `upstream_id` is the one OpenAI would have given.

    `seed` is the caller's own id or empty; `is_per_picture` says that the key is billed by the picture.
    """

    id: str
    client_id: str
    upstream_id: str
    key_hash: str | None
    seed: str
    is_per_picture: bool = False
    started: float = field(default_factory=time.monotonic)
    log_fields: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_request(cls, request: Request) -> "CallContext":
        """Read the ids and the key of a request."""
        own, client = _id(request, "x-request-id"), _id(request, "x-client-request-id")
        return cls(
            id=own or str(uuid.uuid4()),
            client_id=client or str(uuid.uuid4()),
            upstream_id=f"req_{uuid.uuid4().hex}",
            key_hash=credentials.key_hash(credentials.key_of(request)),
            seed=client or own,
            is_per_picture=credentials.is_per_picture(credentials.key_of(request)),
        )

    def add_ids(self, response: Response, *, is_success: bool) -> Response:
        """Add the ids to the headers as sub2api does: the upstream's only on success, as a second `x-request-id`."""
        response.headers["x-request-id"] = self.id
        response.headers["x-client-request-id"] = self.client_id
        if is_success:
            response.raw_headers.append((b"x-request-id", self.upstream_id.encode()))
        return response

    def log_spec(self, spec: DrawingSpec) -> None:
        """Add what was requested to the fields of the log line."""
        source = spec.source
        self.log_fields |= {
            "images": [_file_fields(image) for image in source.images] if source else [],
            "mask": _file_fields(source.mask) if source and source.mask else None,
            "model": spec.model,
            "size": spec.reported_size,
            "quality": spec.reported_quality,
            "n": spec.n,
            "user": spec.user,
            "stream": spec.stream,
            "prompt_sha256": spec.prompt_sha256,
        }

    def log_line(self, *, status: int | None, billed: bool, **extra: Any) -> dict[str, Any]:
        """The call's line in the billing log; `status` is None when no reply was ever given."""
        line: dict[str, Any] = {
            "id": self.id,
            "client_id": self.client_id,
            "upstream_id": self.upstream_id,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "key": self.key_hash,
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
        return line | self.log_fields | extra


def _file_fields(file: ImageFile) -> dict[str, Any]:
    return {"format": file.format, "size": f"{file.width}x{file.height}", "bytes": file.byte_count}


def _id(request: Request, header: str) -> str:
    value = request.headers.get(header, "")
    return value if _VALID_ID.fullmatch(value) else ""
