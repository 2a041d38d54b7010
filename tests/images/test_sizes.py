"""Which sizes the model draws, and the nearest of them to any width and height."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.images import InvalidSize, Size, nearest_size, size_problems

from .brute_force import EVERY_SIZE, is_drawn

EDGE = st.one_of(st.integers(1, 4500), st.integers(1, 10**9))
NEAR_THE_LIMITS = st.integers(1, 4500)


def codes(width: int, height: int) -> list[str]:
    return [problem.code for problem in size_problems(width, height)]


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((1000, 1024), "size_not_multiple"),
        ((1920, 1080), "size_not_multiple"),
        ((3856, 2000), "size_edge_too_long"),
        ((3088, 1024), "size_ratio_too_wide"),
        ((1024, 3088), "size_ratio_too_wide"),
        ((512, 512), "size_too_few_pixels"),
        ((1024, 576), "size_too_few_pixels"),
        ((2896, 2880), "size_too_many_pixels"),
        ((0, 1024), "size_not_a_size"),
        ((-1024, -1024), "size_not_a_size"),
        ((10**5000, 16), "size_not_a_size"),
    ],
)
def test_each_broken_rule_has_its_own_code(size: tuple[int, int], code: str) -> None:
    assert code in codes(*size)


@pytest.mark.parametrize(
    "text",
    [
        *("1024x1024", "1536x1024", "1024x1536", "1024x640", "1536x864", "1920x1088"),
        *("2048x1152", "1152x2048", "2560x1440", "2048x2048", "3840x2160", "2160x3840", "2880x2880"),
    ],
)
def test_the_guides_sizes_are_drawn(text: str) -> None:
    assert str(Size.parse(text)) == text


def test_every_valid_size_is_kept_as_it_is_and_without_a_reason() -> None:
    for width, height in EVERY_SIZE:
        found = nearest_size(width, height)
        assert (found.size.width, found.size.height, found.reasons) == (width, height, ())


def test_around_every_multiple_the_rules_agree_with_the_slow_ones() -> None:
    for width in range(0, 3900, 16):
        for height in range(0, 3900, 16):
            assert (not codes(width, height)) is is_drawn(width, height)


@given(NEAR_THE_LIMITS, NEAR_THE_LIMITS)
def test_the_rules_agree_with_the_slow_ones(width: int, height: int) -> None:
    assert (not codes(width, height)) is is_drawn(width, height)


@given(EDGE, EDGE)
@example(1, 1)
@example(10**9, 1)
@example(1, 10**9)
@example(10**9, 10**9)
@example(1404, 468)
@example(2889, 2871)
def test_any_width_and_height_have_a_valid_nearest_size_that_keeps_their_orientation(width: int, height: int) -> None:
    size = nearest_size(width, height).size

    assert is_drawn(size.width, size.height)
    assert (size.width - size.height) * (width - height) >= 0
    assert width != height or size.width == size.height


@given(EDGE, EDGE)
def test_the_reasons_lead_from_the_requested_edges_to_the_size_one_true_change_after_the_other(
    width: int, height: int
) -> None:
    found = nearest_size(width, height)
    edges = [width, height]
    for reason in found.reasons:
        result = str(reason.values["result"])
        if reason.code == "snapped_to_multiple":
            assert reason.values["edge"] in edges
            edges = [int(result) if edge == reason.values["edge"] else edge for edge in edges]
        else:
            assert [reason.values["width"], reason.values["height"]] == edges
            assert result != f"{edges[0]}×{edges[1]}"
            edges = [int(edge) for edge in result.split("×")]

    assert edges == [found.size.width, found.size.height]


@given(EDGE, EDGE)
def test_the_nearest_size_has_itself_as_nearest(width: int, height: int) -> None:
    size = nearest_size(width, height).size

    assert nearest_size(size.width, size.height).size == size


@given(st.integers(640, 3840), st.integers(640, 3840))
def test_edges_within_the_limits_move_by_at_most_a_step_each(width: int, height: int) -> None:
    size = nearest_size(width, height).size

    if 655_360 <= width * height <= 8_294_400 and max(width, height) <= 3 * min(width, height):
        assert abs(size.width - width) <= 24
        assert abs(size.height - height) <= 24


@given(st.integers(max_value=0), st.integers(max_value=0))
def test_what_is_below_one_counts_as_one(width: int, height: int) -> None:
    assert nearest_size(width, height) == nearest_size(1, 1)


@pytest.mark.parametrize(
    ("wanted", "size", "words"),
    [
        ((1920, 1080), "1920x1088", ["1080 is not a multiple of 16 → 1088"]),
        ((1000, 1000), "1008x1008", ["1000 is not a multiple of 16 → 1008"]),
        ((1016, 648), "1024x656", ["1016 is not a multiple of 16 → 1024", "648 is not a multiple of 16 → 656"]),
        (
            (4000, 1000),
            "3008x1008",
            [
                "4000×1000 is longer than 3:1 → 3000×1000",
                "3000 is not a multiple of 16 → 3008",
                "1000 is not a multiple of 16 → 1008",
            ],
        ),
        ((5000, 4000), "3216x2576", ["5000×4000 is larger than the model draws → 3216×2576"]),
        ((7680, 2560), "3840x1280", ["7680×2560 is larger than the model draws → 3840×1280"]),
        ((512, 512), "816x816", ["512×512 is smaller than the model draws → 816×816"]),
        ((10**9, 10**9), "2880x2880", ["1000000000×1000000000 is larger than the model draws → 2880×2880"]),
    ],
)
def test_each_change_has_a_sentence(wanted: tuple[int, int], size: str, words: list[str]) -> None:
    found = nearest_size(*wanted)

    assert str(found.size) == size
    assert [str(reason) for reason in found.reasons] == words


@given(st.text(max_size=30))
@example("1024x1024\n")
@example("01024x1024")
@example("１０２４x１０２４")
@example("9" * 5000 + "x16")
@example("1024X1024")
def test_any_text_is_a_size_or_invalid(text: str) -> None:
    try:
        read = str(Size.parse(text))
    except InvalidSize as error:
        read = text if error.problems else "invalid for no reason"
    assert read == text


def test_a_size_knows_its_shape() -> None:
    size = Size(1536, 1024)

    assert (size.pixels, size.ratio, size.ratio_label, size.megapixels) == (1_572_864, Fraction(3, 2), "3:2", 1.572864)


@pytest.mark.parametrize(
    ("size", "label"),
    [
        (Size(1024, 1024), "1:1"),
        (Size(3840, 2160), "16:9"),
        (Size(816, 1904), "9:21"),
        (Size(1104, 704), "1.57:1"),
        (Size(1088, 1920), "1:1.76"),
    ],
)
def test_a_ratio_is_called_by_its_common_name_or_by_two_decimals(size: Size, label: str) -> None:
    assert size.ratio_label == label


def test_large_begins_above_2560_by_1440() -> None:
    assert not Size(2560, 1440).is_large
    assert Size(2048, 2048).is_large
    assert Size(2576, 1440).is_large


def test_an_invalid_size_cannot_be_made() -> None:
    with pytest.raises(InvalidSize) as caught:
        Size(1000, 1000)

    assert [problem.code for problem in caught.value.problems] == ["size_not_multiple"]
    assert isinstance(caught.value, ValueError)
