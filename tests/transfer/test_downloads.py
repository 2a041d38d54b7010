"""Downloads: another format, size or print size of a picture, with its recipe or without a word."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from django.http import HttpResponseBase
from django.test import Client
from PIL import Image, ImageCms

from studio.accounts.models import User
from studio.library.models import Picture
from studio.transfer import rendering
from studio.transfer.embedding import recipe_in
from tests.library.sample_pictures import opened, pixels, saved, scene

pytestmark = pytest.mark.django_db

REQUESTED = {"model": "gpt-image-2", "size": "1536x1024", "quality": "high", "output_format": "png"}
SECRET = "A heron at the weir"


@pytest.fixture
def get(ben: User, client_of: Callable[[User], Client]) -> Callable[..., HttpResponseBase]:
    browser = client_of(ben)

    def ask(picture: Picture, **fields: Any) -> HttpResponseBase:
        return browser.get(f"/pictures/{picture.pk}/download/?{urlencode(fields)}")

    return ask


def file_of(response: HttpResponseBase) -> Image.Image:
    assert response.status_code == 200
    return opened(response.content)


def test_without_a_wish_the_stored_file_is_downloaded(get: Any, picture_of: Any, ben: User) -> None:
    picture = picture_of(ben)

    assert get(picture)["Location"] == f"{picture.original_url}?download=1"


@pytest.mark.parametrize("wanted", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_format_becomes_every_other_under_the_pictures_name(
    get: Any, picture_of: Any, ben: User, kind: str, wanted: str
) -> None:
    data = saved(scene((96, 64)), kind)
    picture = picture_of(ben, data=data, prompt=SECRET)

    response = get(picture, format=wanted)

    image = file_of(response)
    assert (image.format, image.size) == (wanted.upper(), (96, 64))
    assert response["Content-Type"] == f"image/{wanted}"
    assert f'attachment; filename="easel-{picture.pk}-a-heron-at-the-weir.{wanted}"' == response["Content-Disposition"]
    assert np.abs(np.array(image.convert("RGB")).astype(int) - pixels(data)).mean() < 14
    assert SECRET.encode() not in response.content


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 70}), ("WEBP", {"quality": 60})])
def test_in_its_own_format_and_size_no_pixel_is_compressed_again(
    get: Any, picture_of: Any, ben: User, kind: str, options: dict[str, Any]
) -> None:
    data = saved(scene((96, 64)), kind, **options)
    picture = picture_of(ben, data=data, prompt=SECRET, requested=REQUESTED)

    response = get(picture, recipe="1", dpi="300")

    assert response.status_code == 200
    assert (pixels(response.content) == pixels(data)).all()


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"edge": 48}, (48, 32)),
        ({"size": "edge", "edge": 192}, (192, 128)),
        ({"size": "exact", "width": 60}, (60, 40)),
        ({"size": "exact", "width": 96, "height": 16}, (24, 16)),
        ({"size": "print", "print_width": 1, "unit": "in", "dpi": 300}, (300, 200)),
        ({"size": "print", "print_width": 2.54, "unit": "cm", "dpi": 150}, (150, 100)),
    ],
)
def test_a_size_is_a_long_edge_a_box_or_a_print_and_the_ratio_is_kept(
    get: Any, picture_of: Any, ben: User, fields: dict[str, Any], size: tuple[int, int]
) -> None:
    assert file_of(get(picture_of(ben), **fields)).size == size


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("stored", ["PNG", "JPEG", "WEBP"])
def test_a_resolution_is_written_where_the_format_holds_it(
    get: Any, picture_of: Any, ben: User, stored: str, kind: str
) -> None:
    picture = picture_of(ben, data=saved(scene((96, 64)), stored))

    asked, followed = (file_of(get(picture, format=kind, **wish)) for wish in ({"dpi": 300}, {"print_width": 0.8128}))

    for image in (asked, followed):  # 96 px on 0.8128 cm are 300 dots an inch too
        if kind == "webp":
            assert round(float(image.getexif()[0x011A])) == 300
        else:
            assert tuple(map(round, image.info["dpi"])) == (300, 300)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("prompt", [SECRET, "  „Grüße“ <b>&amp; ]]> 'x' \"y\"\n\u0007 😀 港 ", "港" * 32_000])
def test_a_recipe_comes_back_out_of_the_file_word_for_word(
    get: Any, picture_of: Any, ben: User, kind: str, prompt: str
) -> None:
    picture = picture_of(ben, prompt=prompt, requested=REQUESTED)

    recipe = recipe_in(get(picture, format=kind, recipe="1").content)

    assert recipe is not None
    assert recipe.prompt == prompt
    assert recipe.settings == REQUESTED


def test_a_recipe_no_jpeg_has_room_for_is_refused_with_a_sentence(get: Any, picture_of: Any, ben: User) -> None:
    chance = np.random.default_rng(1)
    prompt = "".join(map(chr, chance.integers(0x4E00, 0x9FFF, 32_000)))

    response = get(picture_of(ben, prompt=prompt), format="jpeg", recipe="1")

    assert response.status_code == 422
    assert "too long for a JPEG" in response.content.decode()


@pytest.mark.parametrize(("ground", "level"), [("#ffffff", 255), ("#000000", 0)])
def test_a_transparent_picture_stands_on_its_ground_in_a_jpeg_and_keeps_its_alpha_elsewhere(
    get: Any, picture_of: Any, ben: User, ground: str, level: int
) -> None:
    clear = Image.new("RGBA", (96, 64), (200, 30, 30, 0))
    picture = picture_of(ben, data=saved(clear))
    Picture.objects.filter(pk=picture.pk).update(ground=ground)

    assert np.abs(np.array(file_of(get(picture, format="jpeg"))).astype(int) - level).max() < 3
    assert file_of(get(picture, format="webp")).getchannel("A").getextrema() == (0, 0)


def test_a_turned_jpeg_is_upright_in_every_download(get: Any, picture_of: Any, ben: User) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = picture_of(ben, data=saved(scene((96, 64)), "JPEG", exif=exif))

    assert (picture.width, picture.height) == (64, 96)
    for kind in ("jpeg", "png"):
        image = file_of(get(picture, format=kind, recipe="1"))
        assert image.size == (64, 96)
        assert image.getexif().get(0x0112, 1) == 1


def test_what_else_a_file_said_is_left_out_and_its_colours_are_kept(get: Any, picture_of: Any, ben: User) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("PNG", "JPEG", "WEBP"):
        exif = Image.Exif()
        exif[0x010F] = "SECRETCAMERA"
        picture = picture_of(ben, data=saved(scene((96, 64)), kind, exif=exif, icc_profile=profile))
        response = get(picture, format=kind.lower())
        assert b"SECRETCAMERA" not in response.content
        assert file_of(response).info["icc_profile"] == profile


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "gif"},
        {"edge": "0"},
        {"edge": "9" * 400},
        {"width": "-3"},
        {"dpi": "nan"},
        {"dpi": "1e400"},
        {"print_width": "Infinity"},
        {"size": "print"},
        {"size": "print", "print_width": "1000", "dpi": "10000"},
        {"format": "webp", "edge": "16384"},
        {"size": "m" * 10_000},
        {"unit": "furlong"},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_a_wish_that_cannot_be_met_gets_a_sentence(
    get: Any, picture_of: Any, ben: User, fields: dict[str, str]
) -> None:
    response = get(picture_of(ben), **fields)

    assert response.status_code == 422
    assert "That was too much" not in response.content.decode()


def test_a_missing_file_is_said_plainly(get: Any, picture_of: Any, ben: User) -> None:
    picture = picture_of(ben)
    Picture.objects.filter(pk=picture.pk).update(file="pictures/2026/10/gone.png")

    response = get(picture, format="jpeg")

    assert response.status_code == 404
    assert "missing from the studio" in response.content.decode()


def test_nobody_downloads_what_belongs_to_somebody_else(picture_of: Any, client_of: Any, ben: User, cleo: User) -> None:
    assert client_of(cleo).get(f"/pictures/{picture_of(ben).pk}/download/?format=png").status_code == 404


def test_only_so_many_are_converted_at_once_and_the_next_is_told(
    get: Any, picture_of: Any, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "PATIENCE", 0.01)
    picture = picture_of(ben)
    with rendering.taking_turns(), rendering.taking_turns():
        response = get(picture, format="webp")

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert get(picture, format="webp").status_code == 200


def test_one_person_converts_only_so_many_a_minute(get: Any, picture_of: Any, ben: User, settings: Any) -> None:
    settings.RATES = settings.RATES | {"download": 1}
    picture = picture_of(ben)

    assert [get(picture, format="webp").status_code for _ in range(2)] == [200, 429]


def test_an_upload_tells_the_composer_of_the_recipe_it_carries(
    get: Any, picture_of: Any, client_of: Any, ben: User, cleo: User
) -> None:
    picture = picture_of(ben, prompt=SECRET, requested=REQUESTED)
    for kind in ("png", "jpeg", "webp"):
        file = io.BytesIO(get(picture, format=kind, recipe="1", edge=50).content)
        file.name = f"brought.{kind}"
        answer = client_of(cleo).post("/pictures/", {"file": file}, headers={"Accept": "application/json"})
        assert answer.json()["recipe"] == {"prompt": SECRET, **REQUESTED}
        stored = Picture.objects.get(pk=answer.json()["id"])
        assert SECRET.encode() not in stored.read_bytes()
