"""Framing a picture for the model and back: integer geometry, held against the rules written the slow way."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from studio.images import Size
from studio.images.framing import Box, Framing, precise_framing, precision_reason, whole_framing

from .brute_force import is_drawn

EDGE = st.one_of(st.integers(16, 4500), st.integers(1, 16_384))
PAD = range(16)


@st.composite
def painted_pictures(draw: st.DrawFn) -> tuple[int, int, Box]:
    width, height = draw(st.integers(64, 12_000)), draw(st.integers(64, 12_000))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    box = Box(left, top, draw(st.integers(1, width - left)), draw(st.integers(1, height - top)))
    return width, height, box


def edges(framing: Framing) -> tuple[int, int]:
    return framing.requested.edges


@given(EDGE, EDGE)
def test_every_picture_can_be_framed_whole(width: int, height: int) -> None:
    framing = whole_framing(width, height)

    assert is_drawn(*edges(framing))
    assert framing.box == (0, 0, width, height)
    assert all(padding >= 0 for padding in framing.padding)


@given(EDGE, EDGE)
def test_a_picture_is_never_scaled_where_padding_alone_will_do(width: int, height: int) -> None:
    framing = whole_framing(width, height)
    padding_alone = any(is_drawn(width + right, height + below) for right in PAD for below in PAD)

    if padding_alone:
        assert not framing.is_scaled
        assert all(padding < 16 for padding in framing.padding)
    elif max(width, height) <= 3 * min(width, height):
        assert framing.is_scaled


@given(EDGE, EDGE)
def test_both_edges_are_scaled_by_one_factor(width: int, height: int) -> None:
    framing = whole_framing(width, height)
    across, down = framing.content

    assert abs(Fraction(across, max(width, height)) * height - Fraction(down, max(width, height)) * width) <= 1


@given(st.integers(700, 16_384), st.integers(700, 16_384))
def test_what_is_too_large_is_scaled_down_no_further_than_needed(width: int, height: int) -> None:
    framing = whole_framing(width, height)
    if framing.is_scaled and framing.scale < 1 and max(width, height) <= 3 * min(width, height):
        assert max(edges(framing)) >= 3840 - 16 or (edges(framing)[0] + 32) * (edges(framing)[1] + 32) > 8_294_400


@given(st.integers(300, 809), st.integers(300, 809))
def test_what_is_too_small_is_scaled_up_no_further_than_needed(width: int, height: int) -> None:
    across, down = edges(framing := whole_framing(width, height))

    assert framing.scale >= 1
    assert (across - 32) * (down - 32) < 655_360


def test_a_valid_size_is_requested_as_it_is() -> None:
    framing = whole_framing(1536, 1024)
    assert (framing.requested, framing.padding, framing.is_scaled) == (Size(1536, 1024), (0, 0), False)


def test_full_hd_is_padded_by_eight_rows() -> None:
    framing = whole_framing(1920, 1080)
    assert (framing.requested, framing.padding, framing.is_scaled) == (Size(1920, 1088), (0, 8), False)


def test_a_picture_beyond_three_to_one_is_padded_until_the_ratio_holds() -> None:
    framing = whole_framing(3200, 800)
    assert (framing.requested, framing.content) == (Size(3200, 1072), (3200, 800))


@given(painted_pictures())
def test_a_precise_crop_contains_the_paint_and_stays_inside_the_picture(case: tuple[int, int, Box]) -> None:
    width, height, painted = case
    framing = precise_framing(width, height, painted)
    if framing is not None:
        assert framing.box.contains(painted)
        assert Box(0, 0, width, height).contains(framing.box)


@given(painted_pictures())
def test_a_precise_crop_has_exactly_the_requested_ratio_and_is_never_scaled_down(
    case: tuple[int, int, Box],
) -> None:
    framing = precise_framing(*case)
    if framing is not None:
        assert is_drawn(*edges(framing))
        assert Fraction(framing.box.width, framing.box.height) == Fraction(*edges(framing))
        assert framing.padding == (0, 0)
        assert framing.scale >= 1


@given(painted_pictures())
def test_a_precise_crop_shows_context_except_beyond_the_picture(case: tuple[int, int, Box]) -> None:
    width, height, painted = case
    framing = precise_framing(width, height, painted)
    if framing is not None:
        margins = (max(64, painted.width / 4), max(64, painted.height / 4))
        assert framing.box.width >= min(width, painted.width + 2 * margins[0])
        assert framing.box.height >= min(height, painted.height + 2 * margins[1])
        inside = framing.box.left > 0 and framing.box.right < width
        assert not inside or min(painted.left - framing.box.left, framing.box.right - painted.right) >= margins[0] - 1


def test_at_a_border_the_crop_shifts() -> None:
    framing = precise_framing(6000, 4000, Box(5900, 3900, 100, 100))
    assert framing is not None
    assert framing.box == (5772, 3772, 228, 228)
    assert framing.requested == Size(816, 816)


def test_a_large_box_is_requested_with_at_least_its_own_pixels() -> None:
    framing = precise_framing(8000, 6000, Box(2000, 2000, 1200, 900))
    assert framing is not None
    assert (framing.box.width, framing.box.height) == (1800, 1350)
    assert framing.requested == Size(1856, 1392)


def test_what_covers_more_than_the_model_draws_has_no_precise_crop() -> None:
    assert precise_framing(8000, 6000, Box(0, 0, 8000, 6000)) is None


def test_precision_is_proposed_for_wide_pictures_and_for_a_small_part_of_a_very_large_one() -> None:
    codes = {
        (5000, 1000): "precision_wide",
        (6000, 4000): "precision_large",
        (3840, 2160): None,
        (1024, 1024): None,
    }
    for (width, height), code in codes.items():
        reason = precision_reason(width, height, Box(300, 300, 200, 150))
        assert (reason.code if reason else None) == code


def test_precision_is_not_proposed_for_most_of_a_very_large_picture() -> None:
    assert precision_reason(6000, 4000, Box(0, 0, 5000, 3000)) is None
