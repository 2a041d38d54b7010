"""Masks are read, held against their picture, made hard and small, and fitted to other pictures."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.imaging.masking import PaintedMask, UnusableMask, read_mask
from tests.library.sample_pictures import opened, painted_mask, saved

SIZE = (64, 48)
BOX = (10, 8, 30, 20)


def codes(data: bytes, size: tuple[int, int] = SIZE) -> list[str]:
    with pytest.raises(UnusableMask) as caught:
        read_mask(data, source=size)
    assert all(str(problem) and "%(" not in str(problem) for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


def black_and_white() -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    image.paste("black", BOX)
    return image


def test_transparent_is_what_changes() -> None:
    mask = read_mask(saved(painted_mask(SIZE, BOX)), source=SIZE)

    assert mask.painted.sum() == 20 * 12
    assert mask.painted[8:20, 10:30].all()
    assert mask.box == (10, 8, 20, 12)
    assert mask.questions == ()


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        (painted_mask(SIZE), "mask_all_opaque"),
        (painted_mask((60, 48), (1, 1, 9, 9)), "mask_of_other_size"),
        (Image.new("RGB", SIZE), "mask_without_alpha"),
    ],
)
def test_each_unusable_mask_says_why(mask: Image.Image, code: str) -> None:
    assert codes(saved(mask)) == [code]


def test_a_mask_in_another_format_is_refused() -> None:
    assert codes(saved(painted_mask(SIZE, BOX), "WEBP", lossless=True)) == ["mask_format_unknown"]
    assert codes(b"GIF89a") == ["mask_format_unknown"]


def test_a_mask_that_cannot_be_decoded_is_refused() -> None:
    whole = saved(painted_mask((400, 300), BOX))
    assert codes(whole[: len(whole) // 2]) == ["mask_unreadable"]
    assert codes(bytes(50_000_000)) == ["mask_too_heavy"]


def test_a_full_mask_is_a_question() -> None:
    mask = read_mask(saved(painted_mask(SIZE, (0, 0, *SIZE))), source=SIZE)
    assert [question.code for question in mask.questions] == ["mask_all_transparent"]
    assert mask.share == 1


@pytest.mark.parametrize(("change", "count"), [("black", 240), ("white", 64 * 48 - 240)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_black_and_white_picture_becomes_a_mask_where_the_changed_colour_is_named(
    change: str, count: int, kind: str
) -> None:
    mask = read_mask(saved(black_and_white(), kind), source=SIZE, change=change)  # type: ignore[arg-type]
    assert mask.painted.sum() == count


def test_a_palette_with_a_transparent_colour_is_a_mask() -> None:
    data = saved(black_and_white().quantize(2), transparency=0)
    assert read_mask(data, source=SIZE).painted.sum() in (240, 64 * 48 - 240)


def test_levels_between_are_made_hard() -> None:
    soft = Image.new("RGBA", (256, 4), "red")
    soft.putalpha(Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (4, 1))))

    written = opened(read_mask(saved(soft), source=(256, 4)).png())

    assert (written.mode, written.size) == ("RGBA", (256, 4))
    assert np.array_equal(np.array(written)[0, :, 3], [0] * 128 + [255] * 128)
    assert not np.array(written)[..., :3].any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 70), st.floats(0.02, 0.98))
def test_a_mask_survives_being_written_and_read(seed: int, width: int, height: int, density: float) -> None:
    painted = np.random.default_rng(seed).random((height, width)) < density
    if painted.any():
        again = read_mask(PaintedMask(painted).png(), source=(width, height))
        assert np.array_equal(again.painted, painted)


def test_a_4k_mask_is_far_under_four_megabytes() -> None:
    alpha = Image.effect_noise((384, 216), 80).resize((3840, 2160)).point(lambda level: 255 * (level > 128))
    assert len(PaintedMask(np.array(alpha) == 0).png()) < 1_000_000


def test_a_mask_fits_another_picture_of_the_same_ratio() -> None:
    fitted = read_mask(saved(painted_mask(SIZE, BOX)), source=SIZE).fitted((128, 96))
    assert fitted.box == (20, 16, 40, 24)
    assert fitted.painted.sum() == 40 * 24


def test_a_mask_does_not_fit_another_ratio() -> None:
    with pytest.raises(UnusableMask) as caught:
        read_mask(saved(painted_mask(SIZE, BOX)), source=SIZE).fitted((64, 64))
    assert caught.value.problems[0].code == "mask_of_other_ratio"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80), st.floats(0, 1), st.sampled_from([None, "black", "white"]))
def test_damaged_masks_raise_nothing_but_unusable(garbage: bytes, where: float, change: str | None) -> None:
    body = bytearray(saved(painted_mask(SIZE, BOX)))
    at = int(where * len(body))
    body[at : at + len(garbage)] = garbage
    with suppress(UnusableMask):
        assert read_mask(bytes(body), source=SIZE, change=change).painted.any()  # type: ignore[arg-type]
