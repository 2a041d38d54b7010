"""API keys: any that begins with `sk-` is accepted, except `sk-invalid…`; errors have sub2api's flat format."""

import hashlib

from starlette.requests import Request

from studio.sandbox.error_responses import ErrorResponse, flat_error

MAX_KEY_LENGTH = 128
"""Characters; sub2api refuses longer keys unread, and so every JWT."""

OAUTH_PREFIX = "sk-oauth"
"""Prefix of keys that lead to a ChatGPT account instead of an API key."""

PER_PICTURE_PREFIX = "sk-picture"
"""Prefix of keys whose group is billed by the picture and not by tokens (contract §3.4)."""

QUERY_NAMES = ("key", "api_key")


def key_of(request: Request) -> str:
    """The key of a request, from Authorization or else x-api-key; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-api-key", "").strip()


def is_oauth(key: str) -> bool:
    """Whether the key leads to a ChatGPT account, which stores nothing (contract §5)."""
    return key.startswith(OAUTH_PREFIX)


def is_per_picture(key: str) -> bool:
    """Whether the key is billed by the picture."""
    return key.startswith(PER_PICTURE_PREFIX)


def key_hash(key: str) -> str | None:
    """The first 12 hex digits of the key's SHA-256, which is all that is logged of it."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12] if key else None


def key_error(request: Request) -> ErrorResponse | None:
    """The error for a missing or bad key; None for a good one."""
    if any(name in request.query_params for name in QUERY_NAMES):
        return flat_error(
            400,
            "api_key_in_query_deprecated",
            "API key in query parameter is deprecated. Please use the Authorization header.",
        )
    key = key_of(request)
    if not key:
        return flat_error(
            401, "API_KEY_REQUIRED", "API key is required in Authorization header (Bearer scheme) or x-api-key header"
        )
    if len(key) > MAX_KEY_LENGTH or not key.startswith("sk-") or key.startswith("sk-invalid"):
        return flat_error(401, "INVALID_API_KEY", "Invalid API key")
    return None
