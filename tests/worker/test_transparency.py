"""What a file hides under transparency is never sent: models would see it."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from studio.accounts.models import User
from studio.gateway import Part
from studio.generations import claims
from studio.generations.claims import Call
from studio.imaging.normalisation import normalise
from studio.library import outbox, uploads
from studio.library.models import Picture
from studio.threads.turn_request import sent_earlier, sent_own
from studio.upstreams.models import Upstream
from studio.worker import sweep
from studio.worker.edit import EditStrategy
from tests.composer_form import FORM
from tests.library.brought_files import hidden_magenta, line_on_nothing
from tests.library.sample_pictures import painted_mask, saved

pytestmark = pytest.mark.usefixtures("db")

ClientOf = Callable[[User], Client]
SIZE = (1024, 768)


@pytest.fixture(autouse=True)
def gateway(db: None) -> Upstream:
    """An upstream without a runner: jobs stay queued."""
    return Upstream.objects.declare(
        name="environment", base_url="http://127.0.0.1:9", api_key="sk-test-0123456789abcdef", standard_slots=4
    )


@pytest.fixture
def magenta(ben: User) -> Picture:
    return uploads.store_picture(normalise(saved(hidden_magenta(SIZE))), owner=ben)


@pytest.fixture
def sent(client_of: ClientOf, ben: User) -> Callable[..., list[np.ndarray[Any, Any]]]:
    """Submit a form and give the pictures that its only call sends."""

    def sent(address: str, fields: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
        answer = client_of(ben).post(address, {"token": str(uuid.uuid4()), "prompt": "A boat"} | fields)
        assert answer.status_code == 302, answer.content
        [call] = claims.claim_batch(worker=sweep.register(home="tests"), now=timezone.now())
        try:
            return pictures_of(call)
        finally:
            outbox.clear(call.attempt_id)

    return sent


def pictures_of(call: Call) -> list[np.ndarray[Any, Any]]:
    return [levels_of(part) for part in EditStrategy().prepare(call).pictures]


def levels_of(part: Part) -> np.ndarray[Any, Any]:
    with part.open() as file:
        image = Image.open(io.BytesIO(file.read()))
        assert image.mode == "RGB", "nothing that is sent may be transparent"
        return np.array(image).astype(int)


def is_magenta(levels: np.ndarray[Any, Any]) -> bool:
    return bool((np.abs(levels - (255, 0, 255)).max(axis=2) < 60).any())


def is_white_inside(levels: np.ndarray[Any, Any]) -> bool:
    height, width = levels.shape[:2]
    return bool((levels[height // 2 - 9 : height // 2 + 9, width // 2 - 9 : width // 2 + 9] == 255).all())


def test_a_reference_is_sent_on_white_and_its_file_keeps_its_transparency(
    magenta: Picture, sent: Callable[..., list[np.ndarray[Any, Any]]]
) -> None:
    [levels] = sent("/generations/", FORM | {"reference": str(magenta.pk)})
    assert (levels.shape[:2], is_white_inside(levels), is_magenta(levels)) == (SIZE[::-1], True, False)
    assert Image.open(io.BytesIO(magenta.read_bytes())).mode == "RGBA"


def test_a_reference_too_heavy_for_a_form_is_sent_on_white_too(
    magenta: Picture, sent: Callable[..., list[np.ndarray[Any, Any]]]
) -> None:
    Picture.objects.filter(pk=magenta.pk).update(byte_count=20 << 20)
    [levels] = sent("/generations/", FORM | {"reference": str(magenta.pk)})
    assert (is_white_inside(levels), is_magenta(levels)) == (True, False)


@pytest.mark.parametrize("size", [SIZE, (1000, 700)])
def test_the_source_of_an_edit_is_sent_on_white(
    size: tuple[int, int], ben: User, sent: Callable[..., list[np.ndarray[Any, Any]]]
) -> None:
    source = uploads.store_picture(normalise(saved(hidden_magenta(size))), owner=ben)
    mask = SimpleUploadedFile("mask.png", saved(painted_mask(size, (300, 200, 500, 400))), "image/png")
    fields = {"model": "gpt-image-2", "quality": "low", "n": "1", "lock": "on", "mask": mask}
    [levels] = sent(f"/pictures/{source.pk}/mask/", fields)
    assert (is_white_inside(levels), is_magenta(levels)) == (True, False)


def test_white_lines_on_nothing_are_sent_on_black(ben: User, sent: Callable[..., list[np.ndarray[Any, Any]]]) -> None:
    lines = uploads.store_picture(normalise(line_on_nothing((255, 255, 255))), owner=ben)
    [levels] = sent("/generations/", FORM | {"reference": str(lines.pk)})
    assert (int(levels.min()), int(levels.max())) == (0, 255)


def test_in_a_thread_pictures_are_sent_on_white_now_and_later(magenta: Picture, tmp_path: Path) -> None:
    for picture in (
        sent_own(magenta, max_bytes=8_000_000, folder=tmp_path),
        sent_own(magenta, max_bytes=100_000, folder=tmp_path),
        sent_earlier(magenta, folder=tmp_path),
    ):
        assert isinstance(picture.source, Path)
        image = Image.open(picture.source)
        levels = np.array(image).astype(int)
        assert (image.mode, is_white_inside(levels), is_magenta(levels)) == ("RGB", True, False)


def test_pages_say_once_what_transparent_parts_are_sent_on(magenta: Picture, client_of: ClientOf, ben: User) -> None:
    client = client_of(ben)
    for address in (magenta.get_absolute_url(), f"/pictures/{magenta.pk}/mask/"):
        assert client.get(address).content.decode().count("Transparent parts are sent to models on white") == 1
    assert "Transparent parts are sent on white" in client.get(f"/?reference={magenta.pk}").content.decode()
