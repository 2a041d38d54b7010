"""A drawing's way back to the caller: as JSON, as a stream of events, or as one of the faults would have it.

How JSON and events are worded is a Voice's concern; there is one for each of the two APIs.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from studio.sandbox.bodies import Body, Site, generated
from studio.sandbox.drawing import Drawing
from studio.sandbox.refusal import JSON, Refusal
from studio.sandbox.wrappings import wrapped

EVENTS = "text/event-stream"
HEARTBEAT_SECONDS = 10.0
"""sub2api's own interval between comments while a stream waits (contract §5)."""

COST_HEADER = "x-litellm-response-cost"

FAILURE = {"type": "upstream_error", "message": "Upstream request failed"}

IN_STREAM_ERRORS: dict[str, tuple[str | None, Body]] = {
    "stream-error": ("error", {"type": "error", "error": FAILURE}),
    "stream-error-event": (
        "error",
        {"code": "server_error", "message": FAILURE["message"], "param": None, "type": "server_error"},
    ),
    "stream-error-type": (
        None,
        {"type": "error", "code": "server_error", "message": FAILURE["message"], "param": None},
    ),
    "stream-error-nested": (None, {"error": FAILURE}),
    "stream-error-flat": (None, {"code": "server_error", "message": FAILURE["message"]}),
}
"""The event's name, if it has one, and its data, per fault (contract §1.6)."""


class LineCut(Exception):
    """The connection is to be closed where it stands."""


def refused(refusal: Refusal) -> Response:
    """A refusal as a response."""
    return Response(refusal.body, refusal.status, dict(refusal.headers), refusal.content_type)


class Voice(Protocol):
    """Words a drawing as one of the APIs does; everything but `closing` blocks."""

    def json(self) -> bytes:
        """The whole reply as JSON."""

    def opening(self) -> Iterable[bytes]:
        """The events before anything is drawn."""

    def partial(self, picture: bytes, index: int) -> bytes:
        """The event of an unfinished picture."""

    def failure(self, name: str | None, data: Body) -> bytes:
        """An error event, with or without a name."""

    def closing(self, *, pause: float) -> AsyncIterator[bytes]:
        """The events once everything is drawn, `pause` seconds between pieces of text."""


async def reply(drawing: Drawing, request: Request, voice: Voice, *, pause: float = 0.0) -> Response:
    """The response to a drawing that has begun."""
    fault = drawing.fault
    if fault.refusal:
        await drawing.wait()
        return refused(fault.refusal)
    answer = _streamed if drawing.order.stream else _plain
    response = wrapped(await answer(drawing, request, voice, pause), fault.delivery)
    response.headers.update(fault.headers)
    if fault.tells_cost and not drawing.order.stream:  # before a stream ends nobody knows it
        response.headers[COST_HEADER] = str(drawing.cost() + (drawing.words.cost if drawing.words else 0))
    return response


async def _plain(drawing: Drawing, request: Request, voice: Voice, pause: float) -> Response:
    delivery = drawing.fault.delivery
    if delivery in ("never", "silent", "silent-late"):
        await _hang(request)
    if delivery.startswith("keepalive"):
        return StreamingResponse(_heartbeat(drawing, voice), media_type=JSON)
    await drawing.wait()
    if delivery in IN_STREAM_ERRORS:
        return Response(json.dumps({"error": FAILURE}), 502, media_type=JSON)
    if drawing.has_failed:
        return _broken()
    data = await asyncio.to_thread(voice.json)
    if delivery in ("cut", "cut-stream", "cut-late", "cut-words"):
        return StreamingResponse(_cut_short(data), headers={"content-length": str(len(data))}, media_type=JSON)
    if delivery == "sse-for-json":
        return Response(b"".join([event async for event in voice.closing(pause=0)]), media_type=EVENTS)
    return Response(data, media_type=JSON)


async def _streamed(drawing: Drawing, request: Request, voice: Voice, pause: float) -> Response:
    delivery = drawing.fault.delivery
    if delivery == "never":
        await _hang(request)
    if delivery == "json-for-sse":
        await drawing.wait()
        return Response(await asyncio.to_thread(voice.json), media_type=JSON)
    events = _events(drawing, request, voice, pause)
    if delivery == "late-header":
        return Response(b"".join([event async for event in events]), media_type=EVENTS)
    return StreamingResponse(
        events, media_type=EVENTS, headers={"cache-control": "no-cache", "x-accel-buffering": "no"}
    )


async def _events(drawing: Drawing, request: Request, voice: Voice, pause: float) -> AsyncIterator[bytes]:
    delivery, spell = drawing.fault.delivery, drawing.fault.spell
    for event in voice.opening():
        yield spell(event)
    index = 0
    async for picture in _partials(drawing):
        yield b":\n\n" if picture is None else spell(await asyncio.to_thread(voice.partial, picture, index))
        index += picture is not None
        if picture is not None and delivery in ("silent", "cut-stream", *IN_STREAM_ERRORS):
            break
    if delivery == "silent":
        await _hang(request)
    if delivery == "cut-stream":
        raise LineCut
    if delivery in IN_STREAM_ERRORS or delivery == "keepalive-error" or drawing.has_failed:
        yield voice.failure(*IN_STREAM_ERRORS.get(delivery, IN_STREAM_ERRORS["stream-error"]))
    elif delivery != "no-completed":
        said = 0
        async for event in voice.closing(pause=pause):
            yield event[: len(event) // 2] if delivery == "cut" else spell(event)
            is_shown = event.startswith(b"event: response.output_item.done")
            said += event.startswith(b"event: response.output_text.delta")
            if delivery == "cut" or (delivery == "cut-late" and is_shown) or (delivery == "cut-words" and said == 12):
                raise LineCut
            if delivery == "silent-late" and is_shown:
                await _hang(request)
    if delivery == "more-events":
        async for event in voice.closing(pause=0):
            yield event
        yield b"event: ping\ndata: {}\n\n"
        yield voice.failure("error", {"type": "error", "error": FAILURE})
    if delivery in ("odd-stream", "done-marker"):
        yield b"data: [DONE]\r\n\r\n" if delivery == "odd-stream" else b"data: [DONE]\n\n"


async def _partials(drawing: Drawing) -> AsyncIterator[bytes | None]:
    """The partial pictures as they come, and None whenever it is time for a sign of life."""
    while True:
        try:
            picture = await asyncio.wait_for(drawing.partials.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            yield None
            continue
        if picture is None:
            return
        yield picture


async def _heartbeat(drawing: Drawing, voice: Voice) -> AsyncIterator[bytes]:
    """Blanks while the drawing goes on, then the JSON (contract §5)."""
    yield b" \n"
    task = asyncio.ensure_future(drawing.wait())
    while not (await asyncio.wait([task], timeout=HEARTBEAT_SECONDS))[0]:
        yield b" \n"
    yield b" \n"
    if drawing.fault.delivery == "keepalive-error" or drawing.has_failed:
        yield json.dumps({"error": FAILURE}).encode()
    else:
        yield await asyncio.to_thread(voice.json)


async def _cut_short(data: bytes) -> AsyncIterator[bytes]:
    yield data[: len(data) // 2]
    raise LineCut


async def _hang(request: Request) -> None:
    """Wait until the caller has had enough."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise LineCut


def _broken() -> Response:
    error = {
        "message": "The picture could not be painted.",
        "type": "server_error",
        "param": None,
        "code": "server_error",
    }
    return Response(json.dumps({"error": error}), 500, media_type=JSON)


class ImagesVoice:
    """Words a drawing as the Images API does (contract §1.4, §1.6)."""

    def __init__(self, drawing: Drawing, site: Site) -> None:
        self._drawing, self._site = drawing, site

    def json(self) -> bytes:
        """The whole reply as JSON (blocking)."""
        return json.dumps(self._body()).encode()

    def opening(self) -> Iterable[bytes]:
        """Nothing: the first event is a picture."""
        return ()

    def partial(self, picture: bytes, index: int) -> bytes:
        """An unfinished picture (blocking)."""
        drawing = self._drawing
        body = generated(drawing.order, [picture], drawing.usage())
        return _image_event(f"{drawing.order.event}.partial_image", body, partial_image_index=index)

    def failure(self, name: str | None, data: Body) -> bytes:
        """An error in the middle of the stream."""
        return _event(data, name)

    async def closing(self, *, pause: float) -> AsyncIterator[bytes]:
        """The finished picture."""
        yield await asyncio.to_thread(self._completed)

    def _body(self) -> Body:
        drawing = self._drawing
        return drawing.fault.body(generated(drawing.order, drawing.pictures, drawing.usage()), self._site)

    def _completed(self) -> bytes:
        body = self._body()
        usage = {"usage": body["usage"]} if "usage" in body else {}
        return _image_event(f"{self._drawing.order.event}.completed", body, **usage)


def _image_event(name: str, body: Body, **more: Any) -> bytes:
    """An event of the Images API: what the JSON reply holds, with `created_at` for `created` (contract §1.6)."""
    described: Body = {
        key: body[key] for key in ("size", "quality", "background", "output_format", "model") if key in body
    }
    picture = body["data"][0] if body["data"] else {}
    return _event({"type": name, **picture, "created_at": body["created"], **described, **more}, name)


def _event(data: Body, name: str | None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()
