"""The Responses API, as JSON and as events, in whatever way a gateway breaks it (contract §2)."""

import io
import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, Received, ResponseReply, read_response
from studio.gateway.response_reader import Grace
from studio.images import ImageRequest, ResponseRequest, ResponseTurn, SentPicture, Size

from .conftest import KEY, PNG, PNG_64, QUICK, paint, read_twice
from .scripted_gateway import CUT, FOREVER, ScriptedGateway, answer, event, stream

pytestmark = pytest.mark.anyio

OTHER = paint("salmon")
OTHER_64 = b64encode(OTHER).decode()
IMAGE_USAGE = {
    "input_tokens": 50,
    "input_tokens_details": {"text_tokens": 20, "image_tokens": 30},
    "output_tokens": 196,
    "output_tokens_details": {"image_tokens": 196, "text_tokens": 0},
    "total_tokens": 246,
}
USAGE = {
    "input_tokens": 900,
    "input_tokens_details": {"cached_tokens": 400},
    "output_tokens": 120,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 1020,
}


def call(result: str | None = PNG_64, *, id: str = "ig_1", **more: Any) -> dict[str, Any]:  # noqa: A002
    return {"type": "image_generation_call", "id": id, "status": "completed", "result": result, **more}


def message(text: str, *, id: str = "msg_1", kind: str = "output_text") -> dict[str, Any]:  # noqa: A002
    key = "refusal" if kind == "refusal" else "text"
    return {"type": "message", "id": id, "role": "assistant", "content": [{"type": kind, key: text}]}


def response(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "gpt-5.5-2026-04-23",
        "error": None,
        "incomplete_details": None,
        "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, *output],
        "usage": USAGE,
        "tool_usage": {"image_gen": IMAGE_USAGE},
        **more,
    }


CREATED = event("response.created", response=response(status="in_progress", output=[], usage=None, tool_usage=None))
DRAWN = event("response.output_item.done", output_index=1, item=call(size="1024x1024", revised_prompt="a teal square"))
COMPLETED = event("response.completed", response=response(call(), message("There you are.")))


def partial(number: int) -> bytes:
    return event(
        "response.image_generation_call.partial_image",
        item_id="ig_1",
        output_index=1,
        partial_image_index=number,
        partial_image_b64=PNG_64,
    )


def delta(text: str, **more: Any) -> bytes:
    fields = {"item_id": "msg_1", "output_index": 2, "content_index": 0} | more
    return event("response.output_text.delta", delta=text, **fields)


class ResponsesCaller:
    """Calls a scripted gateway as the runner does, and records text and previews as they arrive."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway, self.path = gateway, folder / "attempt"
        self.texts: list[str] = []
        self.previews: list[tuple[str, int]] = []
        self.sent_request: tuple[str, dict[str, str], bytes] | None = None
        self.received: Received | None = None

    async def __call__(self, script: Any, *, request: ResponseRequest | None = None, **options: Any) -> ResponseReply:
        async with ScriptedGateway(script) as wire:
            try:
                self.received = await self.gateway.respond(
                    endpoint=Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True),
                    request=request or turn(),
                    body_path=self.path,
                    timeouts=options.get("timeouts", QUICK),
                    on_partial=self.on_partial,
                    on_text=self.on_text,
                    client_request_id="attempt-1",
                )
            finally:
                self.sent_request = wire.request() if wire.requests else None
        return read_twice(read_response, self.received, request=request or turn())

    async def on_text(self, text: str) -> None:
        self.texts.append(text)

    async def on_partial(self, base64: str, index: int) -> None:
        self.previews.append((base64, index))


@pytest.fixture
async def responses_caller(gateway: Gateway, tmp_path: Path) -> ResponsesCaller:
    return ResponsesCaller(gateway, tmp_path)


def turn(text: str = "a teal square", *, pictures: Sequence[SentPicture] = (), **more: Any) -> ResponseRequest:
    tool = ImageRequest(prompt=text, size=Size(1024, 1024), quality="low", stream=True, partial_images=2)
    turns = (ResponseTurn(role="user", text=text, pictures=tuple(pictures)),)
    return ResponseRequest(**({"model": "gpt-5.5", "turns": turns, "tool": tool} | more))


def sent(data: bytes = PNG) -> SentPicture:
    return SentPicture(content_type="image/png", source=lambda: io.BytesIO(data), byte_count=len(data))


async def test_a_streamed_response_has_text_partial_pictures_and_the_picture(responses_caller: ResponsesCaller) -> None:
    reply = await responses_caller(
        stream(CREATED, partial(0), partial(1), DRAWN, delta("There "), delta("you are."), COMPLETED),
    )
    assert (reply.picture, reply.pictures, reply.text) == (PNG, (PNG,), "There you are.")
    assert responses_caller.texts == ["There ", "you are."]
    assert responses_caller.previews == [(PNG_64, 0), (PNG_64, 1)]
    assert (reply.revised_prompt, reply.size) == ("a teal square", "1024x1024")
    assert (reply.response_id, reply.model) == ("resp_1", "gpt-5.5-2026-04-23")
    assert reply.is_whole
    assert responses_caller.received is not None
    assert (responses_caller.received.streamed, responses_caller.received.partial_count) == (True, 2)


async def test_both_models_usage_is_kept_apart(responses_caller: ResponsesCaller) -> None:
    reply = await responses_caller(stream(DRAWN, COMPLETED))
    assert reply.usage is not None
    assert reply.text_usage is not None
    assert (reply.usage.input_image_tokens, reply.usage.output_image_tokens) == (30, 196)
    assert (reply.text_usage.input, reply.text_usage.cached_input, reply.text_usage.output) == (900, 400, 120)


async def test_a_response_in_plain_json_is_read_like_a_stream(responses_caller: ResponsesCaller) -> None:
    reply = await responses_caller(answer(response(call(revised_prompt="softly"), message("There you are."))))
    assert (reply.picture, reply.text, reply.revised_prompts) == (PNG, "There you are.", ("softly",))
    assert reply.text_usage is not None


async def test_what_is_sent_is_what_the_wire_contract_says(responses_caller: ResponsesCaller) -> None:
    request = turn(
        pictures=[sent()],
        is_forced=True,
        action="edit",
        mask=sent(OTHER),
        store=False,
        instructions="Draw.",
        user="someone",
    )
    await responses_caller(stream(DRAWN, COMPLETED), request=request)
    assert responses_caller.sent_request is not None
    line, headers, body = responses_caller.sent_request
    assert line == "POST /v1/responses HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert headers["x-client-request-id"] == "attempt-1"
    assert json.loads(body) == request.to_wire()
    assert json.loads(body) == {
        "model": "gpt-5.5",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "a teal square"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG_64}"},
                ],
            }
        ],
        "tools": [
            {
                "type": "image_generation",
                "model": "gpt-image-2",
                "action": "edit",
                "size": "1024x1024",
                "quality": "low",
                "output_format": "png",
                "partial_images": 2,
                "input_image_mask": {"image_url": f"data:image/png;base64,{OTHER_64}"},
            }
        ],
        "tool_choice": {"type": "image_generation"},
        "instructions": "Draw.",
        "store": False,
        "safety_identifier": "someone",
        "stream": True,
    }


@pytest.mark.parametrize(
    "script",
    [
        stream(DRAWN, event("response.completed", response=response(output=[]))),
        stream(DRAWN, COMPLETED, b"data: [DONE]\n\n"),
        stream(DRAWN, b"data: [DONE]\n\n"),
        stream(DRAWN, CUT),
        stream(DRAWN, FOREVER),
        stream(DRAWN, event("response.failed", response=response(status="failed", error={"code": "server_error"}))),
        stream(DRAWN, event("error", code="server_error", message="too late")),
        stream(COMPLETED),
        stream(COMPLETED.rstrip()),
        stream(COMPLETED, COMPLETED),
        stream(event("response.image_generation_call.completed", item_id="ig_1", result=PNG_64)),
        stream(event("image_generation.completed", b64_json=PNG_64)),
        stream(*(bytes([byte]) for byte in b"\xef\xbb\xbf: hi\r\n\r\n" + DRAWN.replace(b"\n", b"\r\n"))),
        stream(DRAWN, kind="application/json"),
        answer({"data": [{"b64_json": PNG_64}]}),
        answer({"response": response(call())}),
        answer({"output": [call()], "error": None}),
        answer(b" \n \n" + json.dumps(response(call("data:image/png;base64," + PNG_64))).encode()),
        answer(PNG, kind="image/png"),
    ],
)
async def test_a_finished_picture_is_kept_whatever_else_happens(
    responses_caller: ResponsesCaller, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.gateway.response_reader.UNFINISHED", Grace(0.2, 1.0))
    assert (await responses_caller(script)).pictures == (PNG,)
