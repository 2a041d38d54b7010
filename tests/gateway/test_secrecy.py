import logging
import traceback
from typing import Any

import pytest

from studio.gateway import GatewayError

from .conftest import KEY, PNG_64, Studio
from .wire import CUT, Wire, answer, event, head, stream

pytestmark = pytest.mark.anyio

ECHO = {"error": {"message": f"Incorrect API key provided: {KEY}", "type": KEY, "code": KEY, "param": KEY}}


def everything_told(error: GatewayError) -> str:
    """All that a debug page could show: the traceback with every local of our own and of the libraries' frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    told.stack[:] = [frame for frame in told.stack if "/tests/" not in frame.filename]  # these know the key
    assert told.stack
    return "".join(told.format()) + repr(error) + repr(vars(error))


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
    studio: Studio, script: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpcore")  # which the studio keeps quieter
    told = ""
    async with Wire(script) as wire:
        try:
            await studio.call(wire)
        except GatewayError as error:
            told = everything_told(error)
        assert KEY in str(wire.requests[0])
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert KEY not in caplog.text
    assert KEY not in told


async def test_a_key_that_an_answers_head_repeats_is_neither_logged_nor_taken_for_an_id(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    head = f"HTTP/1.1 500 Word\r\nx-request-id: {KEY}\r\nserver: {KEY}\r\ncontent-length: 0\r\n\r\n"
    async with Wire(head.encode()) as wire:
        with pytest.raises(GatewayError) as caught:
            await studio.call(wire)
    assert caught.value.status == 500
    assert KEY not in everything_told(caught.value)
    assert KEY not in caplog.text


async def test_the_key_stays_out_of_the_error_when_nobody_answers(studio: Studio) -> None:
    with pytest.raises(GatewayError) as caught:
        await studio.call(Wire(), base_url="http://127.0.0.1:1")
    assert KEY not in everything_told(caught.value)
