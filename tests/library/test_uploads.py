"""Uploads become plain pictures: upright, sRGB, 8 bit, no metadata; what cannot is refused with a sentence."""

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from studio.imaging.decoding import Unreadable
from studio.imaging.normalisation import Normalised, normalise
from tests.imaging.test_decoding import png_header

from .sample_pictures import opened, pixels, saved, scene

PLACE = 0x8825  # EXIF's folder for GPS


def refusal(data: bytes, **options: Any) -> str:
    with pytest.raises(Unreadable) as caught:
        normalise(data, **options)
    assert caught.value.sentence.endswith(".")
    return caught.value.kind


def located(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(PLACE)[2] = (47.0, 22.0, 11.0)
    return exif


def wide_gamut() -> bytes:
    """A display profile with red and green far beyond sRGB: sRGB's own, its primaries swapped for wider ones."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[at : at + 4]): int.from_bytes(profile[at + 4 : at + 8], "big")
            for at in range(132, 132 + 12 * count, 12)}  # fmt: skip
    wider = {b"rXYZ": (0.5151, 0.2412, -0.0011), b"gXYZ": (0.2920, 0.6922, 0.0419), b"bXYZ": (0.1571, 0.0666, 0.7841)}
    for tag, values in wider.items():
        at = tags[tag] + 8
        profile[at : at + 12] = b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in values)
    return bytes(profile)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def has_no_metadata(normal: Normalised) -> bool:
    image = opened(normal.data)
    return (
        not image.getexif()
        and not ({"exif", "icc_profile", "xmp", "comment", "XML:com.adobe.xmp", "Author"} & image.info.keys())
        and b"SECRETCAMERA" not in normal.data
        and b"TRAILER" not in normal.data
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {"pnginfo": "author"}),
        ("JPEG", {"quality": 80, "comment": b"SECRETCAMERA"}),
        ("JPEG", {"quality": 80, "progressive": True, "subsampling": 2}),
        ("WEBP", {"quality": 80, "xmp": b"<SECRETCAMERA/>"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_where_only_metadata_goes_every_pixel_stays(kind: str, options: dict[str, Any]) -> None:
    if options.get("pnginfo"):
        options = {"pnginfo": PngInfo()}
        options["pnginfo"].add_text("Author", "SECRETCAMERA")
    data = saved(scene(), kind, exif=located(), icc_profile=srgb_profile(), **options) + b"TRAILER"

    normal = normalise(data)

    assert np.array_equal(pixels(normal.data), pixels(data))
    assert (normal.format, list(normal.changes)) == (kind.lower(), ["metadata"])
    assert len(normal.data) < len(data)
    assert has_no_metadata(normal)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_is_plain_already_is_kept_to_the_byte(kind: str) -> None:
    first = normalise(saved(scene(), kind))
    again = normalise(first.data)

    assert again.data == first.data
    assert again.changes == {}


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photo_is_set_upright(kind: str, orientation: int) -> None:
    data = saved(scene((96, 64)), kind, exif=located(orientation))
    shown = ImageOps.exif_transpose(opened(data))

    normal = normalise(data)

    assert (normal.width, normal.height) == shown.size
    assert np.abs(pixels(normal.data) - np.array(shown.convert("RGB")).astype(int)).mean() < (
        2 if kind == "JPEG" else 0.001
    )
    assert normal.format == ("jpeg" if kind == "JPEG" else "png")
    assert "orientation" in normal.changes
    assert has_no_metadata(normal)


def test_no_place_is_left_in_a_phones_picture() -> None:
    data = saved(scene(), "JPEG", exif=located(6))
    assert opened(data).getexif().get_ifd(PLACE)

    assert not opened(normalise(data).data).getexif().get_ifd(PLACE)


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    normal = normalise(saved(scene().convert("CMYK"), "JPEG", quality=95))

    image = opened(normal.data)
    assert (image.mode, normal.format, "colour" in normal.changes) == ("RGB", "jpeg", True)
    assert np.abs(pixels(normal.data) - np.array(scene()).astype(int)).mean() < 4


def test_a_16_bit_png_becomes_8_bit_with_its_greys_in_proportion() -> None:
    levels = np.linspace(0, 65535, 256 * 16).astype(np.uint16).reshape(16, 256)

    normal = normalise(saved(Image.fromarray(levels)))

    assert (opened(normal.data).mode, normal.changes) == ("L", {"depth": 16})
    assert np.abs(pixels(normal.data) - levels / 257).max() <= 1


def test_a_palette_png_keeps_its_transparency() -> None:
    image = scene().quantize(16)
    expected = image.convert("RGBA")
    expected.putalpha(Image.fromarray(np.where(np.array(image) == 3, 0, 255).astype(np.uint8)))

    normal = normalise(saved(image, transparency=3))

    assert opened(normal.data).mode == "RGBA"
    assert np.array_equal(pixels(normal.data), np.array(expected))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_other_mode_keeps_its_look(mode: str) -> None:
    image = scene(mode="RGBA" if mode.endswith("A") else "RGB").convert(mode)
    normal = normalise(saved(image))
    assert np.array_equal(np.array(opened(normal.data).convert("RGBA")), np.array(image.convert("RGBA")))


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "JPEG"), ("RGB", "WEBP")])
def test_wide_colours_are_converted_to_srgb(mode: str, kind: str) -> None:
    image = Image.new("RGB", (32, 32), (200, 90, 80))
    if mode == "RGBA":
        image.putalpha(77)

    normal = normalise(saved(image, kind, icc_profile=wide_gamut(), **({} if kind == "PNG" else {"quality": 98})))

    # Display P3 (200, 90, 80) is (215, 83, 73) in sRGB by the formulas of both spaces.
    assert np.abs(pixels(normal.data)[16, 16, :3] - (215, 83, 73)).max() <= 4
    assert mode != "RGBA" or set(pixels(normal.data)[..., 3].ravel()) == {77}
    assert "colour" in normal.changes
    assert has_no_metadata(normal)


def test_a_damaged_profile_counts_as_none() -> None:
    data = saved(scene(), icc_profile=b"not a profile at all" * 20)
    assert np.array_equal(pixels(normalise(data).data), np.array(scene()))


def test_the_upload_itself_is_the_key() -> None:
    data = saved(scene(), "JPEG", exif=located(6))
    assert normalise(data).upload_sha256 == hashlib.sha256(data).hexdigest()


def test_each_bad_file_has_its_own_sentence() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    moving = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])

    assert refusal(b"") == "empty"
    assert refusal(b"\x89PNG\r\n\x1a\n" + bytes(49_999_993)) == "too_heavy"
    assert refusal(png_header(20_000, 20_000)) == "too_large"
    assert refusal(moving) == "animated"
    assert refusal(saved(frames[0], "PNG", save_all=True, append_images=frames[1:])) == "animated"
    assert refusal(b"a letter", declared_type="image/png") == "disguised"
    assert refusal(b"<svg/>" * 9, declared_type="image/png") == "foreign"
    assert refusal(saved(frames[0], "PDF"), declared_type="image/jpeg") == "foreign"
    assert refusal(b"a letter") == "not_a_picture"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_file_that_was_cut_off_is_broken(kind: str, share: float) -> None:
    data = saved(scene(), kind)
    assert refusal(data[: int(len(data) * share)]) == "broken"


def test_the_type_is_that_of_the_bytes_whatever_it_is_called() -> None:
    assert normalise(saved(scene(), "JPEG"), declared_type="image/png").format == "jpeg"


SMALL = [
    saved(scene((40, 30)), "PNG", icc_profile=srgb_profile()),
    saved(scene((40, 30)), "JPEG", exif=located(6), icc_profile=wide_gamut()),
    saved(scene((40, 30)), "JPEG", progressive=True, comment=b"x"),
    saved(scene((40, 30)), "WEBP", exif=located(3), icc_profile=srgb_profile()),
    saved(scene((40, 30), mode="RGBA"), "WEBP", xmp=b"<x/>"),
    saved(scene((40, 30)).quantize(9), "PNG", transparency=3),
    saved(scene((40, 30)).convert("CMYK"), "JPEG"),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SMALL),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
    st.booleans(),
)
def test_damaged_uploads_raise_nothing_but_unreadable_and_what_passes_can_be_read(
    data: bytes, damage: list[tuple[float, bytes]], end: float, is_near_the_front: bool
) -> None:
    body = bytearray(data)
    for where, garbage in damage:
        at = int(where * (120 if is_near_the_front else len(body)))
        body[at : at + len(garbage)] = garbage
    try:
        normal = normalise(bytes(body[: max(1, int(len(body) * (0.5 + end)))]))
    except Unreadable:
        return
    with Image.open(io.BytesIO(normal.data)) as image:
        image.load()
        assert image.size == (normal.width, normal.height)
        assert not image.getexif()


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\1\0\0WEBP"]),
)
def test_random_bytes_raise_nothing_but_unreadable(data: bytes, magic: bytes) -> None:
    refusal(magic + data)
