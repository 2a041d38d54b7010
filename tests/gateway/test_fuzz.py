"""Whatever bytes come over the wire, a call ends in a complete reply or in one GatewayError."""

import asyncio
import contextlib
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.gateway import BadEndpoint, Endpoint, Gateway, GatewayError, Timeouts, read_reply

from .conftest import KEY, TRUST, image_request
from .scripted_gateway import ScriptedGateway

WORDS = """HTTP/1.1 200 OK|HTTP/1.1 502 Bad|HTTP/1.1 302 Found|HTTP/1.1 103 Hint||content-length: 40|location: /
transfer-encoding: chunked|content-encoding: gzip|content-type: text/event-stream|x-request-id: \xff|28|0|data: [DONE]
event: error|data: {"error": 1}|<title>|null|data: {"data": [{"b64_json": "aaaa"}]}|{"data": [{"b64_json": "aaaa"}]}"""
PIECES = st.sampled_from([f"{word}\r\n".encode("latin-1") for word in re.split(r"[|\n]", WORDS)])
ANSWERS = st.lists(PIECES | st.binary(max_size=12), max_size=14)
HEADS = st.just([]) | st.just([b"HTTP/1.1 200 OK\r\n\r\n"]) | st.just([b"HTTP/1.1 502 X\r\ncontent-type: a\r\n\r\n"])


@settings(max_examples=120, deadline=None)
@given(HEADS, ANSWERS)
def test_no_answer_breaks_the_client(head: list[bytes], answer: list[bytes]) -> None:
    asyncio.run(call(head + answer))


async def call(script: list[bytes]) -> None:
    timeouts = Timeouts(connect=2, deadline=2, silence=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attempt"
        async with Gateway(tls=TRUST) as gateway, ScriptedGateway(script) as wire:
            endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
            with contextlib.suppress(GatewayError):
                await gateway.generate(endpoint=endpoint, request=image_request(), body_path=path, timeouts=timeouts)
                assert read_reply(path).picture


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    ["a" * 70 + ".invalid", "xn--a.invalid", "ä..invalid", "-.invalid", "%41.invalid", "a_b.invalid", "٣.invalid"],
)
async def test_no_host_name_breaks_the_client(host: str, gateway: Gateway, tmp_path: Path) -> None:
    with pytest.raises((BadEndpoint, GatewayError)) as caught:
        await gateway.generate(
            endpoint=Endpoint(base_url=f"http://{host}:1", api_key=KEY, is_private_allowed=True),
            request=image_request(),
            body_path=tmp_path / "attempt",
        )
    assert not getattr(caught.value, "maybe_billed", False)
