"""Rate limits by person, and that nothing typed is lost beyond them."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from PIL import Image

from studio.accounts import rate_limit
from studio.accounts.models import User
from studio.generations.models import Generation
from studio.library.models import Picture
from studio.upstreams.models import Upstream

from .sample_data import REQUEST

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def strict_rates(settings: Any, tmp_path: Any) -> None:
    """Two of each per minute, and an upstream to submit to."""
    settings.RATES = {"submit": 2, "upload": 2, "search": 2}
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


def submit_form(browser: Client, **headers: str) -> Any:
    return browser.post("/generations/", REQUEST | {"token": uuid.uuid4(), "prompt": "A red boat"}, headers=headers)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_generation_too_many_is_refused_and_nothing_typed_is_lost(
    client_of: ClientOf, ben: User, headers: dict[str, str]
) -> None:
    browser = client_of(ben)
    assert [submit_form(browser, **headers).status_code < 400 for _ in range(2)] == [True, True]
    answer = submit_form(browser, **headers)
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert "Too many requests within a minute." in page
    assert "A red boat" in page
    assert Generation.objects.count() == 2


def test_one_persons_rate_limit_does_not_affect_others(client_of: ClientOf, ben: User, cleo: User) -> None:
    for _ in range(3):
        answer = submit_form(client_of(ben))
    assert answer.status_code == 429
    assert submit_form(client_of(cleo)).status_code == 302


def picture(colour: str) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    file.seek(0)
    file.name = f"{colour}.png"
    return file


def test_one_upload_too_many_is_refused_with_a_sentence(client_of: ClientOf, ben: User) -> None:
    browser, json = client_of(ben), {"Accept": "application/json"}
    answers = [
        browser.post("/pictures/", {"file": picture(colour)}, headers=json) for colour in ("red", "green", "blue")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert "Too many requests" in answers[-1].json()["error"]
    assert Picture.objects.count() == 2


def test_references_beyond_the_rate_limit_are_named_and_everything_typed_stays(client_of: ClientOf, ben: User) -> None:
    files = [picture(colour) for colour in ("red", "green", "blue")]
    form = REQUEST | {"token": uuid.uuid4(), "prompt": "A red boat", "references": files}
    answer = client_of(ben).post("/generations/", form)
    assert answer.status_code == 422
    assert "blue.png: Too many requests" in answer.content.decode()
    assert "A red boat" in answer.content.decode()


def test_a_search_too_many_leaves_the_page_as_it_is(client_of: ClientOf, ben: User) -> None:
    browser = client_of(ben)
    answers = [browser.get("/gallery/?q=boat", headers=HTMX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["HX-Reswap"] == "none"
    assert 'hx-swap-oob="beforeend:#messages"' in answers[-1].content.decode()
    assert browser.get("/gallery/").status_code == 200


def test_an_unavailable_cache_limits_nobody(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError("the cache is away")

    monkeypatch.setattr(LocMemCache, "incr", away)
    for _ in range(5):
        rate_limit.hit(ben, "submit")


def test_a_rate_of_zero_is_no_limit(ben: User, settings: Any) -> None:
    settings.RATES = {"submit": 0}
    for _ in range(500):
        rate_limit.hit(ben, "submit")
    assert cache.get(f"pace:submit:{ben.pk}") is None
