"""Where the studio is reached: by which host, and from which origin its forms come."""

import logging

import pytest
from django.test import Client
from pytest_django import Settings

PAGE = {"accept": "text/html"}


@pytest.fixture
def public(settings: Settings) -> Settings:
    settings.STUDIO_URL = "https://easel.example.com"
    settings.ALLOWED_HOSTS = ["localhost", "easel.example.com"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://easel.example.com"]
    return settings


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "[2001:db8::7]", "lb.internal", "a b", ""])
def test_a_probe_is_answered_whatever_the_host(public: Settings, path: str, host: str) -> None:
    assert Client().get(path, headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/pictures/1/", "/nowhere/"])
def test_a_person_at_the_lan_address_is_told_where_the_studio_is_reached(public: Settings, path: str) -> None:
    answer = Client().get(path, headers={"host": "192.168.1.20:8000"} | PAGE)
    assert answer.status_code == 400
    assert 'href="https://easel.example.com/"' in answer.text


def test_without_a_public_address_a_person_is_told_how_it_gets_one(settings: Settings) -> None:
    settings.STUDIO_URL, settings.ALLOWED_HOSTS = "", ["localhost"]
    answer = Client().get("/", headers={"host": "192.168.1.20:8000"} | PAGE)
    assert 'href="http://localhost:80/"' in answer.text
    assert "STUDIO_URL" in answer.text


def test_a_script_at_another_host_is_told_in_json(public: Settings) -> None:
    answer = Client().get("/", headers={"host": "192.168.1.20", "accept": "application/json"})
    assert answer.json() == {"error": "This studio is reached at https://easel.example.com."}


def test_another_host_is_one_line_in_the_log_and_no_traceback(
    public: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.get("/", headers={"host": "192.168.1.20"} | PAGE)
    named = [record for record in caplog.records if "is not where the studio is reached" in record.message]
    assert len(named) == 1
    assert not any(record.exc_info for record in caplog.records)


def post(origin: str | None, **headers: str) -> str:
    client = Client(enforce_csrf_checks=True)
    sent = PAGE | ({} if origin is None else {"origin": origin}) | {"host": "easel.example.com"} | headers
    answer = client.post("/accounts/login/", headers=sent, secure=True)
    assert answer.status_code == 403
    return answer.text


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["https://elsewhere.example.com", "http://easel.example.com"])
def test_a_form_from_another_origin_is_told_which_came_and_which_is_expected(public: Settings, origin: str) -> None:
    page = post(origin)
    assert f"<b>{origin}</b>" in page
    assert "<b>https://easel.example.com</b>" in page
    assert "open for too long" not in page


@pytest.mark.django_db
def test_a_browser_that_hides_the_origin_is_told_so(public: Settings) -> None:
    assert "it says “null”" in post("null")
    assert "does not say which page" in post(None)


@pytest.mark.django_db
def test_a_page_on_which_htmx_asked_is_told_in_a_message(public: Settings) -> None:
    message = post("null", **{"hx-request": "true"})
    assert "This came from null, but the studio is used at https://easel.example.com." in message
    assert "<html" not in message


@pytest.mark.django_db
def test_an_old_page_is_still_told_that_it_was_open_for_too_long(public: Settings) -> None:
    assert "This page was open for too long" in post("https://easel.example.com")
