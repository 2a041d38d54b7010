import json
from base64 import b64encode
from typing import Any

import pytest

from studio.gateway import Timeouts, errors
from studio.gateway.response_reader import Grace

from .conftest import PNG, PNG_64, Caller
from .scripted_gateway import CUT, FOREVER, chunk, event, head, stream

pytestmark = pytest.mark.anyio

FINISHED = event("image_generation.completed", b64_json=PNG_64, size="1536x1024")


def partial(number: int, base64: str = PNG_64) -> bytes:
    return event("image_generation.partial_image", b64_json=base64, partial_image_index=number)


class Previews:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    async def __call__(self, base64: str, index: int) -> None:
        self.seen.append((base64, index))


async def test_partial_pictures_are_reported_while_they_arrive(caller: Caller) -> None:
    previews = Previews()
    reply = await caller.generate(stream(partial(0), 0.02, partial(1), FINISHED), is_stream=True, on_partial=previews)
    assert reply.picture == PNG
    assert previews.seen == [(PNG_64, 0), (PNG_64, 1)]
    assert caller.received is not None
    assert (caller.received.partial_count, caller.received.streamed) == (2, True)


async def test_partials_keep_their_order_when_the_gateway_numbers_none(caller: Caller) -> None:
    previews = Previews()
    nameless = event("image_generation.partial_image", b64_json="data:image/png;base64," + PNG_64)
    await caller.generate(stream(nameless, nameless, FINISHED), on_partial=previews)
    assert previews.seen == [(PNG_64, 0), (PNG_64, 1)]


async def test_a_preview_that_cannot_be_shown_does_not_cost_the_picture(caller: Caller) -> None:
    async def fail(_base64: str, _index: int) -> None:
        raise TimeoutError("the screen is away")

    assert (await caller.generate(stream(partial(0), FINISHED), on_partial=fail)).picture == PNG


@pytest.mark.parametrize(
    "script",
    [
        stream(FINISHED),
        stream(FINISHED, kind="application/json"),
        stream(b": comment\n\n", FINISHED, b"data: [DONE]\n\n"),
        stream(FINISHED.rstrip()),
        stream(b"\n \n\xef\xbb\xbf", FINISHED),
        stream(*(bytes([byte]) for byte in FINISHED)),
        stream(FINISHED.replace(b"\n", b"\r\n")),
        [head(200, {"transfer-encoding": "chunked"}), chunk(FINISHED[:40]), chunk(FINISHED[40:]), b"0\r\n\r\n"],
        stream(FINISHED, CUT),
        [head(200, {"transfer-encoding": "chunked"}), chunk(FINISHED), CUT],
        stream(FINISHED, event("error", error={"message": "too late"})),
        stream(FINISHED, FOREVER),
        stream(FINISHED.rstrip(), FOREVER),
        stream(FINISHED, b"data: [DONE]\n\n", FOREVER),
    ],
)
async def test_a_finished_picture_is_success_whatever_follows(
    caller: Caller, script: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.gateway.response_reader.FINISHED", Grace(0.2, 10.0))
    quick = Timeouts(connect=2, deadline=5, silence=0.3)
    assert (await caller.generate(script, is_stream=True, timeouts=quick)).picture == PNG
    assert caller.leftovers == ["attempt"]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (stream(), errors.NoPicture),
        (stream(partial(0)), errors.ConnectionCut),
        (stream(partial(0), CUT), errors.ConnectionCut),
        (stream(partial(0), FINISHED[:-30], CUT), errors.ConnectionCut),
        (stream(partial(0), FINISHED[:-30]), errors.ConnectionCut),
        (stream(b"data: [DONE]\n\n"), errors.NoPicture),
        (stream(event("image_generation.completed")), errors.NoPicture),
        (stream(event("image_generation.completed", b64_json=None)), errors.NoPicture),
        (stream(partial(0), FOREVER), errors.StreamSilent),
    ],
)
async def test_a_stream_without_a_finished_picture_is_an_unknown_outcome(
    caller: Caller, script: list[Any], kind: Any
) -> None:
    with pytest.raises(kind) as caught:
        await caller.generate(script, timeouts=Timeouts(connect=2, deadline=5, silence=0.3))
    assert type(caught.value) is kind
    assert caught.value.maybe_billed
    assert caller.leftovers == (["attempt"] if len(script) > 1 else [])


BLOCKED = {"code": "moderation_blocked", "message": "no"}


@pytest.mark.parametrize(
    "complaint",
    [
        event("error", error=BLOCKED),
        b"event: error\ndata: " + json.dumps({"error": BLOCKED}).encode() + b"\n\n",
        b"data: " + json.dumps({"error": BLOCKED}).encode() + b"\n\n",
        b"event: error\ndata: " + json.dumps(BLOCKED).encode() + b"\n\n",
        event("error", **BLOCKED),
        b"data: " + json.dumps(BLOCKED).encode() + b"\n\n",
        event("response.failed", response={"error": BLOCKED}),
        event("image_generation.failed", error=BLOCKED),
        event("error", error=BLOCKED).rstrip(),
    ],
)
async def test_an_error_inside_the_stream_is_read_in_every_shape(caller: Caller, complaint: bytes) -> None:
    with pytest.raises(errors.ContentRefused) as caught:
        await caller.generate(stream(b": hello\n\n", complaint))
    assert not caught.value.maybe_billed
    with pytest.raises(errors.ContentRefused) as caught:
        await caller.generate(stream(partial(0), complaint))
    assert caught.value.maybe_billed


async def test_an_error_event_that_is_no_json_is_still_an_error(caller: Caller) -> None:
    with pytest.raises(errors.LateFailure) as caught:
        await caller.generate(stream(b"event: error\ndata: upstream image stream idle for 900s\n\n"))
    assert caught.value.detail == "upstream image stream idle for 900s"


async def test_a_picture_as_large_as_they_come_passes_through(caller: Caller) -> None:
    picture = PNG + bytes(15_000_000)
    base64 = b64encode(picture).decode()
    previews = Previews()
    finished = event("image_generation.completed", b64_json=base64)
    reply = await caller.generate(stream(partial(0, base64), finished), on_partial=previews, timeouts=Timeouts())
    assert reply.picture == picture
    assert previews.seen == [(base64, 0)]
