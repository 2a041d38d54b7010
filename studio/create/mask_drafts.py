"""Drafts of masks: saved while a person paints, and validated as untrusted input."""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.urls import reverse

from studio.accounts.access import person
from studio.library.models import Draft, Picture
from studio.web.numbers import row_number

MAX_BODY = 8 << 20  # bytes
MAX_PROMPT = 40_000  # characters
MAX_OPERATIONS = 100_000
MAX_VERSION = 2**31 - 2
MAX_NUMBER = 2**25  # what a mask's own numbers, eighths of a px and steps between them, stay below
MAX_DEPTH = 3  # an operation is a row that holds rows of numbers


class InvalidDraft(Exception):
    """The body is no valid draft."""


def draft_url(row: Draft) -> str:
    return reverse("draft", args=[row.picture_id, row.pk])


def open_draft(request: HttpRequest, picture: Picture) -> Draft:
    """The draft requested by id, else the latest one of the picture, else a new one."""
    drafts = Draft.objects.filter(owner=person(request), picture=picture).order_by("-updated_at", "-pk")
    draft_id = row_number(request.GET.get("draft", ""))
    if draft_id is not None:
        drafts = drafts.filter(pk=draft_id)
    return drafts.first() or Draft.objects.create(owner=person(request), picture=picture)


# ── What a draft may hold ───────────────────────────────────────────────────────────────────────────────────────────


def parse_draft(body: bytes, *, picture: Picture) -> tuple[int, dict[str, Any]]:
    """The version a draft builds on and its content; raise InvalidDraft, or RequestDataTooBig beyond MAX_BODY."""
    if len(body) > MAX_BODY:
        raise RequestDataTooBig
    try:
        # NaN and Infinity are not JSON, and databases reject them.
        data = json.loads(body, parse_constant=reject_constant)
    except (ValueError, RecursionError):
        raise InvalidDraft from None
    if not (isinstance(data, dict) and is_number(data.get("version"), most=MAX_VERSION)):
        raise InvalidDraft
    content = data.get("draft")
    if not isinstance(content, dict) or not all(
        name in VALIDATORS and VALIDATORS[name](value, picture) for name, value in content.items()
    ):
        raise InvalidDraft
    return data["version"], content


def reject_constant(_constant: str) -> None:
    raise InvalidDraft


def is_number(value: Any, *, least: int = 0, most: int = MAX_NUMBER) -> bool:
    return type(value) is int and least <= value <= most


def is_text(value: Any, *, most: int = MAX_BODY) -> bool:
    """Whether this is text that every database accepts: no NUL and no lone surrogate."""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def is_row(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether this has the shape of an operation: texts, numbers and nested lists of them, at most `depth` deep."""
    if isinstance(value, list):
        return depth > 0 and all(is_row(part, depth - 1) for part in value)
    return is_number(value, least=-MAX_NUMBER) or is_text(value)


def is_operations(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_OPERATIONS
        and all(isinstance(row, list) and is_row(row, MAX_DEPTH - 1) for row in value)
    )


VALIDATORS: dict[str, Callable[[Any, Picture], bool]] = {
    "width": lambda value, picture: is_number(value) and value == picture.width,
    "height": lambda value, picture: is_number(value) and value == picture.height,
    "base": lambda value, _picture: value is None or is_text(value),
    "operations": lambda value, _picture: is_operations(value),
    "unfinished": lambda value, _picture: value is None or is_operations([value]),
    "prompt": lambda value, _picture: is_text(value, most=MAX_PROMPT),
}
