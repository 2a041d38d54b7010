"""Decides which GatewayError an HTTP status or an error body stands for."""

import re
from collections.abc import Iterable, Mapping

from . import errors
from .error_body import ErrorBody, retry_after_from_headers
from .errors import GatewayError
from .redaction import redact

_BY_SLUG: dict[type[GatewayError], tuple[str, ...]] = {
    errors.ContentRefused: (
        "moderation_blocked", "content_policy_violation", "image_content_policy_violation", "content_filter",
        "contentfilter", "safety_violation", "sensitive_words_detected", "invalid_prompt", "bio_policy",
        "misalignment_policy_violation",
    ),
    errors.KeyRefused: (
        "invalid_api_key", "api_key_required", "api_key_disabled", "api_key_expired", "user_not_found",
        "user_inactive", "authentication_error", "invalid_authentication", "unauthorized",
    ),
    errors.KeyBlocked: ("invalid_auth_rate_limited",),
    errors.AccessDenied: (
        "access_denied", "subscription_not_found", "subscription_invalid", "group_deleted", "group_disabled",
        "group_not_allowed", "permission_error", "permission_denied", "unsupported_country_region_territory",
    ),
    errors.QuotaSpent: (
        "insufficient_quota", "insufficient_balance", "insufficient_user_quota", "api_key_quota_exhausted",
        "billing_hard_limit_reached", "billing_error", "billing_not_active", "quota_exceeded",
    ),
    errors.WindowUsedUp: ("usage_limit_reached", "usage_limit_exceeded"),
    errors.RateLimited: ("rate_limit_exceeded", "rate_limit_error", "too_many_requests"),
    errors.CannotDraw: ("image_generation_unavailable",),
    errors.SetupFault: (
        "no_db_connection", "model_price_error", "not_configured", "configuration_error", "config_error",
        "misconfigured", "missing_api_key",
    ),
    errors.ModelNotFound: ("model_not_found",),
    errors.LateFailure: ("response_incomplete", "incomplete_error"),  # it did generate, and ran out of budget
    errors.ReplyForgotten: ("previous_response_not_found",),
    errors.ParameterRefused: ("unknown_parameter", "unsupported_parameter", "invalid_input_fidelity_model"),
}  # fmt: skip
_SLUGS = {slug: kind for kind, slugs in _BY_SLUG.items() for slug in slugs}

# Words in which gateways speak of their own set-up, not of the request: a code that ends so, or a message.
_SETUP_CODE = re.compile(r"(^|_)(not_(configured|set_up|initialized)|unconfigured|misconfigured|no_db_connection)$")
_SETUP_WORDS = re.compile(
    r"\b(?:is|are|was|has|have)(?: not|n't)(?: yet)?(?: been)? (?:configured|set[ -]?up|initiali[sz]ed)\b"
    r"|\b(?:not|un|mis)[ -]?configured\b|\bno connected db\b|\bno (?:database|db) connect"
    r"|\bmissing (?:the )?(?:environment variable|env(?:ironment)? var|credentials|configuration)"
    r"|\bupstream authentication failed\b"
    r"|(?:ratio|price|pricing) (?:is )?not (?:set|found|configured)|未配置|配置错误|未设置(?:价格|倍率)",
    re.IGNORECASE,
)

_BY_TEXT: tuple[tuple[str, type[GatewayError]], ...] = (
    ("tool choice 'image_generation' not found", errors.CannotDraw),
    ("image generation is not enabled", errors.CannotDraw),
    ("images api is not supported", errors.CannotDraw),
    ("did not execute image generation", errors.CannotDraw),
    ("invalid model name", errors.ModelNotFound),
    ("did not return image output", errors.LateFailure),  # mostly a soft refusal, or a job that took too long
    ("safety system", errors.ContentRefused),
    ("moderation_blocked", errors.ContentRefused),
    ("content_policy_violation", errors.ContentRefused),
    ("content policy", errors.ContentRefused),
    ("violating our usage policy", errors.ContentRefused),
    ("must be verified to use", errors.AccessDenied),
    ("previous_response_id", errors.ReplyForgotten),
    ("unknown parameter", errors.ParameterRefused),
    ("unsupported parameter", errors.ParameterRefused),
    ("unrecognized request argument", errors.ParameterRefused),
    ("does not support parameters", errors.ParameterRefused),
    ("extra inputs are not permitted", errors.ParameterRefused),
    ("unexpected keyword argument", errors.ParameterRefused),
    ("streaming must have non-zero partial images", errors.ParameterRefused),
    ("未知参数", errors.ParameterRefused),
    ("不支持的参数", errors.ParameterRefused),
    ("不支持参数", errors.ParameterRefused),
)

# Finds the refused parameter in a message: some gateways name it nowhere else.
_NAMED_PARAMETER = re.compile(
    r"(?:(?:unknown|unsupported) parameters?|unrecognized request arguments? supplied|does not support parameters|"
    r"unexpected keyword argument|未知参数|不支持的?参数)\W{0,4}([\w.\[\]]{2,60})",
    re.IGNORECASE,
)

_BY_STATUS: dict[int, type[GatewayError]] = {
    401: errors.KeyRefused,
    402: errors.QuotaSpent,
    403: errors.AccessDenied,
    404: errors.RouteNotFound,
    405: errors.RouteNotFound,
    408: errors.LateFailure,
    413: errors.RequestTooLarge,
    429: errors.RateLimited,
    499: errors.LateFailure,
}

# The HTTP status an error body without one stands for, by its code or type.
_SLUGS_BY_STATUS: dict[int, tuple[str, ...]] = {
    400: (
        "invalid_request_error", "image_generation_user_error", "missing_required_parameter", "invalid_value",
        "invalid_image", "invalid_image_format", "invalid_base64_image", "invalid_image_url", "invalid_image_mode",
        "image_too_large", "image_too_small", "image_parse_error", "image_file_too_large", "image_file_not_found",
        "unsupported_image_media_type", "empty_image_file", "failed_to_download_image", "previous_response_not_found",
    ),
    401: ("invalid_api_key", "authentication_error"),
    403: ("permission_error", "billing_error"),
    404: ("not_found_error", "model_not_found"),
    429: (
        "rate_limit_exceeded", "rate_limit_error", "too_many_requests", "requests", "usage_limit_reached",
        "usage_limit_exceeded", "insufficient_quota",
    ),
    502: ("upstream_error",),
    503: ("overloaded_error", "api_key_auth_overloaded"),
}  # fmt: skip
_STATUS_BY_SLUG = {slug: status for status, slugs in _SLUGS_BY_STATUS.items() for slug in slugs}


def classify_error(
    *,
    status: int,
    error_body: ErrorBody | None,
    text: str = "",
    headers: Mapping[str, str] | None = None,
    elapsed: float = float("inf"),
    early_seconds: float = 30.0,
    is_html: bool = False,
    has_output: bool = False,
    secrets: Iterable[str] = (),
) -> GatewayError:
    """Return the error for an HTTP status, or for an error body under 200 or inside a stream.

    `elapsed` is seconds since the call was sent; after `early_seconds` the picture may have been drawn. `has_output`
    says that partial pictures had already arrived.
    """
    if 200 <= status < 300:
        status = _implied_status(error_body)
    kind = _kind(status, error_body, is_early=elapsed <= early_seconds, is_html=is_html)
    param = _parameter(error_body, kind) if error_body else ""
    if has_output and issubclass(kind, errors.Busy):
        kind = errors.LateFailure
    error = kind(
        redact((error_body and error_body.message) or text, secrets=secrets),
        status=status,
        code=redact(error_body.slugs[0], 100, secrets=secrets) if error_body and error_body.slugs else None,
        param=redact(param, 100, secrets=secrets) if param else None,
    )
    error.is_explained = error_body is not None
    error.is_late = elapsed > early_seconds
    if has_output:
        error.maybe_billed = True
    _set_retry_after(error, error_body, headers or {})
    return error


def _kind(status: int, error_body: ErrorBody | None, *, is_early: bool, is_html: bool) -> type[GatewayError]:
    if 300 <= status < 400:
        return errors.Redirected
    if is_html and status in (401, 403):
        return errors.Challenged
    known = _known_error(error_body) if error_body else None
    if status == 400 and known is errors.AccessDenied:
        return errors.ContentRefused  # a gateway's own prompt audit answers 400 permission_error
    # A server-side status may hide work already done: only a clear refusal is believed there.
    if known and (status < 500 or issubclass(known, (errors.Refused, errors.LateFailure))):
        return errors.LateFailure if known is errors.SetupFault and not is_early else known
    is_general = status in (400, 404, 422) or status >= 500
    if error_body and is_early and is_general and not known and _speaks_of_setup(error_body):
        return errors.SetupFault
    if status in (502, 503, 504) and error_body and not is_html and is_early:
        return errors.Unavailable
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return errors.RequestRefused if 400 <= status < 500 else errors.LateFailure


def _speaks_of_setup(error_body: ErrorBody) -> bool:
    """Whether a gateway says that it is not set up, rather than what is wrong with the request or busy right now."""
    return any(map(_SETUP_CODE.search, error_body.slugs)) or bool(_SETUP_WORDS.search(error_body.message[:4000]))


def _parameter(error_body: ErrorBody, kind: type[GatewayError]) -> str:
    """The parameter an error is about: from its own field, else from the message."""
    if error_body.param or not issubclass(kind, errors.ParameterRefused):
        return error_body.param
    message = error_body.message[:4000]
    if "non-zero partial images" in message.lower():
        return "stream"  # it streams only with partial pictures, and without any it need not stream
    found = _NAMED_PARAMETER.search(message)
    return found[1] if found else ""


def _known_error(error_body: ErrorBody) -> type[GatewayError] | None:
    message = error_body.message[:4000].lower()
    for fragment, kind in _BY_TEXT:
        if fragment in message:
            return kind
    return next((_SLUGS[slug] for slug in error_body.slugs if slug in _SLUGS), None)


def _implied_status(error_body: ErrorBody | None) -> int:
    if error_body is None:
        return 500
    if error_body.status:
        return error_body.status
    return next((_STATUS_BY_SLUG[slug] for slug in error_body.slugs if slug in _STATUS_BY_SLUG), 500)


def _set_retry_after(error: GatewayError, error_body: ErrorBody | None, headers: Mapping[str, str]) -> None:
    waits = [error_body.resets_in if error_body else None, retry_after_from_headers(headers)]
    error.retry_after = next((wait for wait in waits if wait is not None), None)
    if headers.get("x-should-retry", "").strip().lower() == "false":
        error.retryable = False
