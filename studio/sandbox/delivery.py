"""Sends the reply of a drawing, as JSON or as a stream of events, and carries out the faults of delivery.

The content of JSON and events comes from a ReplyFormat; each of the two APIs has its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from studio.sandbox.drawings import Drawing
from studio.sandbox.error_responses import JSON
from studio.sandbox.reply_format import Body, ReplyFormat
from studio.sandbox.transport import apply_transport

EVENT_STREAM = "text/event-stream"
HEARTBEAT_SECONDS = 10.0
"""sub2api's interval between comments while a stream waits (contract §5)."""

COST_HEADER = "x-litellm-response-cost"

UPSTREAM_ERROR = {"type": "upstream_error", "message": "Upstream request failed"}

IN_STREAM_ERRORS: dict[str, tuple[str | None, Body]] = {
    "stream-error": ("error", {"type": "error", "error": UPSTREAM_ERROR}),
    "stream-error-event": (
        "error",
        {"code": "server_error", "message": UPSTREAM_ERROR["message"], "param": None, "type": "server_error"},
    ),
    "stream-error-type": (
        None,
        {"type": "error", "code": "server_error", "message": UPSTREAM_ERROR["message"], "param": None},
    ),
    "stream-error-nested": (None, {"error": UPSTREAM_ERROR}),
    "stream-error-flat": (None, {"code": "server_error", "message": UPSTREAM_ERROR["message"]}),
}
"""Per fault, the name of the error event, if it has one, and its data (contract §1.6)."""


class ConnectionCut(Exception):
    """The connection is to be closed at once."""


async def deliver(drawing: Drawing, request: Request, reply_format: ReplyFormat, *, pause: float = 0.0) -> Response:
    """The response to a drawing that was started."""
    fault = drawing.fault
    if fault.error:
        await drawing.wait()
        return fault.error.http_response()
    send = _event_stream if drawing.spec.stream else _json_reply
    response = apply_transport(await send(drawing, request, reply_format, pause), fault.delivery)
    response.headers.update(fault.headers)
    if fault.reports_cost and not drawing.spec.stream:  # the headers of a stream leave before the cost is known
        response.headers[COST_HEADER] = str(drawing.cost() + (drawing.text_charge.cost if drawing.text_charge else 0))
    return response


async def _json_reply(drawing: Drawing, request: Request, reply_format: ReplyFormat, pause: float) -> Response:
    delivery = drawing.fault.delivery
    if delivery in ("never", "silent", "silent-late"):
        await _wait_for_disconnect(request)
    if delivery.startswith("keepalive"):
        return StreamingResponse(_json_after_blanks(drawing, reply_format), media_type=JSON)
    await drawing.wait()
    if delivery in IN_STREAM_ERRORS:
        return Response(json.dumps({"error": UPSTREAM_ERROR}), 502, media_type=JSON)
    if drawing.has_failed:
        return _painting_failed()
    data = await asyncio.to_thread(reply_format.body)
    if delivery in ("cut", "cut-stream", "cut-late", "cut-words"):
        return StreamingResponse(_cut_in_half(data), headers={"content-length": str(len(data))}, media_type=JSON)
    if delivery == "sse-for-json":
        return Response(
            b"".join([event async for event in reply_format.closing_events(pause=0)]), media_type=EVENT_STREAM
        )
    return Response(data, media_type=JSON)


async def _event_stream(drawing: Drawing, request: Request, reply_format: ReplyFormat, pause: float) -> Response:
    delivery = drawing.fault.delivery
    if delivery == "never":
        await _wait_for_disconnect(request)
    if delivery == "json-for-sse":
        await drawing.wait()
        return Response(await asyncio.to_thread(reply_format.body), media_type=JSON)
    events = _events(drawing, request, reply_format, pause)
    if delivery == "late-header":
        return Response(b"".join([event async for event in events]), media_type=EVENT_STREAM)
    return StreamingResponse(
        events, media_type=EVENT_STREAM, headers={"cache-control": "no-cache", "x-accel-buffering": "no"}
    )


async def _events(drawing: Drawing, request: Request, reply_format: ReplyFormat, pause: float) -> AsyncIterator[bytes]:
    delivery, format_event = drawing.fault.delivery, drawing.fault.format_event
    for event in reply_format.opening_events():
        yield format_event(event)
    async for event in _partial_events(drawing, reply_format):
        yield event
    if delivery == "silent":
        await _wait_for_disconnect(request)
    if delivery == "cut-stream":
        raise ConnectionCut
    if delivery in IN_STREAM_ERRORS or delivery == "keepalive-error" or drawing.has_failed:
        yield reply_format.error_event(*IN_STREAM_ERRORS.get(delivery, IN_STREAM_ERRORS["stream-error"]))
    elif delivery != "no-completed":
        async for event in _closing_events(drawing, request, reply_format, pause):
            yield event
    if delivery == "more-events":
        async for event in reply_format.closing_events(pause=0):
            yield event
        yield b"event: ping\ndata: {}\n\n"
        yield reply_format.error_event("error", {"type": "error", "error": UPSTREAM_ERROR})
    if delivery in ("odd-stream", "done-marker"):
        yield b"data: [DONE]\r\n\r\n" if delivery == "odd-stream" else b"data: [DONE]\n\n"


async def _partial_events(drawing: Drawing, reply_format: ReplyFormat) -> AsyncIterator[bytes]:
    """The partial pictures and the heartbeats between them; some faults stop after the first picture."""
    index = 0
    async for picture in _partials(drawing):
        if picture is None:
            yield b":\n\n"
            continue
        yield drawing.fault.format_event(await asyncio.to_thread(reply_format.partial_event, picture, index))
        index += 1
        if drawing.fault.delivery in ("silent", "cut-stream", *IN_STREAM_ERRORS):
            break


async def _closing_events(
    drawing: Drawing, request: Request, reply_format: ReplyFormat, pause: float
) -> AsyncIterator[bytes]:
    """The events of the finished drawing; some faults cut the connection or fall silent among them."""
    delivery, delta_count = drawing.fault.delivery, 0
    async for event in reply_format.closing_events(pause=pause):
        yield event[: len(event) // 2] if delivery == "cut" else drawing.fault.format_event(event)
        is_picture = event.startswith(b"event: response.output_item.done")
        delta_count += event.startswith(b"event: response.output_text.delta")
        if delivery == "cut" or (delivery == "cut-late" and is_picture):
            raise ConnectionCut
        if delivery == "cut-words" and delta_count == 12:
            raise ConnectionCut
        if delivery == "silent-late" and is_picture:
            await _wait_for_disconnect(request)


async def _partials(drawing: Drawing) -> AsyncIterator[bytes | None]:
    """The partial pictures as they come, and None when a heartbeat is due."""
    while True:
        try:
            picture = await asyncio.wait_for(drawing.partials.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            yield None
            continue
        if picture is None:
            return
        yield picture


async def _json_after_blanks(drawing: Drawing, reply_format: ReplyFormat) -> AsyncIterator[bytes]:
    """Blanks until the drawing is done, then the JSON (contract §5)."""
    yield b" \n"
    task = asyncio.ensure_future(drawing.wait())
    while not (await asyncio.wait([task], timeout=HEARTBEAT_SECONDS))[0]:
        yield b" \n"
    yield b" \n"
    if drawing.fault.delivery == "keepalive-error" or drawing.has_failed:
        yield json.dumps({"error": UPSTREAM_ERROR}).encode()
    else:
        yield await asyncio.to_thread(reply_format.body)


async def _cut_in_half(data: bytes) -> AsyncIterator[bytes]:
    yield data[: len(data) // 2]
    raise ConnectionCut


async def _wait_for_disconnect(request: Request) -> None:
    """Send nothing until the caller disconnects."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise ConnectionCut


def _painting_failed() -> Response:
    error = {
        "message": "The picture could not be painted.",
        "type": "server_error",
        "param": None,
        "code": "server_error",
    }
    return Response(json.dumps({"error": error}), 500, media_type=JSON)
