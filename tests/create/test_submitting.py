"""Submitting: every broken rule gets a sentence beside its field, and nothing typed is lost."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from studio.accounts.models import User
from studio.generations.models import Generation, Job
from studio.upstreams.models import Upstream

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}
ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def upstream(db: None) -> Upstream:
    return Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


@pytest.fixture
def post(client_of: ClientOf, ben: User) -> Callable[..., HttpResponse]:
    client = client_of(ben)

    def post(*, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        fields = {
            "token": str(uuid.uuid4()),
            "prompt": "A harbour at dawn",
            "model": "gpt-image-2",
            "size": "1024x1024",
            "quality": "medium",
            "output_format": "png",
            "background": "auto",
            "moderation": "auto",
            "partial_images": "0",
            "n": "1",
        }
        data = {name: value for name, value in (fields | changes).items() if value is not None}
        return client.post("/generations/", data, headers=HTMX if headers is None else headers)

    return post


Post = Callable[..., Any]


def test_submitting_returns_the_card(post: Post, ben: User) -> None:
    answer = post(n="3")
    assert answer.status_code == 200
    assert answer.content.count(b'data-state="queued"') == 3
    assert Job.objects.filter(owner=ben).count() == 3


def test_each_answer_brings_a_fresh_token(post: Post) -> None:
    token = str(uuid.uuid4())
    answer = post(token=token)
    assert b'id="token"' in answer.content
    assert token.encode() not in answer.content


def test_without_htmx_submitting_redirects_to_the_feed(post: Post) -> None:
    answer = post(headers={})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert Generation.objects.count() == 1


REFUSED = [
    ({"prompt": ""}, "Write what the picture should show"),
    ({"prompt": "   \n "}, "Write what the picture should show"),
    ({"prompt": "x" * 32_001}, "32,001"),
    ({"size": "1000x1000"}, "multiple of 16"),
    ({"size": "512x512"}, "655,360"),
    ({"size": "3840x3840"}, "8,294,400"),
    ({"size": "4096x1024"}, "3840"),
    ({"size": "3840x1024"}, "3:1"),
    ({"size": "-1024x1024"}, "width and a height"),
    ({"size": "１０２４x１０２４"}, "width and a height"),
    ({"size": "1024X1024"}, "width and a height"),
    ({"size": "big"}, "width and a height"),
    ({"size": "9" * 5000 + "x16"}, "width and a height"),
    ({"size": "custom", "width": "1920", "height": "1080"}, "1920×1088"),
    ({"size": "custom", "width": "", "height": ""}, "width and a height"),
    ({"n": "0"}, "1 to 10"),
    ({"n": "11"}, "1 to 10"),
    ({"n": "many"}, "whole number"),
    ({"n": None}, "required"),
    ({"quality": "hd"}, "quality"),
    ({"output_format": "gif"}, "format"),
    ({"output_compression": "50"}, "JPEG and WebP only"),
    ({"output_format": "jpeg", "output_compression": "101"}, "0 to 100"),
    ({"background": "transparent"}, "transparent"),
    ({"moderation": "none"}, "moderation"),
    ({"partial_images": "4"}, "0 to 3"),
    ({"partial_images": "-1"}, "0 to 3"),
    ({"model": "dall-e-3"}, "dall-e-3"),
    ({"response_format": "url"}, "response_format"),
    ({"token": "abc"}, "no longer valid"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[str(changes)[:50] for changes, _words in REFUSED])
def test_a_broken_rule_gets_a_sentence_and_keeps_the_prompt(post: Post, changes: dict[str, Any], words: str) -> None:
    answer = post(**changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "A harbour at dawn" in answer.content.decode() or "prompt" in changes
    assert not Generation.objects.exists()


def test_the_same_token_with_another_prompt_is_a_conflict_and_keeps_the_prompt(post: Post) -> None:
    token = str(uuid.uuid4())
    post(token=token)
    answer = post(token=token, prompt="A railway station")
    assert answer.status_code == 409
    assert "A railway station" in answer.content.decode()
    assert Generation.objects.count() == 1


def test_what_to_avoid_is_appended_to_the_prompt(post: Post) -> None:
    post(avoid="people, text")
    assert Generation.objects.get().prompt == "A harbour at dawn\n\nAvoid: people, text."


def test_a_lost_session_leads_to_sign_in_and_back(client: Client) -> None:
    answer = client.post("/generations/", {"prompt": "x"}, headers=HTMX)
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2F"


@pytest.mark.parametrize("address", ["/jobs/{job}/", "/jobs/{job}/cancellation/", "/jobs/{job}/retry/"])
def test_a_stranger_cannot_touch_someone_elses_job(post: Post, client_of: ClientOf, cleo: User, address: str) -> None:
    post()
    address = address.format(job=Job.objects.get().pk)
    response = client_of(cleo).get(address) if address.count("/") == 3 else client_of(cleo).post(address)
    assert response.status_code == 404
    assert Job.objects.get().state == "queued"


def test_a_stranger_sees_nothing_of_someone_elses_feed(post: Post, client_of: ClientOf, cleo: User) -> None:
    post()
    assert "A harbour at dawn" not in client_of(cleo).get("/").content.decode().split('id="feed"')[1]


def test_reuse_settings_fills_the_composer_only_from_ones_own_pictures(client_of: ClientOf, cleo: User) -> None:
    for invalid in ("1", "abc", "9" * 400, "-1", "1.5", "١"):
        assert client_of(cleo).get("/", {"reuse": invalid}).status_code == 200


@pytest.mark.parametrize("before", ["0", "x", "9" * 30, "-5"])
def test_an_invalid_page_cursor_is_ignored(client_of: ClientOf, ben: User, before: str) -> None:
    assert client_of(ben).get("/generations/", {"before": before}).status_code == 200
