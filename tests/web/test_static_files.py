"""Where nobody collected the static files, pages come without styles, and the probe says what is missing."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from django.utils.functional import empty

from studio.web import static_files


@pytest.fixture(autouse=True)
def nothing_collected(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    backend = {"BACKEND": "studio.web.static_storage.StaticStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}
    staticfiles_storage._wrapped = empty  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_pages_come_without_styles_where_nothing_was_collected() -> None:
    answer = Client().get("/accounts/login/")
    assert answer.status_code == 200
    assert "/static/css/base.css" in answer.text


@pytest.mark.django_db
def test_the_page_of_an_error_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("studio.create.frame.Upstream.objects.usable", broken)
    answer = Client(raise_request_exception=False).get("/accounts/login/")
    assert answer.status_code == 500
    assert "Your pictures are safe" in answer.text


@pytest.mark.django_db
def test_the_probe_names_the_missing_static_files() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "no static files: run manage.py collectstatic" in answer.text
    assert not static_files.are_collected()
