"""Parses JSON as gateways write it: with a byte-order mark, NUL bytes or text around it."""

import json
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()
_BETWEEN = "\ufeff \t\r\n\x00\x1e,"  # also the record separator of JSON text sequences


def parse_json(text: str) -> Any:
    """Parse JSON and ignore what follows it; None for anything that is not JSON."""
    try:
        value, _end = _DECODER.raw_decode(text.strip("\ufeff \t\r\n\x00"))
    except (ValueError, RecursionError):
        return None
    return value


def parse_json_values(text: str) -> Iterator[Any]:
    """Each value of a text that holds several, one after the other or one a line; ends where no further one begins."""
    at = 0
    while at < len(text):
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value
