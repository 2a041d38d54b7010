from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    where = {"location": tmp_path_factory.mktemp("media")}
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": where}
    with override_settings(STORAGES=settings.STORAGES | {"default": storage}):
        yield
