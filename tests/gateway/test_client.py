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

from .conftest import KEY, PNG, PNG_64, QUICK, Studio, asked
from .wire import CUT, FOREVER, Wire, answer, chunk, event, head

pytestmark = pytest.mark.anyio

OK = {"created": 1, "data": [{"b64_json": PNG_64}], "size": "1024x1024"}
BODY = json.dumps(OK).encode()


async def test_a_picture_comes_home(studio: Studio) -> None:
    reply = await studio.draw(answer(OK))
    assert reply.picture == PNG
    assert reply.size == "1024x1024"
    assert studio.leftovers == ["attempt"]


async def test_what_is_known_about_the_call_is_returned(studio: Studio) -> None:
    before = datetime.now(UTC)
    await studio.draw([0.05, answer(OK)])
    received = studio.received
    assert received is not None
    assert (received.status, received.content_type, received.streamed) == (200, "application/json", False)
    assert 0.04 < received.latency < 5
    assert before < received.first_byte_at < datetime.now(UTC)
    assert received.partial_count == 0


async def test_exactly_one_call_is_made_and_it_says_who_asks(studio: Studio) -> None:
    sent: list[bool] = []
    async with Wire(answer(OK)) as wire:
        await studio.call(wire, on_sent=lambda: sent.append(True))
        line, fields, body = wire.asked()
        assert len(wire.requests) == 1
    assert line == "POST /v1/images/generations HTTP/1.1"
    assert fields["authorization"] == f"Bearer {KEY}"
    assert fields["user-agent"] == "Easel/0.1"
    assert fields["accept"] == "application/json"
    assert fields["x-request-id"] == fields["x-client-request-id"] == "attempt-1"
    assert fields["content-type"] == "application/json"
    assert "cookie" not in fields
    assert json.loads(body) == asked().to_wire()
    assert sent == [True]


async def test_a_stream_is_asked_for_as_one(studio: Studio) -> None:
    async with Wire(answer(OK)) as wire:
        await studio.call(wire, is_stream=True)
        _, fields, body = wire.asked()
    assert "text/event-stream" in fields["accept"]
    assert json.loads(body)["stream"] is True


async def test_cookies_are_never_kept(studio: Studio) -> None:
    async with Wire(answer(OK, set_cookie="a=b; Path=/")) as wire:
        await studio.call(wire)
        await studio.call(wire)
        assert "cookie" not in wire.asked(1)[1]


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
async def test_both_request_ids_are_kept(studio: Studio, fields: list[str], ids: Any, status: int) -> None:
    script = answer(OK, status=status).replace(b" Word\r\n", "\r\n".join([" Word", *fields, ""]).encode())
    async with Wire(script) as wire:
        try:
            told: Any = await studio.call(wire)
        except GatewayError as error:
            told = error
    assert (told.request_id, told.upstream_request_id) == ids


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
async def test_a_picture_arrives_through_every_wrapping(studio: Studio, script: list[Any]) -> None:
    assert (await studio.draw(script)).picture == PNG


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
async def test_what_may_have_been_drawn_is_an_unknown_outcome(studio: Studio, script: list[Any], kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await studio.draw(script)
    assert type(caught.value) is kind
    assert (caught.value.retryable, caught.value.maybe_billed) == (False, True)
    assert studio.leftovers == []


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
async def test_a_plain_no_costs_nothing(studio: Studio, script: bytes, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await studio.draw(script)
    assert type(caught.value) is kind
    assert not caught.value.maybe_billed
    assert studio.leftovers == []


async def test_a_redirect_is_never_followed(studio: Studio) -> None:
    async with Wire(answer(OK)) as other, Wire(answer("", status=307, location=other.base_url)) as wire:
        with pytest.raises(errors.Redirected):
            await studio.call(wire)
        assert other.requests == []


PAGE = "<html><title>504 Gateway Time-out</title>" + "x" * 9000


async def test_a_page_is_told_by_its_title_and_an_endless_error_is_cut(studio: Studio) -> None:
    with pytest.raises(errors.LateFailure) as caught:
        await studio.draw(
            answer("<html><title>504 Gateway Time-out</title>" + "x" * 9000, status=504, kind="text/html")
        )
    assert caught.value.detail == "504 Gateway Time-out"
    endless = [head(400, {"content-type": "text/plain"}), *[b"word " * 20_000] * 20]
    with pytest.raises(errors.RequestRefused) as caught:
        await studio.draw(endless)
    assert len(caught.value.detail) == 2000


async def test_nobody_home_is_free_to_try_again(studio: Studio) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(errors.ConnectFailed) as caught:
            await studio.call(Wire(), base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (caught.value.retryable, caught.value.maybe_billed) == (True, False)
    assert studio.leftovers == []


async def test_an_unknown_host_is_named_as_such(studio: Studio) -> None:
    with pytest.raises(errors.NameNotFound) as caught:
        await studio.call(Wire(), base_url="http://no-such-host.invalid")
    assert caught.value.retryable


async def test_a_gateway_without_tls_is_named_as_such(studio: Studio) -> None:
    async with Wire(b"HTTP/1.1 400 Bad Request\r\n\r\n") as wire:
        quick = Timeouts(connect=0.3, deadline=5, silence=5)
        with pytest.raises(errors.NotSent) as caught:
            await studio.call(wire, base_url=wire.base_url.replace("http:", "https:"), timeouts=quick)
    assert (caught.value.retryable, caught.value.maybe_billed) == (True, False)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([FOREVER], errors.DeadlinePassed),
        ([head(200), *[b" \n", 0.05] * 100], errors.DeadlinePassed),
        ([head(200, {"content-type": "text/event-stream"}), *[b": alive\n\n", 0.05] * 100], errors.DeadlinePassed),
    ],
)
async def test_the_wall_clock_ends_a_call_that_only_shows_signs_of_life(studio: Studio, script: Any, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await studio.draw(script, timeouts=Timeouts(connect=2, deadline=0.4, silence=0.3))
    assert caught.value.maybe_billed


async def test_a_reply_that_falls_silent_is_given_up(studio: Studio) -> None:
    quick = Timeouts(connect=2, deadline=5, silence=0.2)
    for script in ([head(200), BODY[:50], FOREVER], [head(200, {"content-type": "text/event-stream"}), FOREVER]):
        with pytest.raises(errors.StreamSilent):
            await studio.draw(script, timeouts=quick)


async def test_waiting_for_the_first_byte_is_not_silence(studio: Studio) -> None:
    quick = Timeouts(connect=2, deadline=5, silence=0.1)
    assert (await studio.draw([0.3, answer(OK)], timeouts=quick)).picture == PNG
    assert (await studio.draw([head(200), b" \n", 0.3, BODY], timeouts=quick)).picture == PNG


async def test_a_reply_beyond_the_cap_is_not_stored(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.gateway.inbox.BodyFile.__init__.__kwdefaults__", {"max_bytes": 1000})
    with pytest.raises(errors.ReplyTooLarge) as caught:
        await studio.draw(answer(b" " * 2000))
    assert caught.value.maybe_billed


async def test_a_folder_that_cannot_be_written_stops_the_call_before_it_costs(studio: Studio) -> None:
    studio.path = studio.path.parent / "missing" / "attempt"
    async with Wire(answer(OK)) as wire:
        with pytest.raises(errors.StorageFailed) as caught:
            await studio.call(wire)
        assert wire.requests == []
    assert not caught.value.maybe_billed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_full_disk_is_told_with_what_it_may_have_cost(studio: Studio) -> None:
    studio.path.with_name("attempt.part").symlink_to("/dev/full")
    with pytest.raises(errors.StorageFull) as caught:
        await studio.draw(answer(OK))
    assert caught.value.maybe_billed


async def test_any_other_failure_of_the_disk_is_told_too(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(errors.StorageFailed) as caught:
        await studio.draw(answer(OK))
    assert (type(caught.value), caught.value.maybe_billed) == (errors.StorageFailed, True)
    assert studio.leftovers == []


async def test_cancelling_passes_through_and_leaves_nothing(studio: Studio) -> None:
    async with Wire([head(200), b" ", FOREVER]) as wire:
        call = asyncio.create_task(studio.call(wire))
        await wire.was_asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert studio.leftovers == []


async def test_somebodys_failing_bookkeeping_does_not_cost_the_picture(studio: Studio) -> None:
    def fail() -> None:
        raise RuntimeError("the notebook is full")

    assert (await studio.draw(answer(OK), on_sent=fail)).picture == PNG


async def test_two_hundred_calls_go_out_at_once(studio: Studio, tmp_path: Path) -> None:
    async with Wire([0.5, answer(OK)]) as wire:
        calls = [Studio(studio.gateway, tmp_path) for _ in range(200)]
        for number, one in enumerate(calls):
            one.path = tmp_path / str(number)
        started = time.monotonic()
        await asyncio.gather(*(one.call(wire, timeouts=QUICK) for one in calls))
        assert time.monotonic() - started < 20
        assert len(wire.requests) == 200
