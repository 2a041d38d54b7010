"""What stands in a composer and is not sent: kept for its owner, and shown to nobody else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.create.composer_drafts import InvalidDraft, parse
from studio.generations.models import ComposerDraft

ClientOf = Callable[[User], Client]
CONTENT: dict[str, Any] = {"values": {"prompt": "A boat, 🛶", "size": "1024x1024"}, "references": []}

pytestmark = pytest.mark.django_db


def save(client: Client, place: str = "create", **content: Any) -> int:
    body = json.dumps(CONTENT | content)
    return client.put(f"/drafts/{place}/", body, content_type="application/json").status_code


def test_what_was_typed_is_on_the_page_of_any_browser_of_its_owner(ben: User, client_of: ClientOf) -> None:
    assert save(client_of(ben)) == 204
    assert "A boat, " in client_of(ben).get("/").text


def test_what_was_typed_is_on_no_page_of_anybody_else(ben: User, cleo: User, client_of: ClientOf) -> None:
    save(client_of(ben))
    assert "A boat, " not in client_of(cleo).get("/").text


def test_a_thread_that_is_not_ones_own_has_no_draft_to_save(ben: User, client_of: ClientOf) -> None:
    assert save(client_of(ben), "thread-999") == 404
    assert save(client_of(ben), "elsewhere") == 404
    assert not ComposerDraft.objects.exists()


def test_a_picture_of_somebody_else_is_not_shown_with_a_draft(ben: User, client_of: ClientOf) -> None:
    save(client_of(ben), references=["999"])
    assert client_of(ben).get("/").context["composer_draft"]["references"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"values": [], "references": []}',
        b'{"values": {"prompt": 7}, "references": []}',
        b'{"values": {"__proto__!": ""}, "references": []}',
        b'{"values": {}, "references": ["x"]}',
        b"[" * 100_000,
    ],
)
def test_nothing_else_is_a_draft(body: bytes) -> None:
    with pytest.raises(InvalidDraft):
        parse(body)
