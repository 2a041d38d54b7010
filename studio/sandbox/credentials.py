"""Who may call: any key that begins with `sk-`, except `sk-invalid…`; the refusals are sub2api's flat ones."""

import hashlib

from starlette.requests import Request

from studio.sandbox.refusal import Refusal, flat

KEY_LIMIT = 128
"""Bytes; sub2api turns anything longer away unread, so every JWT."""

OAUTH = "sk-oauth"
"""What a key begins with that leads to a ChatGPT account instead of an API key."""

PER_PICTURE = "sk-picture"
"""What a key begins with whose group bills by the picture and not by tokens (contract §3.4)."""

IN_QUERY = ("key", "api_key")


def presented(request: Request) -> str:
    """The credential of a request: Authorization, else x-api-key; empty when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-api-key", "").strip()


def is_oauth(key: str) -> bool:
    """Whether a ChatGPT account stands behind the key, which stores nothing (contract §5)."""
    return key.startswith(OAUTH)


def is_per_picture(key: str) -> bool:
    """Whether the key's group bills by the picture."""
    return key.startswith(PER_PICTURE)


def fingerprint(key: str) -> str | None:
    """The first 12 hex digits of the key's SHA-256, which is all that is ever kept of it."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12] if key else None


def problem(request: Request) -> Refusal | None:
    """Why the request's credential is turned away, if it is."""
    if any(name in request.query_params for name in IN_QUERY):
        return flat(
            400,
            "api_key_in_query_deprecated",
            "API key in query parameter is deprecated. Please use the Authorization header.",
        )
    key = presented(request)
    if not key:
        return flat(
            401, "API_KEY_REQUIRED", "API key is required in Authorization header (Bearer scheme) or x-api-key header"
        )
    if len(key) > KEY_LIMIT or not key.startswith("sk-") or key.startswith("sk-invalid"):
        return flat(401, "INVALID_API_KEY", "Invalid API key")
    return None
