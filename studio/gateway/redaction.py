"""Removes secrets, addresses of private networks and bulk data from foreign text before it is stored or shown."""

import ipaddress
import json
import re
from ast import literal_eval
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"
ADDRESS = "[internal address]"
DATA = "[data]"

# Bounded repeats keep every rule linear on hostile text.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=_-]*", re.IGNORECASE), DATA),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]+)*"), HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:sk|rt)[-_.][\w*.-]+", re.IGNORECASE), HIDDEN),
    (re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}"), DATA),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[e-mail]"),
    (re.compile(r"[\x00-\x08\x0b-\x1f\x7f]"), " "),
)

# A host with what stands around it: the scheme before it, port and path after it.
_SCHEME, _REST = r"(?:\b[a-z][a-z0-9+.-]{1,12}://)?", r"(?::\d{1,5})?(?:/[^\s\"'<>)\]},;]{0,300})?"
_IPV4 = re.compile(rf"{_SCHEME}(?<![\w.])(\d{{1,3}}(?:\.\d{{1,3}}){{3}})(?![\w.]*\w){_REST}", re.IGNORECASE)
_IPV6 = re.compile(
    rf"{_SCHEME}\[?(?<![\w:.])((?:[0-9a-f]{{0,4}}:){{2,7}}[0-9a-f]{{0,4}})(?![\w:])\]?{_REST}", re.IGNORECASE
)
_LOCAL_NAME = re.compile(
    rf"{_SCHEME}\b(?:localhost|(?:[\w-]{{1,63}}\.){{1,6}}(?:local|internal|intranet|lan|corp|home\.arpa|localdomain|svc))"
    rf"(?![\w-]|\.\w){_REST}",
    re.IGNORECASE,
)
_BARE_HOST = re.compile(rf"\bhttps?://[\w-]{{1,63}}(?![\w.-]){_REST}", re.IGNORECASE)  # a container: http://redis:6379

_FRAGMENT = re.compile(r"[{\[]")
_CUT_OFF = re.compile(r"[{\[][\s{\[]{0,9}[\"']\w")  # how JSON begins, whose end may be missing
_CUT_MESSAGE = re.compile(r"[\"']message[\"']\s*:\s*([\"'])(.{1,500}?)\1")
_MAX_FRAGMENTS = 20
_MESSAGE_KEYS = ("message", "detail", "error_description", "msg", "error", "reason")


def redact(text: str, limit: int = 2000, *, secrets: Iterable[str] = ()) -> str:
    """At most `limit` characters of the text, without keys, tokens, addresses of people and of private networks.

    Runs of base64 are left out, and pieces of JSON are replaced by the message in them.
    """
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = fold_json(text[: max(limit, 0) * 8])
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = hide_private_addresses(text)
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def hide_private_addresses(text: str) -> str:
    """The text without the places in a network that nobody outside it can reach, nor needs to know."""
    text = _IPV4.sub(_hide_if_private, text)
    text = _IPV6.sub(_hide_if_private, text)
    return _BARE_HOST.sub(ADDRESS, _LOCAL_NAME.sub(ADDRESS, text))


def _hide_if_private(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[1])
    except ValueError:
        return found[0]
    return found[0] if address.is_global else ADDRESS


def fold_json(text: str) -> str:
    """The text with each piece of JSON, or of Python's notation for it, replaced by the message in it."""
    folded, at = [], 0
    for _fragment in range(_MAX_FRAGMENTS):
        start = _FRAGMENT.search(text, at)
        if start is None:
            break
        end, value = _parse_at(text, start.start())
        if end is None and _CUT_OFF.match(text, start.start()) and _closing(text, start.start()) is None:
            end, value = len(text), {"message": _message_in_cut(text[start.start() :])}
        if end is None:
            folded.append(text[at : start.end()])
            at = start.end()
            continue
        folded += [text[at : start.start()], _message_in(value)]
        at = end
    return "".join([*folded, text[at:]])


def _parse_at(text: str, start: int) -> tuple[int | None, Any]:
    """The value that begins there and where it ends; None where nothing of the kind does."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return _literal_at(text, start)
    return (end, value) if isinstance(value, Mapping | list) and _is_structure(value) else (None, None)


def _is_structure(value: Mapping[str, Any] | list[Any]) -> bool:
    """Whether it is more than words in brackets, such as a list of numbers in a sentence."""
    return bool(value) if isinstance(value, Mapping) else any(isinstance(item, Mapping) for item in value)


def _literal_at(text: str, start: int) -> tuple[int | None, Any]:
    end = _closing(text, start)
    if end is None:
        return None, None
    try:
        value = literal_eval(text[start:end])
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None, None
    return (end, value) if isinstance(value, Mapping | list) and _is_structure(value) else (None, None)


def _closing(text: str, start: int) -> int | None:
    """Where the bracket that opens there is closed, quoted text aside."""
    depth, quote, is_escaped = 0, "", False
    for at in range(start, min(len(text), start + 4000)):
        char = text[at]
        if quote:
            if is_escaped:
                is_escaped = False
            elif char == "\\":
                is_escaped = True
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if depth == 0:
                return at + 1
    return None


def _message_in_cut(text: str) -> str:
    found = _CUT_MESSAGE.search(text)
    return found[2] if found else DATA


def _message_in(value: Any) -> str:
    """The message of an error as it was parsed; DATA where it has none."""
    if isinstance(value, Mapping):
        for key in _MESSAGE_KEYS:
            inner = value.get(key)
            if isinstance(inner, str) and inner.strip():
                return inner
            if isinstance(inner, Mapping | list) and inner and (message := _message_in(inner)) != DATA:
                return message
    if isinstance(value, list):
        messages = [message for item in value[:10] if (message := _message_in(item)) != DATA]
        return "; ".join(messages) or DATA
    return DATA
