"""Error responses in the formats of OpenAI, sub2api and the proxies in front of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class ErrorResponse:
    """A complete error reply; `status` may be 200, as some gateways send errors so."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def http_response(self) -> Response:
        """The reply as a response of the server."""
        return Response(self.body, self.status, dict(self.headers), self.content_type)


def openai_error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: object,
) -> ErrorResponse:
    """OpenAI's format: `error` with message, type, param and code, the last two nullable (contract §4.1)."""
    error = {"message": message, "type": kind, "param": param, "code": code, **extra}
    return json_response(status, {"error": error}, headers)


def gateway_error(
    status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None, **extra: object
) -> ErrorResponse:
    """sub2api's gateway format: `error` with type and message, nothing null (contract §4.3)."""
    return json_response(status, {"error": {"type": kind, "message": message, **extra}}, headers)


def flat_error(status: int, code: str, message: str) -> ErrorResponse:
    """sub2api's format for keys and billing: code and message without `error` around them (contract §4.3)."""
    return json_response(status, {"code": code, "message": message})


def html_error(status: int, title: str, *, server: str = "nginx") -> ErrorResponse:
    """The error page of a proxy."""
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        f"<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    )
    return ErrorResponse(status, page.encode(), HTML)


def json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> ErrorResponse:
    """Any JSON value as a reply."""
    return ErrorResponse(status, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), JSON, headers or {})
