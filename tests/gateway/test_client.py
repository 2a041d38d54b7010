import asyncio
import errno
import gzip
import json
import os
import socket
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import GatewayError, Timeouts, errors

from .conftest import KEY, PNG, PNG_64, QUICK, Caller, image_request
from .scripted_gateway import CUT, FOREVER, ScriptedGateway, answer, chunk, event, head

pytestmark = pytest.mark.anyio

OK = {"created": 1, "data": [{"b64_json": PNG_64}], "size": "1024x1024"}
BODY = json.dumps(OK).encode()


async def test_a_reply_with_a_picture_is_stored_and_read(caller: Caller) -> None:
    reply = await caller.generate(answer(OK))
    assert reply.picture == PNG
    assert reply.size == "1024x1024"
    assert caller.leftovers == ["attempt"]


async def test_what_is_known_about_the_call_is_returned(caller: Caller) -> None:
    before = datetime.now(UTC)
    await caller.generate([0.05, answer(OK)])
    received = caller.received
    assert received is not None
    assert (received.status, received.content_type, received.streamed) == (200, "application/json", False)
    assert 0.04 < received.latency < 5
    assert before < received.first_byte_at < datetime.now(UTC)
    assert received.partial_count == 0


async def test_exactly_one_call_is_made_with_the_key_and_the_request_id(caller: Caller) -> None:
    sent: list[bool] = []
    async with ScriptedGateway(answer(OK)) as wire:
        await caller.call(wire, on_sent=lambda: sent.append(True))
        line, fields, body = wire.request()
        assert len(wire.requests) == 1
    assert line == "POST /v1/images/generations HTTP/1.1"
    assert fields["authorization"] == f"Bearer {KEY}"
    assert fields["user-agent"] == "Easel/0.1"
    assert fields["accept"] == "application/json"
    assert fields["x-request-id"] == fields["x-client-request-id"] == "attempt-1"
    assert fields["content-type"] == "application/json"
    assert "cookie" not in fields
    assert json.loads(body) == image_request().to_wire()
    assert sent == [True]


async def test_a_stream_is_asked_for_as_one(caller: Caller) -> None:
    async with ScriptedGateway(answer(OK)) as wire:
        await caller.call(wire, is_stream=True)
        _, fields, body = wire.request()
    assert "text/event-stream" in fields["accept"]
    assert json.loads(body)["stream"] is True


async def test_cookies_are_never_kept(caller: Caller) -> None:
    async with ScriptedGateway(answer(OK, set_cookie="a=b; Path=/")) as wire:
        await caller.call(wire)
        await caller.call(wire)
        assert "cookie" not in wire.request(1)[1]


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        (["X-Request-ID: 1b4e28ba", "x-request-id: req_abc"], ("1b4e28ba", "req_abc")),
        (["X-Request-ID: req_abc, 1b4e28ba"], ("1b4e28ba", "req_abc")),
        (["X-Request-ID: req_abc"], ("req_abc", "req_abc")),
        (["X-Request-ID: 1b4e28ba"], ("1b4e28ba", None)),
        (["X-Request-ID: <script>"], (None, None)),
        ([], (None, None)),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
async def test_both_request_ids_are_kept(caller: Caller, fields: list[str], ids: Any, status: int) -> None:
    script = answer(OK, status=status).replace(b" Word\r\n", "\r\n".join([" Word", *fields, ""]).encode())
    async with ScriptedGateway(script) as wire:
        try:
            outcome: Any = await caller.call(wire)
        except GatewayError as error:
            outcome = error
    assert (outcome.request_id, outcome.upstream_request_id) == ids


@pytest.mark.parametrize(
    "script",
    [
        [head(200, {"content-type": "text/plain"}), BODY],
        [head(200), BODY],
        [head(200, {"content-type": "text/event-stream"}), BODY],
        [head(200, {"transfer-encoding": "chunked"}), *(chunk(bytes([byte])) for byte in BODY), b"0\r\n\r\n"],
        [head(200, {"transfer-encoding": "chunked"}), chunk(b" \n"), 0.05, chunk(b" \n"), chunk(BODY), b"0\r\n\r\n"],
        [answer(gzip.compress(BODY), content_encoding="gzip")],
        [answer(zlib.compress(BODY), content_encoding="deflate")],
        [answer(b"\xef\xbb\xbf\n" + BODY)],
        [b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n", answer(OK)],
        [answer(PNG, kind="image/png")],
        # The picture is here in full, however rudely the line ended.
        [head(200, {"transfer-encoding": "chunked"}), chunk(BODY), CUT],
        [head(200, {"content-length": str(len(BODY) + 5)}), BODY],
    ],
)
async def test_a_picture_arrives_through_every_wrapping(caller: Caller, script: list[Any]) -> None:
    assert (await caller.generate(script)).picture == PNG


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([CUT], errors.ConnectionCut),
        ([b""], errors.ConnectionCut),
        ([b"SSH-2.0-OpenSSH_9\r\n"], errors.ConnectionCut),
        ([head(200, {"content-length": "9999"}), BODY[:50]], errors.ConnectionCut),
        ([head(200, {"content-length": "9999"}), BODY[:50], CUT], errors.ConnectionCut),
        ([head(200), BODY[:50]], errors.ConnectionCut),
        ([head(200, {"transfer-encoding": "chunked"}), chunk(BODY[:50]), CUT], errors.ConnectionCut),
        ([head(200, {"transfer-encoding": "chunked"}), b"zzz\r\n"], errors.ConnectionCut),
        ([answer(PNG[:50], kind="image/png", content_length="9999")], errors.ConnectionCut),
        ([answer(b"\x1f\x8b broken", content_encoding="gzip")], errors.ReplyUnreadable),
        ([answer(b"xxx", content_encoding="br")], errors.ReplyUnreadable),
        ([answer("<html><title>Welcome</title></html>", kind="text/html")], errors.ReplyUnreadable),
        ([answer("a lovely day", kind="text/plain")], errors.ReplyUnreadable),
        ([answer("")], errors.NoPicture),
        ([answer({"data": []})], errors.NoPicture),
        ([answer({"data": [{"b64_json": None}]})], errors.NoPicture),
        ([answer({"id": "imgtask_1", "status": "processing"}, status=202)], errors.NoPicture),
        ([answer({"error": {"type": "server_error", "message": "no"}})], errors.LateFailure),
        ([answer("<html><title>502 Bad Gateway</title>", status=502, kind="text/html")], errors.LateFailure),
        ([answer("", status=524)], errors.LateFailure),
        ([answer({"error": {"type": "server_error", "message": "no"}}, status=500)], errors.LateFailure),
    ],
)
async def test_what_may_have_been_drawn_is_an_unknown_outcome(caller: Caller, script: list[Any], kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await caller.generate(script)
    assert type(caught.value) is kind
    assert (caught.value.retryable, caught.value.maybe_billed) == (False, True)


@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ([head(200, {"content-length": "9999"}), BODY[:50], CUT], BODY[:50]),
        ([head(200, {"transfer-encoding": "chunked"}), chunk(BODY[:50]), b"zzz\r\n"], BODY[:50]),
        ([answer("a lovely day", kind="text/plain")], b"a lovely day"),
        ([answer({"data": []})], b'{"data": []}'),
        ([head(200, {"content-length": "9999"}), PNG[:50], CUT], PNG[:50]),
    ],
    ids=["json", "chunks", "words", "empty", "picture"],
)
async def test_what_came_of_a_reply_that_may_have_been_paid_for_is_kept(
    caller: Caller, script: list[Any], kept: bytes
) -> None:
    with pytest.raises(GatewayError):
        await caller.generate(script)
    assert caller.leftovers == ["attempt"]
    assert caller.path.read_bytes() == kept


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer({"code": "INVALID_API_KEY", "message": "Invalid API key"}, status=401), errors.KeyRefused),
        (answer({"error": {"code": "invalid_api_key", "message": "no"}}, status=401), errors.KeyRefused),
        (answer({"error": {"code": "moderation_blocked", "message": "no"}}, status=400), errors.ContentRefused),
        (answer({"error": {"code": "moderation_blocked", "message": "no"}}), errors.ContentRefused),
        (answer({"error": {"type": "upstream_error", "message": "no"}}, status=502), errors.Unavailable),
        (answer({"error": {"message": "slow down"}}, status=429, retry_after="7"), errors.RateLimited),
        (answer("<title>Just a moment...</title>", status=403, kind="text/html"), errors.Challenged),
        (answer("", status=302, location="https://login.example/"), errors.Redirected),
        (answer("", status=307, location="/v1/elsewhere"), errors.Redirected),
        (answer("no such page", status=404, kind="text/plain"), errors.RouteNotFound),
        (answer(event("error", error={"code": "invalid_api_key", "message": "no"}), status=401), errors.KeyRefused),
    ],
)
async def test_a_refusal_costs_nothing(caller: Caller, script: bytes, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await caller.generate(script)
    assert type(caught.value) is kind
    assert not caught.value.maybe_billed
    assert caller.leftovers == []


async def test_a_redirect_is_never_followed(caller: Caller) -> None:
    async with (
        ScriptedGateway(answer(OK)) as other,
        ScriptedGateway(answer("", status=307, location=other.base_url)) as wire,
    ):
        with pytest.raises(errors.Redirected):
            await caller.call(wire)
        assert other.requests == []


PAGE = "<html><title>504 Gateway Time-out</title>" + "x" * 9000


async def test_an_error_page_is_reduced_to_its_title_and_an_endless_error_is_cut(caller: Caller) -> None:
    with pytest.raises(errors.LateFailure) as caught:
        await caller.generate(
            answer("<html><title>504 Gateway Time-out</title>" + "x" * 9000, status=504, kind="text/html")
        )
    assert caught.value.detail == "504 Gateway Time-out"
    endless = [head(400, {"content-type": "text/plain"}), *[b"word " * 20_000] * 20]
    with pytest.raises(errors.RequestRefused) as caught:
        await caller.generate(endless)
    assert len(caught.value.detail) == 2000


async def test_a_refused_connection_is_retryable_and_free(caller: Caller) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(errors.ConnectFailed) as caught:
            await caller.call(ScriptedGateway(), base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (caught.value.retryable, caught.value.maybe_billed) == (True, False)
    assert caller.leftovers == []


async def test_an_unknown_host_is_named_as_such(caller: Caller) -> None:
    with pytest.raises(errors.NameNotFound) as caught:
        await caller.call(ScriptedGateway(), base_url="http://no-such-host.invalid")
    assert caught.value.retryable


async def test_a_gateway_without_tls_is_named_as_such(caller: Caller) -> None:
    async with ScriptedGateway(b"HTTP/1.1 400 Bad Request\r\n\r\n") as wire:
        quick = Timeouts(connect=0.3, deadline=5, silence=5)
        with pytest.raises(errors.NotSent) as caught:
            await caller.call(wire, base_url=wire.base_url.replace("http:", "https:"), timeouts=quick)
    assert (caught.value.retryable, caught.value.maybe_billed) == (True, False)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([FOREVER], errors.DeadlinePassed),
        ([head(200), *[b" \n", 0.05] * 100], errors.DeadlinePassed),
        ([head(200, {"content-type": "text/event-stream"}), *[b": alive\n\n", 0.05] * 100], errors.DeadlinePassed),
    ],
)
async def test_the_wall_clock_ends_a_call_that_only_shows_signs_of_life(caller: Caller, script: Any, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await caller.generate(script, timeouts=Timeouts(connect=2, deadline=0.4, silence=0.3))
    assert caught.value.maybe_billed


async def test_a_reply_that_falls_silent_is_given_up(caller: Caller) -> None:
    quick = Timeouts(connect=2, deadline=5, silence=0.2)
    for script in ([head(200), BODY[:50], FOREVER], [head(200, {"content-type": "text/event-stream"}), FOREVER]):
        with pytest.raises(errors.StreamSilent):
            await caller.generate(script, timeouts=quick)


async def test_waiting_for_the_first_byte_is_not_silence(caller: Caller) -> None:
    quick = Timeouts(connect=2, deadline=5, silence=0.1)
    assert (await caller.generate([0.3, answer(OK)], timeouts=quick)).picture == PNG
    assert (await caller.generate([head(200), b" \n", 0.3, BODY], timeouts=quick)).picture == PNG


async def test_a_reply_beyond_the_cap_is_not_stored(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.gateway.body_file.BodyFile.__init__.__kwdefaults__", {"max_bytes": 1000})
    with pytest.raises(errors.ReplyTooLarge) as caught:
        await caller.generate(answer(b" " * 2000))
    assert caught.value.maybe_billed


async def test_a_folder_that_cannot_be_written_stops_the_call_before_it_costs(caller: Caller) -> None:
    caller.path = caller.path.parent / "missing" / "attempt"
    async with ScriptedGateway(answer(OK)) as wire:
        with pytest.raises(errors.StorageFailed) as caught:
            await caller.call(wire)
        assert wire.requests == []
    assert not caught.value.maybe_billed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_full_disk_is_an_error_that_may_be_billed(caller: Caller) -> None:
    caller.path.with_name("attempt.part").symlink_to("/dev/full")
    with pytest.raises(errors.StorageFull) as caught:
        await caller.generate(answer(OK))
    assert caught.value.maybe_billed


async def test_any_other_failure_of_the_disk_is_an_error_that_may_be_billed(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(errors.StorageFailed) as caught:
        await caller.generate(answer(OK))
    assert (type(caught.value), caught.value.maybe_billed) == (errors.StorageFailed, True)
    assert caller.leftovers == ["attempt"]


async def test_cancelling_passes_through_and_leaves_nothing(caller: Caller) -> None:
    async with ScriptedGateway([head(200), b" ", FOREVER]) as wire:
        call = asyncio.create_task(caller.call(wire))
        await wire.has_request.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert caller.leftovers == []


async def test_a_failing_on_sent_callback_does_not_cost_the_picture(caller: Caller) -> None:
    def fail() -> None:
        raise RuntimeError("the notebook is full")

    assert (await caller.generate(answer(OK), on_sent=fail)).picture == PNG


async def test_two_hundred_calls_go_out_at_once(caller: Caller, tmp_path: Path) -> None:
    async with ScriptedGateway([0.5, answer(OK)]) as wire:
        calls = [Caller(caller.gateway, tmp_path) for _ in range(200)]
        for number, one in enumerate(calls):
            one.path = tmp_path / str(number)
        started = time.monotonic()
        await asyncio.gather(*(one.call(wire, timeouts=QUICK) for one in calls))
        assert time.monotonic() - started < 20
        assert len(wire.requests) == 200
