import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import GatewayError

from .conftest import KEY, PNG_64, Caller
from .scripted_gateway import CUT, ScriptedGateway, answer, event, head, stream

pytestmark = pytest.mark.anyio

TESTS = Path(__file__).parents[1]
ECHO = {"error": {"message": f"Incorrect API key provided: {KEY}", "type": KEY, "code": KEY, "param": KEY}}


def everything_shown(error: GatewayError) -> str:
    """All that a debug page could show: the traceback with every local of our own and of the libraries' frames."""
    dump = traceback.TracebackException.from_exception(error, capture_locals=True)
    dump.stack[:] = [
        frame for frame in dump.stack if not Path(frame.filename).is_relative_to(TESTS)
    ]  # these know the key
    assert dump.stack
    return "".join(dump.format()) + repr(error) + repr(vars(error))


@pytest.mark.parametrize(
    "script",
    [
        [answer({"data": [{"b64_json": PNG_64}]})],
        [answer({"data": [{"url": "/a.png"}]})],
        [answer(ECHO, status=401)],
        [answer(ECHO, status=500)],
        [answer(ECHO)],
        [answer(f"<title>{KEY}</title>", status=403, kind="text/html")],
        [answer(f"<title>{KEY}</title>", kind="text/html")],
        [answer(f"no: {KEY}", kind="text/plain")],
        [answer(f"no: {KEY}", status=400, kind="text/plain")],
        stream(event("error", **ECHO)),
        [CUT],
        [head(200), b"{", CUT],
        [b"HTTP/1.1 " + KEY.encode()],
    ],
)
async def test_the_key_reaches_no_log_no_error_and_no_traceback(
    caller: Caller, script: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpcore")  # which the studio keeps quieter
    dump = ""
    async with ScriptedGateway(script) as wire:
        try:
            await caller.call(wire)
        except GatewayError as error:
            dump = everything_shown(error)
        assert KEY in str(wire.requests[0])
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert KEY not in caplog.text
    assert KEY not in dump


async def test_a_key_repeated_in_response_headers_is_neither_logged_nor_taken_as_an_id(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    head = f"HTTP/1.1 500 Word\r\nx-request-id: {KEY}\r\nserver: {KEY}\r\ncontent-length: 0\r\n\r\n"
    async with ScriptedGateway(head.encode()) as wire:
        with pytest.raises(GatewayError) as caught:
            await caller.call(wire)
    assert caught.value.status == 500
    assert KEY not in everything_shown(caught.value)
    assert KEY not in caplog.text


async def test_the_key_stays_out_of_the_error_when_nobody_answers(caller: Caller) -> None:
    with pytest.raises(GatewayError) as caught:
        await caller.call(ScriptedGateway(), base_url="http://127.0.0.1:1")
    assert KEY not in everything_shown(caught.value)
