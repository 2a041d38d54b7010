"""Answers with an error's status that hold a picture all the same: whoever sent it has drawn it, and been paid."""

from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Gateway, GatewayError, errors, read_reply
from studio.gateway.error_body import MAX_ERROR_BYTES

from .conftest import PNG, PNG_64, Caller
from .scripted_gateway import CUT, ScriptedGateway, answer, event, head
from .test_edit import EditCaller
from .test_respond import ResponsesCaller, call, message, response
from .test_tasks import TaskCaller

pytestmark = pytest.mark.anyio

ERROR = {"message": "upstream failed after the picture was drawn", "type": "server_error"}
USAGE = {"input_tokens": 9, "output_tokens": 372, "total_tokens": 381}
DRAWN = {"created": 1, "data": [{"b64_json": PNG_64}], "usage": USAGE}
STATUSES = [400, 403, 404, 429, 500, 502, 503, 524]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", [DRAWN, {"error": ERROR, **DRAWN}, {"error": ERROR, "output": [PNG_64]}])
async def test_a_picture_is_delivered_under_any_status(caller: Caller, status: int, body: dict[str, Any]) -> None:
    reply = await caller.generate(answer(body, status=status))
    assert reply.pictures == (PNG,)
    assert caller.received
    assert caller.received.status == status
    if "usage" in body:
        assert reply.usage
        assert reply.usage.output_tokens == 372


async def test_a_bare_picture_and_a_stream_are_delivered_too(caller: Caller) -> None:
    assert (await caller.generate(answer(PNG, status=500, kind="image/png"))).pictures == (PNG,)
    completed = event("image_generation.completed", b64_json=PNG_64, usage=USAGE)
    scripts = [head(500, {"content-type": "text/event-stream"}), completed]
    assert (await caller.generate(scripts, is_stream=True)).pictures == (PNG,)


async def test_a_picture_larger_than_any_errors_words_is_read_to_its_end(caller: Caller) -> None:
    picture = PNG + b"\0" * MAX_ERROR_BYTES  # what follows a PNG's end is no part of it
    assert (await caller.generate(answer(picture, status=502, kind="image/png"))).pictures == (picture,)


async def test_a_picture_that_breaks_off_under_an_errors_status_is_kept_and_not_called_free(caller: Caller) -> None:
    begun = b'{"data": [{"b64_json": "' + PNG_64.encode() + b"A" * MAX_ERROR_BYTES
    fields = {"content-type": "application/json", "content-length": str(2 * len(begun))}
    with pytest.raises(errors.ConnectionCut) as failure:
        await caller.generate([head(502, fields), begun, CUT])
    assert failure.value.maybe_billed
    assert caller.path.read_bytes() == begun


async def test_a_link_where_gateways_put_pictures_is_followed_and_one_that_may_explain_the_error_is_not(
    caller: Caller,
) -> None:
    file, link = answer(PNG, kind="image/png"), "/files/a.png"
    assert (await caller.generate(answer({"data": [{"url": link}]}, status=500), file)).pictures == (PNG,)
    for body in ({"status": "failed", "more_at": link}, {"error": ERROR, "data": [{"url": link}]}, f"See {link}"):
        async with ScriptedGateway(answer(body, status=500), file) as wire:
            with pytest.raises(errors.LateFailure):
                await caller.call(wire)
            assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, errors.RequestRefused), (429, errors.RateLimited), (500, errors.LateFailure), (502, errors.Unavailable)],
)
async def test_an_error_without_a_picture_is_what_its_status_says_and_is_not_kept(
    caller: Caller, status: int, kind: type[GatewayError]
) -> None:
    with pytest.raises(kind) as failure:
        await caller.generate(answer({"error": {"message": "no", "type": "x"}}, status=status))
    assert failure.value.status == status
    assert caller.leftovers == []


async def test_a_refusal_that_repeats_the_picture_it_was_sent_is_no_result(gateway: Gateway, tmp_path: Path) -> None:
    edit_caller = EditCaller(gateway, tmp_path)
    async with ScriptedGateway(answer({"error": ERROR, **DRAWN}, status=400)) as wire:
        with pytest.raises(errors.RequestRefused):
            await edit_caller.edit(wire.base_url)
    assert not edit_caller.path.exists()


async def test_an_edit_that_fails_after_it_was_drawn_is_delivered(gateway: Gateway, tmp_path: Path) -> None:
    async with ScriptedGateway(answer({"error": ERROR, **DRAWN}, status=502)) as wire:
        received = await EditCaller(gateway, tmp_path).edit(wire.base_url)
    assert read_reply(received.path).pictures == (PNG,)


async def test_a_response_with_a_picture_is_delivered_under_an_errors_status_and_one_with_words_alone_is_not(
    gateway: Gateway, tmp_path: Path
) -> None:
    responses_caller = ResponsesCaller(gateway, tmp_path)
    reply = await responses_caller(answer(response(call()), status=500))
    assert reply.pictures == (PNG,)
    with pytest.raises(errors.LateFailure):
        await responses_caller(answer(response(message("Something went wrong.")), status=500))


async def test_a_task_whose_start_or_poll_brings_the_picture_under_an_errors_status_is_done(
    gateway: Gateway, tmp_path: Path
) -> None:
    task_caller = TaskCaller(gateway, tmp_path)
    assert (await task_caller(answer(DRAWN, status=500))).pictures == (PNG,)
    taken = answer({"task_id": "t-1"}, status=202)
    assert (await task_caller(taken, answer(DRAWN, status=502))).pictures == (PNG,)
