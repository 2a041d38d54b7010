import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.gateway import errors
from studio.gateway.error_body import MAX_WAIT_SECONDS, read_error_body
from studio.gateway.error_classification import classify_error
from studio.gateway.lenient_json import parse_json

NEVER = float("inf")


def judge(status: int, body: Any, elapsed: float = 1, **options: Any) -> errors.GatewayError:
    return classify_error(status=status, error_body=read_error_body(body), elapsed=elapsed, **options)


def openai(kind: str = "", code: str | None = None, message: str = "It failed.", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def flat(code: str) -> dict[str, Any]:
    return {"code": code, "message": "不可用"}


BLOCKED = "Your request was rejected by the safety system. If you believe this is an error, contact us."
NO_TOOL = "Tool choice 'image_generation' not found in 'tools' parameter."


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, openai("image_generation_user_error", "moderation_blocked", BLOCKED), errors.ContentRefused),
        (400, openai("image_generation_user_error", "content_policy_violation"), errors.ContentRefused),
        (403, openai("content_policy_violation"), errors.ContentRefused),
        (400, openai("permission_error", message="内容不符合规定"), errors.ContentRefused),
        (500, openai("server_error", "400", f"litellm.BadRequestError: {BLOCKED}"), errors.ContentRefused),
        (400, {"created": 1, "error": {"code": "contentFilter", "message": "filtered"}}, errors.ContentRefused),
        (400, openai("image_generation_user_error", "invalid_value", param="size"), errors.RequestRefused),
        (400, openai("invalid_request_error", "unknown_parameter", param="moderation"), errors.ParameterRefused),
        (400, openai("invalid_request_error", "unsupported_parameter"), errors.ParameterRefused),
        (400, openai("invalid_request_error", message=NO_TOOL), errors.CannotDraw),
        (400, openai("", "billing_hard_limit_reached"), errors.QuotaSpent),
        (400, "the gateway said nothing readable", errors.RequestRefused),
        (401, flat("INVALID_API_KEY"), errors.KeyRefused),
        (401, flat("API_KEY_DISABLED"), errors.KeyRefused),
        (401, openai("invalid_request_error", "invalid_api_key"), errors.KeyRefused),
        (401, None, errors.KeyRefused),
        (402, None, errors.QuotaSpent),
        (403, flat("API_KEY_EXPIRED"), errors.KeyRefused),
        (403, flat("ACCESS_DENIED"), errors.AccessDenied),
        (403, flat("INSUFFICIENT_BALANCE"), errors.QuotaSpent),
        (403, flat("SUBSCRIPTION_INVALID"), errors.AccessDenied),
        (403, flat("GROUP_DISABLED"), errors.AccessDenied),
        (403, openai("billing_error"), errors.QuotaSpent),
        (403, openai("permission_error", message="Image generation is not enabled for this group"), errors.CannotDraw),
        (403, openai("invalid_request_error", message="must be verified to use the model"), errors.AccessDenied),
        (404, openai("invalid_request_error", "model_not_found"), errors.ModelNotFound),
        (404, openai("not_found_error", message="Images API is not supported for this platform"), errors.CannotDraw),
        (404, {"detail": "Not Found"}, errors.RouteNotFound),
        (405, None, errors.RouteNotFound),
        (408, openai("server_error"), errors.LateFailure),
        (413, openai("invalid_request_error"), errors.RequestTooLarge),
        (422, {"detail": [{"loc": ["body", "size"], "msg": "wrong"}]}, errors.RequestRefused),
        (429, openai("requests", "rate_limit_exceeded"), errors.RateLimited),
        (429, openai("rate_limit_error"), errors.RateLimited),
        (429, None, errors.RateLimited),
        (429, openai("insufficient_quota", "insufficient_quota"), errors.QuotaSpent),
        (429, flat("API_KEY_QUOTA_EXHAUSTED"), errors.QuotaSpent),
        (429, openai("usage_limit_reached", plan_type="plus"), errors.WindowUsedUp),
        (429, flat("USAGE_LIMIT_EXCEEDED"), errors.WindowUsedUp),
        (429, flat("INVALID_AUTH_RATE_LIMITED"), errors.KeyBlocked),
        (499, openai("api_error"), errors.LateFailure),
        (500, openai("server_error", "server_error"), errors.LateFailure),
        (500, flat("INTERNAL_ERROR"), errors.LateFailure),
        (502, openai("upstream_error", message="Upstream request failed"), errors.Unavailable),
        (503, openai("api_error", message="No available compatible accounts"), errors.Unavailable),
        (503, flat("API_KEY_AUTH_OVERLOADED"), errors.Unavailable),
        (504, {"error": "upstream timed out"}, errors.Unavailable),
        (502, None, errors.LateFailure),
        (502, openai("rate_limit_error"), errors.Unavailable),
        (502, openai("incomplete_error", "response_incomplete"), errors.LateFailure),
        *[(status, openai("server_error"), errors.LateFailure) for status in range(520, 525)],
        (302, None, errors.Redirected),
        (200, openai("invalid_request_error", "moderation_blocked"), errors.ContentRefused),
        (200, openai("upstream_error"), errors.Unavailable),
        (200, openai("rate_limit_error", "429"), errors.RateLimited),
        (200, openai("image_generation_user_error", "invalid_value"), errors.RequestRefused),
        (200, openai("server_error"), errors.LateFailure),
        (200, {"code": 503, "message": "busy"}, errors.Unavailable),
        (200, flat("INVALID_API_KEY"), errors.KeyRefused),
        (200, {"detail": "something"}, errors.LateFailure),
    ],
)
def test_every_known_error_body_has_its_error(status: int, body: Any, kind: type[errors.GatewayError]) -> None:
    assert type(judge(status, body)) is kind


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_late_gateway_error_may_have_been_billed(status: int) -> None:
    early, late = (judge(status, openai("upstream_error"), elapsed) for elapsed in (29.9, 30.1))
    assert (early.retryable, early.maybe_billed) == (True, False)
    assert (late.retryable, late.maybe_billed) == (False, True)


def test_a_proxys_page_is_never_taken_for_the_gateways_own_answer() -> None:
    page = judge(502, None, is_html=True, text="502 Bad Gateway")
    assert (type(page), page.detail) == (errors.LateFailure, "502 Bad Gateway")
    assert type(judge(403, None, is_html=True)) is errors.Challenged


def test_after_partial_pictures_nothing_counts_as_free() -> None:
    for body in (openai("upstream_error"), openai("rate_limit_error"), openai("", "moderation_blocked")):
        error = judge(200, body, has_output=True)
        assert (error.retryable, error.maybe_billed) == (False, True)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "No.", "code": "moderation_blocked"}},
        {"error": {"message": json.dumps({"error": {"message": "No.", "code": "moderation_blocked"}})}},
        {"error": {"message": "BadRequest: " + json.dumps({"code": "moderation_blocked", "message": "No."})}},
        {"error": "moderation_blocked", "message": "No."},
        {"code": "moderation_blocked", "message": "No."},
        {"code": "moderation_blocked", "detail": "No."},
        {"created": 1, "error": {"code": "moderation_blocked", "message": "No."}},
        {"type": "error", "code": "moderation_blocked", "message": "No.", "param": None, "sequence_number": 4},
        {"type": "error", "error": {"type": "moderation_blocked", "message": "No."}},
        {"type": "response.failed", "response": {"error": {"code": "moderation_blocked", "message": "No."}}},
        {"error": {"error": {"code": "moderation_blocked"}, "code": "moderation_blocked", "detail": "No."}},
    ],
)
def test_an_error_body_is_read_in_every_shape(body: Any) -> None:
    error = judge(400, body)
    assert (error.kind, error.code, error.detail) == ("content_refused", "moderation_blocked", "No.")


def test_the_parameter_is_named() -> None:
    error = judge(400, openai("image_generation_user_error", "invalid_value", param="size"))
    assert (error.param, error.code, error.status) == ("size", "invalid_value", 400)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({}, {"retry-after": "7"}, 7),
        ({}, {"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({}, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({}, {"retry-after": "soon"}, None),
        ({}, {"retry-after": "-3"}, None),
        ({}, {"retry-after": "nan"}, None),
        ({}, {"retry-after": "1e99"}, MAX_WAIT_SECONDS),
        ({"resets_in_seconds": 5400}, {"retry-after": "7"}, 5400),
        ({"resets_at": 4_102_444_800}, {}, MAX_WAIT_SECONDS),
        ({"resets_at": 4_102_444_800_000}, {}, MAX_WAIT_SECONDS),
        ({"resets_at": "2099-01-01T00:00:00Z"}, {}, MAX_WAIT_SECONDS),
        ({"resets_at": "2015-01-01T00:00:00+08:00"}, {}, 0),
        ({"resets_at": True}, {}, None),
        ({"resets_at": [1]}, {}, None),
        ({"resets_in_seconds": 10**400}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_retry_delay_is_read_from_every_place(body: dict[str, Any], headers: Any, seconds: float | None) -> None:
    error = judge(429, {"error": {"type": "usage_limit_reached", "message": "Wait.", **body}}, headers=headers)
    assert error.retry_after == seconds
    assert error.retryable


def test_a_header_that_forbids_a_retry_is_respected() -> None:
    assert not judge(429, None, headers={"x-should-retry": "false"}).retryable
    assert not judge(500, None, headers={"x-should-retry": "true"}).retryable


def test_details_are_bounded_and_hold_no_secret() -> None:
    error = judge(400, openai(message="sk-abc123 someone@example.com " + "A" * 300_000), secrets=("own",))
    assert len(error.detail) <= 2000
    assert "sk-abc" not in error.detail
    assert "someone" not in error.detail


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GatewayError)]


def test_every_error_has_its_own_name_and_a_sentence() -> None:
    assert len({kind.kind for kind in KINDS}) == len(KINDS) > 30
    assert all(str(kind()) == kind.sentence and kind.sentence.endswith(".") for kind in KINDS)


def test_no_error_is_both_sent_again_and_maybe_billed() -> None:
    assert not [kind for kind in KINDS if kind.retryable and kind.maybe_billed]


KEYS = st.sampled_from(["error", "message", "detail", "code", "type", "status", "resets_at", "response", "errors"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "detail", "code", "type", "status", "resets_at", "response", "errors"]
            ),
            inner,
        )
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(st.integers(300, 599), JSON, st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()))
def test_any_error_body_is_one_error(status: int, body: Any, headers: dict[str, str]) -> None:
    error = judge(status, body, headers=headers)
    assert error.retry_after is None or (math.isfinite(error.retry_after) and error.retry_after >= 0)
    assert not (error.retryable and error.maybe_billed)


@settings(deadline=None)
@given(st.text() | st.just("[" * 100_000) | st.just("9" * 6000) | st.just('{"a":' * 50_000))
def test_any_text_is_json_or_none(text: str) -> None:
    read_error_body(parse_json(text))
