"""Image tasks: accepted with a 202, drawn in the background, reported to the same key (contract §5)."""

import asyncio
import json
import math
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from studio.sandbox.drawings import Drawing
from studio.sandbox.error_responses import ErrorResponse, json_response
from studio.sandbox.faults.reply_bodies import with_url
from studio.sandbox.images_format import images_body
from studio.sandbox.picture_urls import PictureUrls
from studio.sandbox.reply_format import Body

RETRY_SECONDS = 3
LIFETIME_SECONDS = 24 * 3600
MAX_TASKS = 256
"""Tasks that are kept; the oldest is dropped."""


@dataclass
class Task:
    """A drawing that runs as a task, and the hash of the key that owns it."""

    drawing: Drawing
    owner: str | None
    created: int = field(default_factory=lambda: int(time.time()))
    id: str = field(default_factory=lambda: f"imgtask_{uuid.uuid4().hex}")
    result: Body | None = None

    @property
    def status(self) -> str:
        assert self.drawing.task
        if not self.drawing.task.done():
            return "processing"
        return "failed" if self.drawing.has_failed or self.drawing.fault.error else "completed"


class Tasks:
    """The tasks of all keys, each found only by the key that made it."""

    def __init__(self, *, speed: float) -> None:
        self._tasks: dict[str, Task] = {}
        self._retry = str(math.ceil(RETRY_SECONDS * min(speed, 1)))

    def accept(self, drawing: Drawing, *, owner: str | None, urls: PictureUrls) -> Response:
        """Accept a drawing that has begun as a task."""
        task = Task(drawing, owner)
        self._tasks[task.id] = task
        while len(self._tasks) > MAX_TASKS:
            self._tasks.pop(next(iter(self._tasks)))
        where = f"{urls.base}/v1/images/tasks/{task.id}"
        headers = {"location": where, "retry-after": self._retry}
        return JSONResponse(_task_fields(task) | {"poll_url": where}, 202, headers)

    async def status_response(self, name: str, *, owner: str | None, urls: PictureUrls) -> Response:
        """The state of a task, with its pictures once it is completed."""
        task = self._tasks.get(name)
        if task is None or task.drawing.fault.delivery == "task-lost":
            return _error_response(404, "IMAGE_TASK_NOT_FOUND", "image task not found")
        if task.owner != owner:
            return _error_response(403, "IMAGE_TASK_FORBIDDEN", "image task belongs to another API key")
        if task.status == "processing":
            return JSONResponse(_task_fields(task), headers={"retry-after": self._retry})
        if task.status == "failed":
            return JSONResponse(_task_fields(task) | _error_fields(task))
        if task.result is None:
            task.result = await asyncio.to_thread(_result, task.drawing, urls)
        return JSONResponse(_task_fields(task) | {"http_status": 200} | task.result)


def _task_fields(task: Task) -> Body:
    return {
        "id": task.id,
        "task_id": task.id,
        "object": "image.generation.task",
        "status": task.status,
        "created_at": task.created,
        "expires_at": task.created + LIFETIME_SECONDS,
    }


def _result(drawing: Drawing, urls: PictureUrls) -> Body:
    """The pictures by URL, never inside the reply (blocking)."""
    body = drawing.fault.change_body(images_body(drawing.spec, drawing.pictures, drawing.usage()), urls)
    if all(item.get("b64_json") for item in body["data"]):
        body = with_url(body, urls)
    addresses = [item.get("url") for item in body["data"]]
    return {"result": body, "image_url": addresses[0] if addresses else None}


def _error_fields(task: Task) -> dict[str, Any]:
    error = task.drawing.fault.error
    if error is None:
        return {"http_status": 500, "error": {"type": "server_error", "message": "The picture could not be painted."}}
    return {"http_status": error.status, "error": _error_body(error)}


def _error_body(error: ErrorResponse) -> Any:
    """The error as sub2api keeps it; for a page of a proxy only the status."""
    try:
        body = json.loads(error.body)
    except ValueError:
        return {"type": "upstream_error", "message": f"Upstream request failed (status {error.status})"}
    return body.get("error", body)


def _error_response(status: int, code: str, message: str) -> Response:
    error = json_response(status, {"error": {"type": code, "code": code, "message": message}})
    return error.http_response()
