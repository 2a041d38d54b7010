"""What is answered instead of a picture, in the envelopes of OpenAI, sub2api and the proxies before them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Refusal:
    """A finished answer; `status` may be 200, for gateways that wrap their errors so."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def openai(status: int, message: str, *, kind: str = "invalid_request_error", code: str | None = None,
           param: str | None = None, headers: Mapping[str, str] | None = None, **extra: object) -> Refusal:  # fmt: skip
    """OpenAI's envelope: `error` with message, type, param and code, the last two nullable (contract §4.1)."""
    error = {"message": message, "type": kind, "param": param, "code": code, **extra}
    return from_json(status, {"error": error}, headers)


def gateway(
    status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None, **extra: object
) -> Refusal:
    """sub2api's gateway envelope: `error` with type and message, nothing null (contract §4.3)."""
    return from_json(status, {"error": {"type": kind, "message": message, **extra}}, headers)


def flat(status: int, code: str, message: str) -> Refusal:
    """sub2api's key and billing envelope: code and message with no `error` around them (contract §4.3)."""
    return from_json(status, {"code": code, "message": message})


def html(status: int, title: str, *, server: str = "nginx") -> Refusal:
    """The page a proxy puts in front when it gives up."""
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        f"<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    )
    return Refusal(status, page.encode(), HTML)


def from_json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Refusal:
    """Any JSON value as an answer."""
    return Refusal(status, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), JSON, headers or {})
