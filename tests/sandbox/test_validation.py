import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.sandbox.error_responses import ErrorResponse
from studio.sandbox.validation import RequestRejected, parse_json_object, validate_fields

from .conftest import SMALL, Caller, Running

INVALID, USER = "invalid_request_error", "image_generation_user_error"
DIVISIBLE = "Width and height must both be divisible by 16."
TOO_LONG_EDGE = "The longest edge must be less than or equal to 3840."
TOO_SMALL = "Requested resolution is below the current minimum pixel budget."
TOO_LARGE = "Requested resolution exceeds the current pixel budget."
ONE_STREAM = "Streaming is only supported with n=1."
NO_URL = "Unknown parameter: 'response_format'."
OPAQUE = "Transparent background is not supported for this model."
FORMATS = "Invalid value: 'gif'. Supported values are: 'png', 'jpeg', and 'webp'."
TOO_MANY = "Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 instead."
NO_STRING = "Invalid type for 'n': expected an integer, but got a string instead."
NO_BOOLEAN = "Invalid type for 'n': expected an integer, but got a boolean instead."
TOO_LONG = (
    "Invalid 'prompt': string too long. Expected a string with maximum length 32000, "
    "but got a string with length 32001 instead."
)

BROKEN: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({"size": "1000x1000"}, (USER, "invalid_value", "size", DIVISIBLE)),
    ({"size": "4096x2048"}, (USER, "invalid_value", "size", TOO_LONG_EDGE)),
    ({"size": "512x512"}, (USER, "invalid_value", "size", TOO_SMALL)),
    ({"size": "3840x3840"}, (USER, "invalid_value", "size", TOO_LARGE)),
    ({"size": "3200x1024"}, (USER, "invalid_value", "size", None)),
    ({"size": "1024X1024"}, (USER, "invalid_value", "size", None)),
    ({"stream": True, "n": 2}, (USER, "unsupported_parameter", "stream", ONE_STREAM)),
    ({"response_format": "url"}, (INVALID, "unknown_parameter", "response_format", NO_URL)),
    ({"style": "vivid"}, (INVALID, "unknown_parameter", "style", "Unknown parameter: 'style'.")),
    ({"input_fidelity": "high"}, (INVALID, "invalid_input_fidelity_model", "input_fidelity", None)),
    ({"background": "transparent"}, (USER, "invalid_value", "background", OPAQUE)),
    ({"output_compression": 101}, (INVALID, "integer_above_max_value", "output_compression", None)),
    ({"output_compression": -1}, (INVALID, "integer_below_min_value", "output_compression", None)),
    ({"output_format": "png"}, (USER, "invalid_value", "output_compression", None)),
    ({"output_format": "gif"}, (INVALID, "invalid_value", "output_format", FORMATS)),
    ({"quality": "hd"}, (INVALID, "invalid_value", "quality", None)),
    ({"moderation": "none"}, (INVALID, "invalid_value", "moderation", None)),
    ({"n": 0}, (INVALID, "integer_below_min_value", "n", None)),
    ({"n": 11}, (INVALID, "integer_above_max_value", "n", TOO_MANY)),
    ({"n": "1"}, (INVALID, "invalid_type", "n", NO_STRING)),
    ({"n": True}, (INVALID, "invalid_type", "n", NO_BOOLEAN)),
    ({"n": 1.0}, (INVALID, "invalid_type", "n", None)),
    ({"prompt": ["a"]}, (INVALID, "invalid_type", "prompt", None)),
    ({"stream": "true"}, (INVALID, None, None, "invalid stream field type")),
    ({"stream": True, "partial_images": 4}, (INVALID, "integer_above_max_value", "partial_images", None)),
    ({"partial_images": 2}, (USER, "unsupported_parameter", "partial_images", None)),
    ({"prompt": "  "}, (INVALID, "empty_string", "prompt", None)),
    ({"prompt": None}, (INVALID, "missing_required_parameter", "prompt", "Missing required parameter: 'prompt'.")),
    ({"prompt": "x" * 32_001}, (INVALID, "string_above_max_length", "prompt", TOO_LONG)),
    ({"model": "dall-e-3"}, (INVALID, None, None, 'images endpoint requires an image model, got "dall-e-3"')),
    ({"prompt": "sandbox:no-such-fault"}, (INVALID, "invalid_value", "prompt", None)),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), BROKEN, ids=lambda value: json.dumps(value)[:40])
def test_each_broken_rule_gets_its_published_400(
    caller: Caller, fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    answer = caller.draw(**({"prompt": "hills"} | fields))
    error = answer.json["error"]
    kind, code, param, message = expected
    assert (answer.status, error["type"], error.get("code"), error.get("param")) == (400, kind, code, param)
    assert message is None or error["message"] == message


def test_an_unknown_image_model_is_not_found(caller: Caller) -> None:
    answer = caller.draw("hills", model="gpt-image-9")
    assert (answer.status, answer.json["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "Request body is empty"), (b"{", "Failed to parse request body"), (b"[]", "Failed to parse request body")],
)
def test_a_body_that_is_not_an_object_is_rejected(caller: Caller, data: bytes, message: str) -> None:
    answer = caller.post(data)
    assert (answer.status, answer.json["error"]["message"]) == (400, message)


def test_a_huge_body_is_rejected(caller: Caller) -> None:
    answer = caller.post(json.dumps(SMALL | {"prompt": "x" * 9_000_000}).encode())
    assert answer.status == 413
    assert answer.json["error"]["message"] == "Request body too large, limit is 8MB"


JWT = f"eyJhbGciOiJSUzI1NiJ9.{'x' * 900}.sig"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "API_KEY_REQUIRED"),
        ({"Authorization": "Basic c2stdGVzdDo="}, "API_KEY_REQUIRED"),
        ({"Authorization": "Bearer sk-invalid-1"}, "INVALID_API_KEY"),
        ({"Authorization": f"Bearer {JWT}"}, "INVALID_API_KEY"),
        ({"Authorization": "Bearer hunter2"}, "INVALID_API_KEY"),
        ({"x-api-key": "sk-" + "a" * 130}, "INVALID_API_KEY"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1/models", "/sandbox/requests"])
def test_a_bad_credential_gets_the_flat_401(sandbox: Running, path: str, headers: dict[str, str], code: str) -> None:
    address = sandbox.url.removesuffix("/v1") + path
    method = "POST" if path.endswith("generations") else "GET"
    answer = httpx.request(method, address, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert set(answer.json()) == {"code", "message"}


def test_a_key_in_the_address_is_refused(sandbox: Running) -> None:
    answer = httpx.get(f"{sandbox.url}/models", params={"key": "sk-test"}, headers={"Authorization": "Bearer sk-test"})
    assert (answer.status_code, answer.json()["code"]) == (400, "api_key_in_query_deprecated")


def check(data: bytes) -> None:
    """The bytes are accepted as a valid request, or rejected with a message."""
    error: ErrorResponse | None = None
    try:
        request = validate_fields(parse_json_object(data))
    except RequestRejected as rejected:
        error = rejected.response
    if error:
        assert 400 <= error.status < 500
        assert json.loads(error.body)["error"]["message"]
    else:
        assert not request.problems()


@given(st.binary(max_size=400))
def test_any_bytes_are_accepted_or_rejected(data: bytes) -> None:
    check(data)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["prompt", "model", "size", "quality", "n", "stream", "partial_images", "output_compression", "user", "x"]
)


@settings(max_examples=200)
@given(st.dictionaries(FIELDS, ANYTHING, max_size=8))
def test_any_object_is_accepted_or_rejected(body: dict[str, Any]) -> None:
    check(json.dumps({"prompt": "hills", "model": "gpt-image-2"} | body).encode())


def test_deeply_nested_json_is_refused() -> None:
    check(b"[" * 100_000)
    check(b'{"n":' + b"9" * 5_000 + b"}")
