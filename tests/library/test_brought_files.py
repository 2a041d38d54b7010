"""Files that people bring: taken with a note where a picture can be seen in them, else refused in a clear sentence."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageCms

from studio.accounts.models import User
from studio.imaging.decoding import Unreadable, decode
from studio.imaging.normalisation import Normalised, normalise
from studio.library.models import Picture
from studio.library.upload_changes import change_words

from .brought_files import (
    hidden_magenta,
    large_jpeg,
    line_on_nothing,
    one_frame_apng,
    one_frame_webp,
    phone_photo,
    with_chunks,
)
from .sample_pictures import opened, pixels, saved, scene
from .test_uploads import located, wide_gamut

ClientOf = Callable[[User], Client]
SIZE = (160, 120)


def sentence(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        normalise(data)
    return caught.value.sentence


def looks_like(normal: Normalised, image: Image.Image, *, tolerance: float = 8) -> bool:
    found, expected = pixels(normal.data)[..., :3], np.array(image.convert("RGB")).astype(int)
    return found.shape == expected.shape and bool(np.abs(found - expected).mean() < tolerance)


def words(normal: Normalised) -> str:
    return "; ".join(change_words(normal.changes))


# ── F1: one picture in an animation's container ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("is_lossless", [True, False])
def test_a_webp_animation_with_one_frame_is_taken_as_the_plain_picture_it_is(mode: str, is_lossless: bool) -> None:
    image = scene(SIZE, mode=mode)
    plain = saved(image, "WEBP", lossless=is_lossless)

    normal = normalise(one_frame_webp(image, lossless=is_lossless))

    assert (normal.format, normal.width, normal.height) == ("webp", *SIZE)
    assert np.array_equal(pixels(normal.data), pixels(plain))
    assert not getattr(opened(normal.data), "is_animated", False)
    assert "only frame of an animation" in words(normal)


@pytest.mark.parametrize(
    "data",
    [
        one_frame_apng(scene(SIZE)),
        saved(scene(SIZE), "PNG", save_all=True, default_image=True, append_images=[scene(SIZE, seed=3)]),
        saved(scene(SIZE), "AVIF", save_all=True, quality=95),
        saved(scene(SIZE).quantize(64), "GIF", save_all=True),
        phone_photo(SIZE),
    ],
    ids=["apng", "apng with a stand-in", "avif", "gif", "phone"],
)
def test_every_container_with_one_picture_in_it_is_taken(data: bytes) -> None:
    normal = normalise(data)
    assert (normal.width, normal.height) == SIZE
    assert decode(normal.data).width == SIZE[0]


def test_where_an_animation_has_a_stand_in_the_frame_that_browsers_show_is_taken() -> None:
    frame = scene(SIZE, seed=3)
    normal = normalise(saved(scene(SIZE), "PNG", save_all=True, default_image=True, append_images=[frame]))
    assert looks_like(normal, frame, tolerance=0.01)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "AVIF"])
def test_a_moving_picture_is_refused_in_a_sentence(kind: str) -> None:
    moving = saved(scene(SIZE), kind, save_all=True, append_images=[scene(SIZE, seed=2), scene(SIZE, seed=3)])
    assert sentence(moving) == "Moving pictures cannot be used; a picture with a single frame can."


# ── F2: what telephones take ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("size", "expected"),
    [((8064, 6048), (4032, 3024)), ((12_000, 9_000), (6_000, 4_500)), ((20_000, 900), (10_000, 450))],
)
def test_a_photo_too_large_to_be_used_is_scaled_down_and_says_so(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    normal = normalise(large_jpeg(*size))
    assert (normal.width, normal.height, normal.format) == (*expected, "jpeg")
    assert "scaled down from {}×{}".format(*size) in words(normal)


def test_a_large_picture_in_another_container_is_scaled_too() -> None:
    normal = normalise(saved(Image.new("RGB", (8200, 5000), (9, 99, 200)), "PNG", compress_level=1))
    assert (normal.width, normal.height, normal.format) == (4100, 2500, "png")
    assert tuple(pixels(normal.data)[7, 7]) == (9, 99, 200)


def test_what_is_too_large_even_for_that_says_how_large_it_is_and_what_can_be_read() -> None:
    said = sentence(saved(Image.new("1", (12_000, 9_000)), "PNG"))
    assert said == "The picture has 108 megapixels; at most 64 can be read from a PNG file."


# ── F3: HEIC, AVIF and the rest ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("HEIF", {"quality": 95}, "jpeg"),
        ("AVIF", {"quality": 95}, "jpeg"),
        ("TIFF", {}, "png"),
        ("TIFF", {"compression": "tiff_lzw"}, "png"),
        ("TIFF", {"compression": "jpeg", "quality": 95}, "png"),
        ("BMP", {}, "png"),
        ("GIF", {}, "png"),
    ],
)
def test_a_picture_in_another_container_is_converted_and_says_so(
    kind: str, options: dict[str, Any], expected: str
) -> None:
    image = scene(SIZE)
    normal = normalise(saved(image, kind, **options), declared_type="image/jpeg")
    assert normal.format == expected
    assert looks_like(normal, image, tolerance=12 if kind == "GIF" else 8)
    assert f"converted from {'HEIC' if kind == 'HEIF' else kind}" in words(normal)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "TIFF"])
def test_a_converted_picture_keeps_its_transparency(kind: str) -> None:
    image = scene(SIZE, mode="RGBA")
    normal = normalise(saved(image, kind, quality=95) if kind != "TIFF" else saved(image, kind))
    assert normal.format == "png"
    assert np.abs(pixels(normal.data)[..., 3] - np.array(image)[..., 3]).mean() < 3


def test_a_32_bit_bmp_without_transparency_is_opaque() -> None:
    image = Image.merge("RGBA", [*scene(SIZE).split(), Image.new("L", SIZE, 0)])
    assert opened(normalise(saved(image, "BMP")).data).mode == "RGB"


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "TIFF"])
def test_colours_beyond_srgb_are_converted_from_every_container(kind: str) -> None:
    image = Image.new("RGB", (64, 64), (200, 90, 80))
    normal = normalise(saved(image, kind, icc_profile=wide_gamut(), **({} if kind == "TIFF" else {"quality": 98})))
    assert np.abs(pixels(normal.data)[32, 32] - (215, 83, 73)).max() <= 5
    assert "to sRGB" in words(normal)


def test_a_cmyk_tiff_and_a_lab_tiff_become_rgb() -> None:
    for mode in ("CMYK", "LAB"):
        image = scene(SIZE)
        lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        stored = image.convert("CMYK") if mode == "CMYK" else ImageCms.applyTransform(image, lab)
        assert looks_like(normalise(saved(stored, "TIFF")), image)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "TIFF", "MPO"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_of_every_container_is_set_upright_once(kind: str, orientation: int) -> None:
    image = scene(SIZE)
    options = {"exif": located(orientation)} | ({} if kind == "TIFF" else {"quality": 95})
    normal = normalise(saved(image, kind, **options))
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    assert looks_like(normal, image.transpose(turns[orientation]))


def test_of_a_tiff_with_pages_the_first_is_taken_and_says_so() -> None:
    first = scene(SIZE)
    normal = normalise(saved(first, "TIFF", save_all=True, append_images=[scene(SIZE, seed=2)]))
    assert looks_like(normal, first, tolerance=0.01)
    assert "only the first of its 2 pictures was taken" in words(normal)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"8BPS\0\1", "Photoshop file"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
        (b"\xff\x0a\xfa\x7f", "JPEG XL picture"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "camera's raw file"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video"),
        (saved(scene(SIZE), "ICO"), "Windows icon"),
        (saved(scene(SIZE), "TIFF", tiffinfo={50706: b"\1\4\0\0"}), "camera's raw file"),
    ],
)
def test_a_file_that_cannot_be_used_is_called_by_its_name(data: bytes, name: str) -> None:
    assert sentence(data) == f"This is a {name}, which cannot be used here. Save it as PNG, JPEG or WebP."


def test_a_heic_of_headers_alone_is_damaged_whatever_it_is_called() -> None:
    assert sentence(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)).startswith("The picture is damaged")


# ── F6: the end is missing ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cut", [1, 2])
def test_a_jpeg_without_its_end_is_taken_whole_with_a_note(cut: int) -> None:
    data = saved(scene(), "JPEG", quality=90)
    normal = normalise(data[:-cut])
    assert np.array_equal(pixels(normal.data), pixels(data))
    assert "the end of the file was missing and was completed" in words(normal)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 90, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 90}),
        ("BMP", {}),
    ],
)
@pytest.mark.parametrize("cut", [12, 0.01, 0.03])
def test_what_browsers_show_of_a_file_cut_at_its_very_end_is_taken(
    kind: str, options: dict[str, Any], cut: float
) -> None:
    image = scene()
    data = saved(image, kind, **options)
    normal = normalise(data[: -int(cut if cut > 1 else len(data) * cut)])
    assert (normal.width, normal.height) == image.size
    upper = slice(0, image.height * 4 // 5)
    assert np.abs(pixels(normal.data)[upper] - np.array(image)[upper]).mean() < 5
    assert "the end of the file was missing" in words(normal)


def test_a_picture_keeps_what_is_black_at_its_bottom_when_its_end_is_missing() -> None:
    image = scene()
    image.paste("black", (0, 300, 640, 512))
    data = saved(image, "JPEG", quality=90)
    assert np.array_equal(pixels(normalise(data[:-2]).data), pixels(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "HEIF", "TIFF", "GIF", "BMP"])
def test_half_a_picture_is_refused_in_a_sentence(kind: str) -> None:
    data = saved(scene(), kind)
    assert sentence(data[: len(data) // 2]) == "The picture is damaged or was cut off on its way."


def test_a_png_with_damaged_notes_is_read_as_browsers_read_it() -> None:
    image = scene(SIZE)
    data = bytearray(with_chunks(saved(image), (b"tEXt", b"Comment\0hello")))
    data[50] ^= 0xFF  # inside the note, so that its checksum is wrong
    normal = normalise(bytes(data))
    assert looks_like(normal, image, tolerance=0.01)


# ── F5: what stands in a picture's place ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("colour", "ground"), [((0, 0, 0), "#ffffff"), ((255, 255, 255), "#000000")])
def test_lines_on_nothing_get_a_ground_on_which_they_show(colour: tuple[int, int, int], ground: str) -> None:
    assert decode(line_on_nothing(colour)).ground == ground


def test_the_placeholder_never_has_a_hidden_colour() -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 255, 0))
    image.paste((10, 120, 200, 255), (0, 0, 8, 64))
    assert decode(saved(image)).colour == "#0a78c8"
    assert decode(saved(Image.new("RGBA", (8, 8), (255, 0, 255, 0)))).colour == "#808080"


def test_an_opaque_picture_has_no_ground() -> None:
    assert decode(saved(scene(SIZE))).ground == ""
    assert decode(saved(scene(SIZE).convert("RGBA"))).ground == ""
    assert decode(saved(hidden_magenta())).ground == "#ffffff"


# ── F7: what was changed and why; every door ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (with_chunks(saved(scene(SIZE)), (b"caBX", b"jumb c2pa")), "content credentials removed"),
        (saved(scene(SIZE), "JPEG", exif=located()), "the place it was taken and camera data removed"),
        (saved(scene(SIZE), "JPEG", exif=located(6)), "turned upright, as the camera noted it"),
        (saved(scene(SIZE).convert("CMYK"), "JPEG"), "colours converted from CMYK to sRGB"),
        (saved(Image.new("I;16", (64, 64), 40_000)), "16 bits a channel reduced to 8"),
        (saved(scene(SIZE), "WEBP", xmp=b"<x/>"), "descriptions removed"),
        (phone_photo(SIZE), "further pictures in the file removed"),
    ],
    ids=["credentials", "place", "turn", "colour", "depth", "text", "phone"],
)
def test_a_pictures_page_says_in_one_line_what_was_changed_on_the_way_in_and_why(
    data: bytes, said: str, client_of: ClientOf, ben: User
) -> None:
    client = client_of(ben)
    client.post("/pictures/", {"file": SimpleUploadedFile("a", data)})
    page = client.get(Picture.objects.get().get_absolute_url()).content.decode()
    assert "Changed on the way in:" in page
    assert said.lower() in page.lower()


def test_of_a_file_that_was_kept_as_it_is_the_page_says_nothing(client_of: ClientOf, ben: User) -> None:
    client = client_of(ben)
    client.post("/pictures/", {"file": SimpleUploadedFile("a.png", normalise(saved(scene(SIZE))).data)})
    assert "Changed on the way in" not in client.get(Picture.objects.get().get_absolute_url()).content.decode()


@pytest.mark.parametrize(("name", "kind"), [("IMG_1.HEIC", "image/heic"), ("IMG_1.jpg", "image/jpeg")])
def test_a_heic_is_taken_at_once_and_the_note_stands_at_the_file(
    name: str, kind: str, client_of: ClientOf, ben: User
) -> None:
    file = SimpleUploadedFile(name, saved(scene(SIZE), "HEIF"), kind)
    answer = client_of(ben).post("/pictures/", {"file": file}, headers={"Accept": "application/json"})
    assert answer.status_code == 201
    assert json.loads(answer.content)["note"] == "converted from HEIC, which image models do not read"
    assert Picture.objects.get().format == "jpeg"


@pytest.mark.parametrize("address", ["/", "/gallery/"])
def test_every_file_dialog_offers_what_is_taken(address: str, client_of: ClientOf, ben: User) -> None:
    page = client_of(ben).get(address).content.decode()
    assert all(kind in page.split("accept=")[1].split(">")[0] for kind in ("image/heic", ".heic", "image/avif", ".tif"))


def test_the_mask_editor_takes_a_mask_file_that_the_browser_cannot_read(client_of: ClientOf, ben: User) -> None:
    client, mask = client_of(ben), Image.new("L", SIZE, 255)
    mask.paste(0, (10, 10, 60, 60))
    for kind in ("HEIF", "TIFF", "BMP"):
        answer = client.post("/mask-files/", {"file": SimpleUploadedFile("mask", saved(mask.convert("RGB"), kind))})
        assert answer["Content-Type"] in ("image/png", "image/jpeg")
        assert Image.open(io.BytesIO(answer.content)).convert("L").getpixel((30, 30)) < 20  # type: ignore[operator]
    assert not Picture.objects.exists()
    refused = client.post("/mask-files/", {"file": SimpleUploadedFile("mask", b"%PDF-1.7")})
    assert (refused.status_code, "PDF" in refused.json()["error"]) == (422, True)
