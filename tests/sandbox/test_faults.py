"""Each row of the table does what it says, bills as it says, and is in the docs."""

import base64
import io
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image, UnidentifiedImageError

from studio.images import output_tokens
from studio.sandbox.faults import DRAWINGS, FAULTS, Fault, fault_name_in

from .conftest import ROOT, Answer, Caller, Running

HANG_TIMEOUT = 0.3
"""Seconds to wait for a reply that never comes."""

SAME_PICTURE = {"X-Client-Request-Id": "same-picture"}
"""An id that seeds the painter: calls with the same one get the same picture, which is painted only once."""

type Check = Callable[[Answer], None]


def ask(caller: Caller, fault: str, name: str = "", **more: Any) -> Answer:
    more.setdefault("timeout", HANG_TIMEOUT if FAULTS[fault].delivery in ("never", "silent") else 20)
    return caller.draw(
        f"sandbox:{fault} portrait", headers=SAME_PICTURE | {"X-Request-ID": name or str(uuid.uuid4())}, **more
    )


def check_bill(sandbox: Running, fault: Fault, name: str) -> None:
    """Exactly one line, which bills as the table says."""
    line = sandbox.wait_for_line(id=name)
    assert (line["fault"], line["billed"], line["status"]) == (fault.name, fault.is_billed, fault.status)
    assert (line["usage"] is None) == (line["cost"] == "0") == (not fault.is_billed)
    assert len(sandbox.lines(id=name)) == 1


def refused(status: int, kind: str | None, code: str | None = None, **headers: str) -> Check:
    def check(answer: Answer) -> None:
        error = answer.json["error"]
        assert (answer.status, error["type"], error.get("code")) == (status, kind, code)
        assert all(answer.headers[name.replace("_", "-")] == value for name, value in headers.items())

    return check


def flat(status: int, code: str) -> Check:
    def check(answer: Answer) -> None:
        assert (answer.status, answer.json["code"]) == (status, code)
        assert "error" not in answer.json

    return check


def page(status: int, words: str) -> Check:
    def check(answer: Answer) -> None:
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (status, "text/html")
        assert words.encode() in answer.body

    return check


def broken(error: type[Exception], *, begun: bool) -> Check:
    def check(answer: Answer) -> None:
        assert answer.broke is error
        assert bool(answer.body) == begun

    return check


def leads_on(address: str) -> Check:
    def check(answer: Answer) -> None:
        assert (answer.status, answer.headers["location"]) == (302, address)

    return check


def says(words: str) -> Check:
    return lambda answer: _contains(answer.body.decode(), words)


def _contains(text: str, words: str) -> None:
    assert words in text


def item(look: Callable[[dict[str, Any]], bool]) -> Check:
    """The one item of `data` passes."""

    def check(answer: Answer) -> None:
        (only,) = answer.json["data"]
        assert answer.status == 200
        assert look(only)

    return check


def body(look: Callable[[dict[str, Any]], bool]) -> Check:
    def check(answer: Answer) -> None:
        assert answer.status == 200
        assert look(answer.json)

    return check


def body_of(status: int, look: Callable[[dict[str, Any]], Any]) -> Check:
    def check(answer: Answer) -> None:
        assert answer.status == status
        assert look(answer.json)

    return check


def is_drawn(answer: Answer) -> None:
    assert answer.status == 200
    assert answer.json["data"][0]["b64_json"]


def decoded(answer: Answer) -> bytes:
    return base64.b64decode(answer.json["data"][0]["b64_json"])


def is_truncated(answer: Answer) -> None:
    with Image.open(io.BytesIO(decoded(answer))) as image, pytest.raises(OSError, match="truncated"):
        image.load()


def is_no_picture(answer: Answer) -> None:
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(decoded(answer)))


def is_mislabelled(answer: Answer) -> None:
    assert answer.json["output_format"] == "webp"
    assert decoded(answer).startswith(b"\x89PNG")


def is_downgraded(answer: Answer) -> None:
    assert (answer.json["size"], answer.json["quality"], answer.json["model"]) == ("auto", "auto", "gpt-image-2-codex")
    assert Image.open(io.BytesIO(decoded(answer))).size == (1254, 1254)
    assert answer.json["usage"]["output_tokens"] == output_tokens(1254, 1254, "low")


def is_kept_alive(answer: Answer) -> None:
    assert answer.status == 200
    assert answer.body.startswith(b" \n \n{")
    assert answer.json["data"][0]["b64_json"]


def is_an_event(answer: Answer) -> None:
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.events[0][0] == "image_generation.completed"


PLAIN: dict[str, Check] = {
    "429": refused(429, "requests", "rate_limit_exceeded", retry_after="2"),
    "429-usage": lambda answer: _contains(json.dumps(answer.json), '"resets_in_seconds": 3600'),
    "429-quota": refused(429, "insufficient_quota", "insufficient_quota"),
    "429-busy": refused(429, "rate_limit_error", retry_after="1"),
    "429-auth": flat(429, "INVALID_AUTH_RATE_LIMITED"),
    "bad-key": flat(401, "INVALID_API_KEY"),
    "bad-key-openai": refused(401, "invalid_request_error", "invalid_api_key"),
    "disabled-key": flat(401, "API_KEY_DISABLED"),
    "balance": flat(403, "INSUFFICIENT_BALANCE"),
    "group-disabled": refused(403, "permission_error"),
    "forbidden": refused(403, "invalid_request_error"),
    "no-model": refused(404, "invalid_request_error", "model_not_found"),
    "refused": says("moderation_details"),
    "refused-audit": refused(403, "content_policy_violation"),
    "no-tool": says("Tool choice 'image_generation' not found"),
    "unknown-parameter": refused(400, "invalid_request_error", "unknown_parameter"),
    "lacks-output-format": refused(400, "invalid_request_error", "unknown_parameter"),
    "lacks-output-compression": refused(400, "invalid_request_error", "unsupported_parameter"),
    "lacks-moderation": says("does not support parameters: ['moderation']"),
    "lacks-background": lambda answer: _contains(str(answer.json["detail"]), "extra_forbidden"),
    "lacks-user": says("Unrecognized request argument supplied: user"),
    "lacks-stream": refused(400, "new_api_error", "invalid_request"),
    "lacks-partial-images": refused(400, "invalid_request_error", "unsupported_parameter"),
    "expired-key": flat(403, "API_KEY_EXPIRED"),
    "429-week": lambda answer: _contains(json.dumps(answer.json), '"resets_in_seconds": 259200'),
    "denied-address": flat(403, "ACCESS_DENIED"),
    "subscription": flat(403, "SUBSCRIPTION_INVALID"),
    "group-off": flat(403, "GROUP_DISABLED"),
    "denied": refused(403, "permission_error"),
    "unknown-size": refused(400, "invalid_request_error", "unknown_parameter"),
    "bad-quality": refused(400, "image_generation_user_error", "invalid_value"),
    "bad-background": refused(400, "image_generation_user_error", "invalid_value"),
    "413": page(413, "413 Request Entity Too Large"),
    "404": page(404, "404 Not Found"),
    "redirect": leads_on("/login"),
    "bad-b64": item(lambda data: data["b64_json"].startswith("?")),
    "detail": lambda answer: _contains(str(answer.json["detail"]), "unsupported size"),
    "string-error": lambda answer: _contains(answer.json["error"], "prompt required"),
    "500": refused(500, "server_error", "server_error"),
    "500-late": refused(500, "server_error", "server_error"),
    "502": refused(502, "upstream_error"),
    "502-late": refused(502, "upstream_error"),
    "502-html": page(502, "502 Bad Gateway"),
    "502-incomplete": refused(502, "incomplete_error", "response_incomplete"),
    "502-leak": says("sk-leaked"),
    "503": refused(503, "api_error"),
    "504-html": page(504, "504 Gateway Time-out"),
    "520": page(520, "cloudflare"),
    "524": page(524, "cloudflare"),
    "challenge": page(403, "Just a moment"),
    "error-200": refused(200, "upstream_error"),
    "html-200": page(200, "Sign in"),
    "keepalive": is_kept_alive,
    "keepalive-error": refused(200, "upstream_error"),
    "timeout": broken(httpx.ReadTimeout, begun=False),
    "silent": broken(httpx.ReadTimeout, begun=False),
    "cut": broken(httpx.RemoteProtocolError, begun=True),
    "cut-stream": broken(httpx.RemoteProtocolError, begun=True),
    "no-completed": body(lambda reply: reply["data"] == []),
    "stream-error": refused(502, "upstream_error"),
    "stream-error-event": refused(502, "upstream_error"),
    "stream-error-type": refused(502, "upstream_error"),
    "stream-error-nested": refused(502, "upstream_error"),
    "stream-error-flat": refused(502, "upstream_error"),
    "sse-for-json": is_an_event,
    "empty-data": body(lambda reply: reply["data"] == []),
    "null-b64": item(lambda data: data["b64_json"] is None),
    "truncated": is_truncated,
    "not-a-picture": is_no_picture,
    "data-url": item(lambda data: data["b64_json"].startswith("data:image/jpeg;base64,/9j/")),
    "b64-lines": item(lambda data: len(data["b64_json"].split("\n")[0]) == 76),
    "url": item(lambda data: "/sandbox/pictures/" in data["url"] and "b64_json" not in data),
    "url-data": item(lambda data: data["url"].startswith("data:image/jpeg;base64,/9j/")),
    "url-moved": item(lambda data: "/sandbox/moved/" in data["url"]),
    "url-private": item(lambda data: data["url"] == "http://127.0.0.1:9/picture.png"),
    "url-redirect": item(lambda data: data["url"].endswith("/sandbox/elsewhere")),
    "no-usage": body(lambda reply: "usage" not in reply),
    "zero-usage": body(lambda reply: reply["usage"]["total_tokens"] == 0),
    "chat-usage": body(lambda reply: reply["usage"]["completion_tokens"] == output_tokens(1024, 640, "low")),
    "downgraded": is_downgraded,
    "rescale": body(lambda reply: reply["size"] == "768x480"),
    "wrong-format": is_mislabelled,
    "revised": item(lambda data: bool(data["revised_prompt"])),
    "nested-message": says("forbidden word"),
    "numeric-code": body_of(400, lambda reply: reply["error"]["code"] == 400),
    "detail-text": body_of(400, lambda reply: reply["detail"] == "The prompt is too long."),
    "azure-filter": body_of(400, lambda reply: reply["created"] and reply["error"]["code"] == "contentFilter"),
    "request-id": says("(request id: 2026112520173012345abc)"),
    "503-html": page(503, "cloudflare"),
    "502-no-output": refused(502, "upstream_error"),
    "flat-200": flat(200, "upstream_error"),
    "detail-200": body_of(200, lambda reply: reply["detail"] == "Upstream request failed"),
    "url-relative": item(lambda data: data["url"].startswith("/sandbox/pictures/")),
    "url-too": item(lambda data: "/sandbox/pictures/" in data["url"] and bool(data["b64_json"])),
    "usage-negative": body(lambda reply: reply["usage"]["output_tokens"] == -196),
    "usage-nested": body(lambda reply: reply["usage"]["output_tokens"] == {"image": 196}),
    "litellm": lambda answer: _contains(answer.headers["x-litellm-response-cost"], "0.0031"),
    "cost-nonsense": lambda answer: _contains(answer.headers["x-litellm-response-cost"], "-1e999"),
    "chatgpt2api": item(lambda data: "/sandbox/pictures/" in data["url"]),
    "localai": body(lambda reply: bool(reply["id"]) and "usage" not in reply),
    "sd-server": body(lambda reply: set(reply) == {"created", "data", "output_format"}),
    "vllm-omni": item(lambda data: data["url"] is None and bool(data["b64_json"])),
    "azure": refused(400, "invalid_request_error", "invalid_value"),
    "n-alone": refused(400, "invalid_request_error", "unknown_parameter"),
    "n-ignored": item(lambda data: bool(data["b64_json"])),
    "bom": lambda answer: _contains(answer.body[:5].decode("latin-1"), "ï»¿"),
    "gzip": lambda answer: _contains(answer.headers["content-encoding"], "gzip"),
    "mislabelled": lambda answer: _contains(answer.headers["content-type"], "text/plain"),
}  # fmt: skip


# What must be asked for so that a fault has something to refuse.
FIELDS: dict[str, dict[str, Any]] = {
    "lacks-moderation": {"moderation": "low"},
    "lacks-background": {"background": "opaque"},
    "lacks-user": {"user": "somebody"},
    "lacks-stream": {"stream": True},
    "lacks-partial-images": {"stream": True, "partial_images": 1},
    "n-alone": {"n": 2},
    "n-ignored": {"n": 2},
    "azure": {"output_format": "webp"},
}
DRAWING = {name: fault for name, fault in FAULTS.items() if fault.applies_to == DRAWINGS}
FOR_GENERATIONS = [name for name in DRAWING if name not in ("image-field", "images-lost")]  # for edits only


@pytest.mark.parametrize("fault", FOR_GENERATIONS)
def test_a_fault_does_and_bills_what_its_row_says(caller: Caller, sandbox: Running, fault: str) -> None:
    name = str(uuid.uuid4())
    PLAIN.get(fault, is_drawn)(ask(caller, fault, name, **FIELDS.get(fault, {})))
    check_bill(sandbox, FAULTS[fault], name)


@pytest.mark.parametrize("fault", [name for name in DRAWING if name.startswith("lacks-")])
def test_a_gateway_that_lacks_a_parameter_draws_without_it(caller: Caller, fault: str) -> None:
    bare = {"output_format": None, "output_compression": None}
    assert ask(caller, fault, **bare).status == 200


DELIVERED = [fault for fault in DRAWING.values() if fault.delivery != "plain"]


@pytest.mark.parametrize("fault", DELIVERED, ids=[fault.name for fault in DELIVERED])
def test_a_fault_bills_a_stream_the_same(caller: Caller, sandbox: Running, fault: Fault) -> None:
    name = str(uuid.uuid4())
    ask(caller, fault.name, name, stream=True)
    check_bill(sandbox, fault, name)


def streamed(caller: Caller, fault: str, **more: Any) -> Answer:
    return ask(caller, fault, stream=True, partial_images=2, **more)


@pytest.mark.parametrize(
    ("fault", "name", "data"),
    [
        ("stream-error", "error", {"type": "error", "error": {"type": "upstream_error"}}),
        ("stream-error-event", "error", {"code": "server_error", "type": "server_error"}),
        ("stream-error-type", None, {"type": "error", "code": "server_error"}),
        ("stream-error-nested", None, {"error": {"type": "upstream_error"}}),
        ("stream-error-flat", None, {"code": "server_error"}),
    ],
)
def test_a_stream_ends_in_an_error_of_each_shape(
    caller: Caller, fault: str, name: str | None, data: dict[str, Any]
) -> None:
    (first, _), (last, error) = streamed(caller, fault).events
    assert (first, last) == ("image_generation.partial_image", name)
    assert all(isinstance(error[key], dict) or error[key] == value for key, value in data.items())
    assert ("type" in error, "error" in error) == ("type" in data, "error" in data)


def test_a_cut_stream_breaks_after_its_first_partial(caller: Caller) -> None:
    answer = streamed(caller, "cut-stream")
    assert answer.broke is httpx.RemoteProtocolError
    assert len(answer.events) == 1


def test_a_cut_breaks_a_stream_in_the_middle_of_its_last_event(caller: Caller) -> None:
    answer = streamed(caller, "cut")
    assert answer.broke is httpx.RemoteProtocolError
    assert answer.body.count(b"event: image_generation.completed") == 1
    assert not answer.body.endswith(b"\n")


def test_a_silent_stream_sends_nothing_after_its_first_partial(caller: Caller) -> None:
    answer = streamed(caller, "silent", timeout=1)
    assert answer.broke is httpx.ReadTimeout
    assert len(answer.events) == 1


def test_a_stream_may_end_normally_without_its_last_event(caller: Caller) -> None:
    answer = streamed(caller, "no-completed")
    assert answer.broke is None
    assert [name for name, _ in answer.events] == ["image_generation.partial_image"] * 2


def test_json_comes_although_events_were_requested(caller: Caller) -> None:
    answer = streamed(caller, "json-for-sse")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["data"][0]["b64_json"]


def test_an_odd_stream_still_holds_every_picture(caller: Caller) -> None:
    answer = streamed(caller, "odd-stream")
    assert [data["type"].split(".")[1] for _, data in answer.events] == ["partial_image"] * 2 + ["completed"]
    assert answer.body.startswith(b": PING\r\n\r\ndata: ")
    assert answer.body.endswith(b"data: [DONE]\r\n\r\n")


def test_a_late_header_brings_the_whole_stream_at_once(caller: Caller) -> None:
    answer = streamed(caller, "late-header")
    assert len(answer.events) == 3
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_a_published_picture_is_fetched_without_the_key(caller: Caller) -> None:
    for fault in ("url", "url-moved"):
        address = ask(caller, fault).json["data"][0]["url"]
        assert caller.http.get(address, follow_redirects=True).status_code == 400
        fetched = httpx.get(address, follow_redirects=True)
        assert fetched.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(fetched.content)).size == (1024, 640)


def test_a_redirecting_address_leads_to_another_port(caller: Caller) -> None:
    answer = httpx.get(ask(caller, "url-redirect").json["data"][0]["url"])
    assert answer.headers["location"] == "http://127.0.0.1:9/picture.png"


def test_once_fails_only_the_first_call_with_a_key_and_prompt(caller: Caller) -> None:
    prompt = f"sandbox:503-once {uuid.uuid4()}"
    other = {"Authorization": "Bearer sk-somebody-else"}
    assert [caller.draw(prompt).status for _ in range(3)] == [503, 200, 200]
    assert caller.draw(prompt, headers=other).status == 503


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A hill, sandbox:429.", "429"),
        ("sandbox:Cut-Stream, please", "cut-stream"),
        ("(sandbox:502-once)", "502-once"),
        ("a child in a sandbox: toys", None),
        ("mysandbox:429", None),
    ],
)
def test_a_fault_is_found_in_a_prompt(prompt: str, name: str | None) -> None:
    assert fault_name_in(prompt) == name


def test_the_docs_list_the_table_as_it_is() -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \| (yes|no) \|$", text, re.MULTILINE)
    assert rows == [(fault.name, fault.description, "yes" if fault.is_billed else "no") for fault in FAULTS.values()]
