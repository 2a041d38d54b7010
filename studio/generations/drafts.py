"""Drafts of masks: what somebody is painting, kept while they paint, and never trusted."""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from studio.accounts.access import person
from studio.library.models import Draft, Picture
from studio.library.views import picture_id as number

MAX_BODY = 8 << 20  # bytes
MAX_PROMPT = 40_000  # characters
MAX_OPERATIONS = 100_000
MAX_VERSION = 2**31 - 2
MAX_NUMBER = 2**25  # what a mask's own numbers, eighths of a px and steps between them, stay below
MAX_DEPTH = 3  # an operation is a row that holds rows of numbers


class BrokenDraft(Exception):
    """What came is no draft."""


@require_http_methods(["PUT"])
def draft(request: HttpRequest, picture_id: int, draft_id: int) -> HttpResponse:
    """Save a draft over the version it builds on; 409 with a draft of its own where another window was faster."""
    row = get_object_or_404(Draft.objects.filter(owner=person(request), picture=picture_id), pk=draft_id)
    try:
        version, content = read(request.body, picture=row.picture)
    except RequestDataTooBig:
        sentence = gettext("This draft has grown beyond %(limit)s MB and cannot be kept; the edit itself can be sent.")
        return JsonResponse({"error": sentence % {"limit": MAX_BODY >> 20}}, status=413)
    except BrokenDraft:
        return JsonResponse({"error": gettext("That is no draft.")}, status=400)
    now = timezone.now()
    if Draft.objects.keep(draft_id=row.pk, version=version, content=content, now=now):
        return JsonResponse({"version": version + 1})
    second = Draft.objects.create(owner=row.owner, picture=row.picture, version=1, content=content, updated_at=now)
    other = {"url": f"{reverse('mask', args=[picture_id])}?draft={row.pk}"}
    return JsonResponse({"version": 1, "url": address(second), "other": other}, status=409)


def address(row: Draft) -> str:
    return reverse("draft", args=[row.picture_id, row.pk])


def opened(request: HttpRequest, picture: Picture) -> Draft:
    """The draft that is asked for by number, else the latest one, else a fresh one."""
    drafts = Draft.objects.filter(owner=person(request), picture=picture).order_by("-updated_at", "-pk")
    wanted = number(request.GET.get("draft", ""))
    if wanted is not None:
        drafts = drafts.filter(pk=wanted)
    return drafts.first() or Draft.objects.create(owner=person(request), picture=picture)


# ── What a draft may hold ───────────────────────────────────────────────────────────────────────────────────────────


def read(body: bytes, *, picture: Picture) -> tuple[int, dict[str, Any]]:
    """The version a draft builds on and what it holds, or BrokenDraft; RequestDataTooBig beyond 8 MiB."""
    if len(body) > MAX_BODY:
        raise RequestDataTooBig
    try:
        # NaN and Infinity are no JSON, and no database would keep them.
        data = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise BrokenDraft from None
    if not (isinstance(data, dict) and is_number(data.get("version"), most=MAX_VERSION)):
        raise BrokenDraft
    content = data.get("draft")
    if not isinstance(content, dict) or not all(
        name in PARTS and PARTS[name](value, picture) for name, value in content.items()
    ):
        raise BrokenDraft
    return data["version"], content


def refuse(_constant: str) -> None:
    raise BrokenDraft


def is_number(value: Any, *, least: int = 0, most: int = MAX_NUMBER) -> bool:
    return type(value) is int and least <= value <= most


def is_text(value: Any, *, most: int = MAX_BODY) -> bool:
    """Whether this is text that every database keeps: no NUL and no half of a surrogate pair."""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def is_row(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether this is a list of texts, numbers and shorter lists of them, as an operation is written."""
    if isinstance(value, list):
        return depth > 0 and all(is_row(part, depth - 1) for part in value)
    return is_number(value, least=-MAX_NUMBER) or is_text(value)


def is_operations(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_OPERATIONS
        and all(isinstance(row, list) and is_row(row, MAX_DEPTH - 1) for row in value)
    )


PARTS: dict[str, Callable[[Any, Picture], bool]] = {
    "width": lambda value, picture: is_number(value) and value == picture.width,
    "height": lambda value, picture: is_number(value) and value == picture.height,
    "base": lambda value, _picture: value is None or is_text(value),
    "operations": lambda value, _picture: is_operations(value),
    "prompt": lambda value, _picture: is_text(value, most=MAX_PROMPT),
}
