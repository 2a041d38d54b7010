"""How often one person may do one thing, and what they keep when it was too often."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from PIL import Image

from studio.accounts import pace
from studio.accounts.models import User
from studio.generations.models import Generation
from studio.library.models import Picture
from studio.upstreams.models import Upstream

from .world import WISH

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def slow(settings: Any, tmp_path: Any) -> None:
    """Two of each within a minute, and an upstream to file wishes for."""
    settings.RATES = {"submit": 2, "upload": 2, "search": 2}
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


def wish(browser: Client, **headers: str) -> Any:
    return browser.post("/generations/", WISH | {"token": uuid.uuid4(), "prompt": "A red boat"}, headers=headers)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_wish_too_many_is_refused_and_nothing_typed_is_lost(
    client_of: ClientOf, ben: User, headers: dict[str, str]
) -> None:
    browser = client_of(ben)
    assert [wish(browser, **headers).status_code < 400 for _ in range(2)] == [True, True]
    answer = wish(browser, **headers)
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert "That was very often within a minute." in page
    assert "A red boat" in page
    assert Generation.objects.count() == 2


def test_one_persons_haste_holds_up_nobody_else(client_of: ClientOf, ben: User, cleo: User) -> None:
    for _ in range(3):
        answer = wish(client_of(ben))
    assert answer.status_code == 429
    assert wish(client_of(cleo)).status_code == 302


def picture(colour: str) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    file.seek(0)
    file.name = f"{colour}.png"
    return file


def test_one_upload_too_many_is_refused_in_words(client_of: ClientOf, ben: User) -> None:
    browser, json = client_of(ben), {"Accept": "application/json"}
    answers = [
        browser.post("/pictures/", {"file": picture(colour)}, headers=json) for colour in ("red", "green", "blue")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert "very often" in answers[-1].json()["error"]
    assert Picture.objects.count() == 2


def test_references_beyond_the_pace_are_named_and_the_wish_stays_typed(client_of: ClientOf, ben: User) -> None:
    files = [picture(colour) for colour in ("red", "green", "blue")]
    form = WISH | {"token": uuid.uuid4(), "prompt": "A red boat", "references": files}
    answer = client_of(ben).post("/generations/", form)
    assert answer.status_code == 422
    assert "blue.png: That was very often" in answer.content.decode()
    assert "A red boat" in answer.content.decode()


def test_a_search_too_many_leaves_the_page_as_it_is(client_of: ClientOf, ben: User) -> None:
    browser = client_of(ben)
    answers = [browser.get("/gallery/?q=boat", headers=HTMX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["HX-Reswap"] == "none"
    assert 'hx-swap-oob="beforeend:#messages"' in answers[-1].content.decode()
    assert browser.get("/gallery/").status_code == 200


def test_a_cache_that_is_away_holds_nobody_up(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError("the cache is away")

    monkeypatch.setattr(LocMemCache, "incr", away)
    for _ in range(5):
        pace.take(ben, "submit")


def test_a_pace_of_nought_is_no_limit(ben: User, settings: Any) -> None:
    settings.RATES = {"submit": 0}
    for _ in range(500):
        pace.take(ben, "submit")
    assert cache.get(f"pace:submit:{ben.pk}") is None
