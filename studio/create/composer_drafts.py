"""Drafts of composers: where they are saved, what they may hold, and what a page shows of them."""

import json
import re
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from studio.accounts.models import User
from studio.generations.models import ComposerDraft
from studio.images import MAX_IMAGES
from studio.threads.models import Thread
from studio.web.numbers import row_number

from .forms import own_pictures
from .mask_drafts import MAX_PROMPT, is_text

CREATE = "create"
MAX_FIELDS, MAX_VALUE = 40, 4000  # characters of any field but the prompt
FIELD = re.compile(r"[a-z][a-z_]{0,39}")


class InvalidDraft(Exception):
    """The body is no valid draft."""


def place_of(thread: Thread | None) -> str:
    return f"thread-{thread.pk if thread else 'new'}"


def is_place(place: str, *, owner: User) -> bool:
    """Whether this person has a composer there."""
    if place in {CREATE, place_of(None)}:
        return True
    number = row_number(place.removeprefix("thread-")) if place.startswith("thread-") else None
    return number is not None and Thread.objects.seen_by(owner).filter(pk=number).exists()


def parse(body: bytes) -> dict[str, Any]:
    """{"values": field → text, "references": picture ids}; raise InvalidDraft."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidDraft from None
    if not isinstance(data, dict) or data.keys() != {"values", "references"}:
        raise InvalidDraft
    values, references = data["values"], data["references"]
    if not (
        isinstance(values, dict)
        and len(values) <= MAX_FIELDS
        and all(is_value(name, value) for name, value in values.items())
    ):
        raise InvalidDraft
    if not (isinstance(references, list) and len(references) <= MAX_IMAGES and all(map(is_id, references))):
        raise InvalidDraft
    return {"values": values, "references": references}


def is_value(name: str, value: Any) -> bool:
    return FIELD.fullmatch(name) is not None and is_text(value, most=MAX_PROMPT if name == "prompt" else MAX_VALUE)


def is_id(value: Any) -> bool:
    return isinstance(value, str) and row_number(value) is not None


def context(user: User | AnonymousUser, place: str) -> dict[str, Any]:
    """What a page with a composer needs to go on with its draft."""
    content = ComposerDraft.objects.content_at(place, owner=user)
    pictures = own_pictures(user, content.get("references", []))
    references = [
        {"id": str(picture.pk), "thumbnail": picture.small_url, "tokens": str(picture.input_tokens)}
        for picture in pictures
    ]
    return {
        "composer_draft": {"values": content.get("values", {}), "references": references} if content else None,
        "composer_draft_place": place,
        "composer_draft_url": reverse("composer_draft", args=[place]),
    }
