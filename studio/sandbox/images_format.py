"""The reply format of the Images API: JSON and events (contract §1.4, §1.6)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pybase64

from studio.images import Usage
from studio.sandbox.drawing_spec import DrawingSpec
from studio.sandbox.drawings import Drawing
from studio.sandbox.picture_urls import PictureUrls
from studio.sandbox.reply_format import Body


class ImagesFormat:
    """Formats a drawing as the Images API does."""

    def __init__(self, drawing: Drawing, urls: PictureUrls) -> None:
        self._drawing, self._urls = drawing, urls

    def body(self) -> bytes:
        """The whole reply as JSON (blocking)."""
        return json.dumps(self._fields()).encode()

    def opening_events(self) -> Iterable[bytes]:
        """None: the first event is a picture."""
        return ()

    def partial_event(self, picture: bytes, index: int) -> bytes:
        """The event of a partial picture (blocking)."""
        drawing = self._drawing
        body = images_body(drawing.spec, [picture], drawing.usage())
        return _image_event(f"{drawing.spec.event_prefix}.partial_image", body, partial_image_index=index)

    def error_event(self, name: str | None, data: Body) -> bytes:
        """An error event, with or without a name."""
        return _event(data, name)

    async def closing_events(self, *, pause: float) -> AsyncIterator[bytes]:
        """The event of the finished picture."""
        yield await asyncio.to_thread(self._completed)

    def _fields(self) -> Body:
        drawing = self._drawing
        return drawing.fault.change_body(images_body(drawing.spec, drawing.pictures, drawing.usage()), self._urls)

    def _completed(self) -> bytes:
        body = self._fields()
        usage = {"usage": body["usage"]} if "usage" in body else {}
        return _image_event(f"{self._drawing.spec.event_prefix}.completed", body, **usage)


def _image_event(name: str, body: Body, **more: Any) -> bytes:
    """An event of the Images API: the fields of the JSON reply, with `created_at` for `created` (contract §1.6)."""
    described: Body = {
        key: body[key] for key in ("size", "quality", "background", "output_format", "model") if key in body
    }
    picture = body["data"][0] if body["data"] else {}
    return _event({"type": name, **picture, "created_at": body["created"], **described, **more}, name)


def _event(data: Body, name: str | None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def images_body(spec: DrawingSpec, pictures: list[bytes], usage: Usage) -> Body:
    """The reply to a generation or an edit in OpenAI's format (contract §1.4)."""
    body: Body = {
        "created": int(time.time()),
        "background": "opaque",
        "data": [{"b64_json": pybase64.b64encode_as_string(picture)} for picture in pictures],
        "output_format": spec.reported_format,
        "quality": spec.reported_quality,
        "size": spec.reported_size,
        "usage": usage.to_wire(),
    }
    return body | ({"model": spec.reported_model} if spec.reported_model else {})
