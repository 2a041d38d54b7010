"""Foreign bytes: what they say is read, and nothing they can say raises anything but Unreadable."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.imaging.decoding import Unreadable, decode, shrink
from tests.library.conftest import picture_bytes

REAL = [picture_bytes("PNG"), picture_bytes("JPEG"), picture_bytes("WEBP", lossless=True)]


def kind_of(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(data)
    assert str(caught.value)
    return caught.value.kind


def png_header(width: int, height: int) -> bytes:
    """A PNG of any claimed size whose pixels never come."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return head + struct.pack(">I", 8) + b"IDAT"


@pytest.mark.parametrize(("kind", "word"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp")])
def test_size_and_format_are_those_of_the_bytes(kind: str, word: str) -> None:
    decoded = decode(picture_bytes(kind, (120, 80)))
    assert (decoded.width, decoded.height, decoded.format) == (120, 80, word)


def test_thumbnails_are_webp_at_most_512_and_1280_wide_and_never_wider_than_the_picture() -> None:
    sizes = {
        width: Image.open(io.BytesIO(data)).size
        for width, data in decode(picture_bytes("JPEG", (800, 600))).thumbnails.items()
    }
    assert sizes == {512: (512, 384), 1280: (800, 600)}


def test_the_placeholder_has_the_mean_colour_of_the_picture() -> None:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "#336699").save(out, "PNG")
    assert decode(out.getvalue()).colour == "#336699"


def test_a_photo_stored_on_its_side_is_read_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode(picture_bytes("JPEG", (80, 40), exif=exif))
    assert (decoded.width, decoded.height) == (40, 80)
    assert Image.open(io.BytesIO(decoded.thumbnails[512])).size == (40, 80)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_a_png_can_have_is_read(mode: str) -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("I" if mode == "I;16" else mode).convert(mode).save(out, "PNG")
    assert decode(out.getvalue()).width == 256


@pytest.mark.parametrize("data", REAL, ids=["png", "jpeg", "webp"])
def test_a_picture_cut_off_on_its_way_is_broken(data: bytes) -> None:
    assert kind_of(data[: len(data) // 2]) == "broken"


def test_what_is_no_picture_is_called_that() -> None:
    assert kind_of(b"<html>502 Bad Gateway</html>") == "not_a_picture"
    assert kind_of(b"") == "not_a_picture"


def test_other_formats_are_no_pictures_here() -> None:
    assert kind_of(picture_bytes("GIF")) == "not_a_picture"


@pytest.mark.parametrize(
    ("size", "kind"), [((8000, 5001), "too_large"), ((16385, 16), "too_long"), ((100_000, 100_000), "too_large")]
)
def test_a_decompression_bomb_is_refused_from_its_header(size: tuple[int, int], kind: str) -> None:
    assert kind_of(png_header(*size)) == kind


def test_moving_pictures_are_refused() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    assert kind_of(out.getvalue()) == "animated"


def test_a_partial_picture_is_shrunk_to_webp() -> None:
    small = Image.open(io.BytesIO(shrink(picture_bytes("PNG", (700, 350)), width=256)))
    assert (small.format, small.size) == ("WEBP", (256, 128))


def read(data: bytes) -> None:
    with suppress(Unreadable):
        decode(data)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x00\x01\x00\x00WEBP"]),
)
def test_random_bytes_raise_nothing_but_unreadable(data: bytes, magic: bytes) -> None:
    read(magic + data)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(REAL),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_damaged_picture_raises_nothing_but_unreadable(
    data: bytes, damage: list[tuple[float, bytes]], end: float, is_near_the_front: bool
) -> None:
    body = bytearray(data)
    for where, garbage in damage:
        at = int(where * (120 if is_near_the_front else len(body)))
        body[at : at + len(garbage)] = garbage
    read(bytes(body[: max(1, int(len(body) * (0.5 + end)))]))
