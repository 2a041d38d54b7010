"""Image tasks that outlive a connection: taken with a 202, drawn unseen, told to the same key (contract §5)."""

import asyncio
import json
import math
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from studio.sandbox.bodies import Body, Site, generated, with_url
from studio.sandbox.drawing import Drawing
from studio.sandbox.refusal import Refusal, from_json

RETRY_SECONDS = 3
LIFE_SECONDS = 24 * 3600
LIMIT = 256
"""Tasks that are remembered; the oldest gives way."""


@dataclass
class Task:
    """A drawing that was taken as a task, and whose it is."""

    drawing: Drawing
    owner: str | None
    created: int = field(default_factory=lambda: int(time.time()))
    id: str = field(default_factory=lambda: f"imgtask_{uuid.uuid4().hex}")
    shown: Body | None = None

    @property
    def status(self) -> str:
        assert self.drawing.task
        if not self.drawing.task.done():
            return "processing"
        return "failed" if self.drawing.has_failed or self.drawing.fault.refusal else "completed"


class Tasks:
    """The tasks of all keys, each found only by the key that made it."""

    def __init__(self, *, speed: float) -> None:
        self._tasks: dict[str, Task] = {}
        self._retry = str(math.ceil(RETRY_SECONDS * min(speed, 1)))

    def take(self, drawing: Drawing, *, owner: str | None, site: Site) -> Response:
        """Accept a drawing that has begun as a task."""
        task = Task(drawing, owner)
        self._tasks[task.id] = task
        while len(self._tasks) > LIMIT:
            self._tasks.pop(next(iter(self._tasks)))
        where = f"{site.base}/v1/images/tasks/{task.id}"
        headers = {"location": where, "retry-after": self._retry}
        return JSONResponse(_told(task) | {"poll_url": where}, 202, headers)

    async def answer(self, name: str, *, owner: str | None, site: Site) -> Response:
        """What there is to say of a task now."""
        task = self._tasks.get(name)
        if task is None or task.drawing.fault.delivery == "task-lost":
            return _refused(404, "IMAGE_TASK_NOT_FOUND", "image task not found")
        if task.owner != owner:
            return _refused(403, "IMAGE_TASK_FORBIDDEN", "image task belongs to another API key")
        if task.status == "processing":
            return JSONResponse(_told(task), headers={"retry-after": self._retry})
        if task.status == "failed":
            return JSONResponse(_told(task) | _failure(task))
        if task.shown is None:
            task.shown = await asyncio.to_thread(_result, task.drawing, site)
        return JSONResponse(_told(task) | {"http_status": 200} | task.shown)


def _told(task: Task) -> Body:
    return {
        "id": task.id,
        "task_id": task.id,
        "object": "image.generation.task",
        "status": task.status,
        "created_at": task.created,
        "expires_at": task.created + LIFE_SECONDS,
    }


def _result(drawing: Drawing, site: Site) -> Body:
    """The pictures by their addresses, never inside the answer (blocking)."""
    body = drawing.fault.body(generated(drawing.order, drawing.pictures, drawing.usage()), site)
    if all(item.get("b64_json") for item in body["data"]):
        body = with_url(body, site)
    addresses = [item.get("url") for item in body["data"]]
    return {"result": body, "image_url": addresses[0] if addresses else None}


def _failure(task: Task) -> dict[str, Any]:
    refusal = task.drawing.fault.refusal
    if refusal is None:
        return {"http_status": 500, "error": {"type": "server_error", "message": "The picture could not be painted."}}
    return {"http_status": refusal.status, "error": _error(refusal)}


def _error(refusal: Refusal) -> Any:
    """What a refusal says, as sub2api keeps it: a page of a proxy is only named by its status."""
    try:
        body = json.loads(refusal.body)
    except ValueError:
        return {"type": "upstream_error", "message": f"Upstream request failed (status {refusal.status})"}
    return body.get("error", body)


def _refused(status: int, code: str, message: str) -> Response:
    refusal = from_json(status, {"error": {"type": code, "code": code, "message": message}})
    return Response(refusal.body, refusal.status, media_type=refusal.content_type)
