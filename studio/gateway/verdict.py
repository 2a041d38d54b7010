"""Turns an answer that is not a picture into the one error that says what it means."""

import re
from collections.abc import Iterable, Mapping

from . import errors
from .complaint import Complaint, wait_from_headers
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
    errors.ModelNotFound: ("model_not_found",),
    errors.LateFailure: ("response_incomplete", "incomplete_error"),  # it did draw, and ran out of budget
    errors.ReplyForgotten: ("previous_response_not_found",),
    errors.ParameterRefused: ("unknown_parameter", "unsupported_parameter", "invalid_input_fidelity_model"),
}  # fmt: skip
_SLUGS = {slug: kind for kind, slugs in _BY_SLUG.items() for slug in slugs}

_BY_TEXT: tuple[tuple[str, type[GatewayError]], ...] = (
    ("tool choice 'image_generation' not found", errors.CannotDraw),
    ("image generation is not enabled", errors.CannotDraw),
    ("images api is not supported", errors.CannotDraw),
    ("did not execute image generation", errors.CannotDraw),
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

# Where a message names the parameter it does not want, which some gateways do nowhere else.
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

# What a complaint without a status of its own amounts to, by its code or type.
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


def verdict(
    *,
    status: int,
    complaint: Complaint | None,
    text: str = "",
    headers: Mapping[str, str] | None = None,
    elapsed: float = float("inf"),
    early: float = 30.0,
    is_html: bool = False,
    has_drawn: bool = False,
    secrets: Iterable[str] = (),
) -> GatewayError:
    """Return the error for an HTTP status, or for a complaint under 200 or inside a stream.

    `elapsed` is seconds since the call was sent, and up to `early` a 502-504 is believed to have cost nothing;
    `has_drawn` says that partial pictures had already come.
    """
    if 200 <= status < 300:
        status = _implied_status(complaint)
    kind = _kind(status, complaint, is_early=elapsed <= early, is_html=is_html)
    param = _parameter(complaint, kind) if complaint else ""
    if has_drawn and issubclass(kind, errors.Busy):
        kind = errors.LateFailure
    error = kind(
        redact((complaint and complaint.message) or text, secrets=secrets),
        status=status,
        code=redact(complaint.slugs[0], 100, secrets=secrets) if complaint and complaint.slugs else None,
        param=redact(param, 100, secrets=secrets) if param else None,
    )
    error.is_explained = complaint is not None
    if has_drawn:
        error.maybe_billed = True
    _add_wait(error, complaint, headers or {})
    return error


def _kind(status: int, complaint: Complaint | None, *, is_early: bool, is_html: bool) -> type[GatewayError]:
    if 300 <= status < 400:
        return errors.Redirected
    if is_html and status in (401, 403):
        return errors.Challenged
    named = _named(complaint) if complaint else None
    if status == 400 and named is errors.AccessDenied:
        return errors.ContentRefused  # a gateway's own prompt audit answers 400 permission_error
    # A server-side status may hide work already done: only a plain no is believed there.
    if named and (status < 500 or issubclass(named, (errors.Refused, errors.LateFailure))):
        return named
    if status in (502, 503, 504) and complaint and not is_html and is_early:
        return errors.Unavailable
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return errors.RequestRefused if 400 <= status < 500 else errors.LateFailure


def _parameter(complaint: Complaint, kind: type[GatewayError]) -> str:
    """The parameter a complaint is about: by its field, else by its words."""
    if complaint.param or not issubclass(kind, errors.ParameterRefused):
        return complaint.param
    message = complaint.message[:4000]
    if "non-zero partial images" in message.lower():
        return "stream"  # it streams only with partial pictures, and without any it need not stream
    found = _NAMED_PARAMETER.search(message)
    return found[1] if found else ""


def _named(complaint: Complaint) -> type[GatewayError] | None:
    message = complaint.message[:4000].lower()
    for words, kind in _BY_TEXT:
        if words in message:
            return kind
    return next((_SLUGS[slug] for slug in complaint.slugs if slug in _SLUGS), None)


def _implied_status(complaint: Complaint | None) -> int:
    if complaint is None:
        return 500
    if complaint.status:
        return complaint.status
    return next((_STATUS_BY_SLUG[slug] for slug in complaint.slugs if slug in _STATUS_BY_SLUG), 500)


def _add_wait(error: GatewayError, complaint: Complaint | None, headers: Mapping[str, str]) -> None:
    waits = [complaint.resets_in if complaint else None, wait_from_headers(headers)]
    error.retry_after = next((wait for wait in waits if wait is not None), None)
    if headers.get("x-should-retry", "").strip().lower() == "false":
        error.retryable = False
