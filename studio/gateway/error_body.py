"""Reads the error in a JSON body or event, in any of the dozen shapes gateways use (contract §4, §6.3, §6.4)."""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from .lenient_json import parse_json

MAX_ERROR_BYTES = 256 * 1024
MAX_WAIT_SECONDS = 40 * 86_400.0
_MAX_DEPTH = 4
_MESSAGE_KEYS = ("message", "detail", "error_description", "msg", "title", "error")


@dataclass(frozen=True, kw_only=True)
class ErrorBody:
    """A gateway's error as it was sent; its repr shows none of the text. `resets_in` is seconds from now."""

    message: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    type: str = field(default="", repr=False)
    param: str = field(default="", repr=False)
    status: int | None = None
    resets_in: float | None = None

    @property
    def slugs(self) -> tuple[str, ...]:
        """Code and type in lower case, the more specific one first."""
        return tuple(slug.lower() for slug in (self.code, self.type) if slug)


def read_error_body(value: Any) -> ErrorBody | None:
    """The error in a parsed body or event; None where there is none."""
    found = next(_error_bodies(value, 0), None)
    return found and _innermost(found)


def _error_bodies(value: Any, depth: int) -> Iterator[ErrorBody]:
    if not isinstance(value, Mapping) or depth > _MAX_DEPTH:
        return
    error = value.get("error")
    if isinstance(error, Mapping) and error:
        yield _from_mapping(error, outer=value)
    elif isinstance(error, str) and error.strip():
        yield _from_text(error, outer=value)
    elif isinstance(value.get("response"), Mapping):
        yield from _error_bodies(value["response"], depth + 1)
    elif any(isinstance(value.get(key), str) and value[key] for key in ("message", "msg")):
        yield _from_mapping(value, outer=value)
    elif value.get("detail"):
        detail = value["detail"]
        yield ErrorBody(message=_message_text(detail), code=_slug(value.get("code")), param=_field_of(detail))
    elif isinstance(value.get("errors"), list | Mapping) and value["errors"]:
        yield ErrorBody(message=_message_text(value["errors"]))


def _from_mapping(error: Mapping[str, Any], *, outer: Mapping[str, Any]) -> ErrorBody:
    inner = error.get("innererror")
    filtered = isinstance(inner, Mapping) and bool(inner.get("content_filter_result"))
    code = error.get("code") if error.get("code") is not None else outer.get("code")
    return ErrorBody(
        message=next((_message_text(error[key]) for key in _MESSAGE_KEYS if error.get(key)), ""),
        code="content_filter" if filtered else _slug(code),
        type=_slug(error.get("type")) if error.get("type") != "error" else "",
        param=_slug(error.get("param")),
        status=_status(error.get("status"), error.get("status_code"), code, outer.get("status")),
        resets_in=_first(_resets_in(error), _resets_in(outer)),
    )


def _from_text(text: str, *, outer: Mapping[str, Any]) -> ErrorBody:
    """`{"error": "text"}`, or sd.cpp's `{"error": "server_error", "message": "text"}`."""
    message = outer.get("message")
    if isinstance(message, str) and message and re.fullmatch(r"[\w.-]{1,80}", text):
        return ErrorBody(message=message, code=text, status=_status(outer.get("status"), outer.get("code")))
    code = outer.get("code")
    return ErrorBody(message=text, code=_slug(code), status=_status(outer.get("status"), code))


def _innermost(error_body: ErrorBody) -> ErrorBody:
    """Prefer the error that a relay put as JSON text into its own message."""
    for _ in range(_MAX_DEPTH):
        start = error_body.message.find("{")
        inner = read_outer_error_body(error_body.message[start:]) if start >= 0 else None
        if inner is None:
            break
        error_body = replace(
            inner,
            code=inner.code or error_body.code,
            type=inner.type or error_body.type,
            param=inner.param or error_body.param,
            status=inner.status or error_body.status,
            resets_in=_first(inner.resets_in, error_body.resets_in),
        )
    return error_body


def read_outer_error_body(text: str) -> ErrorBody | None:
    """The error at the beginning of a text, without looking for further ones inside it."""
    return next(_error_bodies(parse_json(text), 0), None)


def _message_text(value: Any) -> str:
    """FastAPI's detail lists and nested messages as plain text."""
    if isinstance(value, str):
        return value[:MAX_ERROR_BYTES]
    if isinstance(value, list):
        return "; ".join(_message_text(item) for item in value[:10])
    if isinstance(value, Mapping):
        for key in (*_MESSAGE_KEYS, "reason"):
            if isinstance(value.get(key), str) and value[key]:
                return str(value[key])[:MAX_ERROR_BYTES]
    return json.dumps(value, ensure_ascii=False, default=str)[:2000]


def _field_of(detail: Any) -> str:
    """The field that FastAPI's first error is about: the end of its `loc`."""
    first = detail[0] if isinstance(detail, list) and detail else None
    loc = first.get("loc") if isinstance(first, Mapping) else None
    return _slug(loc[-1]) if isinstance(loc, list) and loc else ""


def _slug(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)[:100] if not isinstance(value, int) or abs(value) < 10**9 else ""


def _status(*candidates: Any) -> int | None:
    for candidate in candidates:
        text = _slug(candidate)
        if re.fullmatch(r"[3-5]\d\d", text):
            return int(text)
    return None


def _first(*seconds: float | None) -> float | None:
    return next((seconds for seconds in seconds if seconds is not None), None)


def _resets_in(error: Mapping[str, Any]) -> float | None:
    for key in ("resets_in_seconds", "retry_after", "retry_after_seconds"):
        if (seconds := _seconds(error.get(key))) is not None:
            return seconds
    return _seconds_until(error.get("resets_at"))


def retry_after_from_headers(headers: Mapping[str, str]) -> float | None:
    """Seconds to seconds by `retry-after-ms` or `retry-after` (seconds or a date), or None."""
    if (milliseconds := _seconds(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _seconds(value)
    return seconds if seconds is not None else _seconds_until(value)


def _seconds(value: Any) -> float | None:
    """A number of seconds as it stands, None for nonsense; far futures are cut to 40 days."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, MAX_WAIT_SECONDS) if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(value: Any) -> float | None:
    """Seconds until an epoch (in s or ms), an ISO date or an HTTP date; 0 when it has passed."""
    epoch: float | None
    if isinstance(value, bool):
        return None
    try:
        epoch = float(value)
    except (TypeError, ValueError, OverflowError):
        epoch = _epoch(value)
    if epoch is None or not math.isfinite(epoch) or epoch <= 0:
        return None
    if epoch > 1e11:
        epoch /= 1000
    return min(max(epoch - time.time(), 0.0), MAX_WAIT_SECONDS)


def _epoch(value: Any) -> float | None:
    if not isinstance(value, str) or len(value) > 60:
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            instant = parse(value.strip())
        except (ValueError, TypeError, OverflowError):
            continue
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    return None
