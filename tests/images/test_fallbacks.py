"""The way down from a large picture that failed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.images import EditRequest, ImageFile, ImageRequest, Size, ceiling, fallback_steps, nearest_size

REQUEST = ImageRequest(prompt="A harbour", size=Size(3840, 2160), quality="high")


def steps_of(request: ImageRequest) -> list[tuple[str, str]]:
    return [(str(step.size), step.quality) for step in fallback_steps(request)]


def test_4k_high_goes_to_medium_and_then_to_a_smaller_one() -> None:
    assert steps_of(REQUEST) == [("3840x2160", "medium"), ("1536x864", "medium")]


def test_each_step_has_only_the_rest_of_the_way_before_it() -> None:
    first, last = fallback_steps(REQUEST)
    assert fallback_steps(first) == (last,)
    assert fallback_steps(last) == ()


def test_nothing_but_size_and_quality_changes() -> None:
    wanted = replace(
        REQUEST, output_format="webp", output_compression=70, partial_images=2, stream=True, user="someone"
    )
    assert all(replace(step, size=wanted.size, quality=wanted.quality) == wanted for step in fallback_steps(wanted))


@pytest.mark.parametrize("size", ["auto", Size(1536, 1024), Size(2560, 1440)])
def test_only_large_pictures_have_a_way_down(size: Size | str) -> None:
    assert fallback_steps(replace(REQUEST, size=size)) == ()


def test_auto_quality_counts_as_the_highest_and_a_low_one_stays_low() -> None:
    assert steps_of(replace(REQUEST, quality="auto"))[0] == ("3840x2160", "medium")
    assert steps_of(replace(REQUEST, quality="low")) == [("1536x864", "low")]


@pytest.mark.parametrize(
    ("requested", "smaller"),
    [
        ("3504x2336", "1536x1024"),
        ("2336x3504", "1024x1536"),
        ("2160x3840", "864x1536"),
        ("2880x2880", "1248x1248"),
        ("3840x1280", "2160x720"),
    ],
)
def test_the_smaller_picture_has_the_same_ratio(requested: str, smaller: str) -> None:
    assert steps_of(replace(REQUEST, size=Size.parse(requested)))[-1] == (smaller, "medium")


def test_an_edit_with_a_mask_keeps_its_size() -> None:
    sent = ImageFile(format="png", byte_count=1, width=3840, height=2160)
    edit = EditRequest(prompt="A boat", size=Size(3840, 2160), quality="high", images=(sent,), mask=sent)
    assert steps_of(edit) == [("3840x2160", "medium")]
    assert steps_of(replace(edit, mask=None)) == [("3840x2160", "medium"), ("1536x864", "medium")]


@given(st.integers(1, 4000), st.integers(1, 4000), st.sampled_from(["low", "medium", "high", "auto"]))
def test_every_step_is_valid_near_in_ratio_and_never_dearer(width: int, height: int, quality: str) -> None:
    wanted = replace(REQUEST, size=nearest_size(width, height).size, quality=quality)
    assert isinstance(wanted.size, Size)
    for step in fallback_steps(wanted):
        assert step.problems() == []
        assert isinstance(step.size, Size)
        assert step.size.width / step.size.height == pytest.approx(wanted.size.width / wanted.size.height, rel=0.01)
        assert ceiling(step) <= ceiling(wanted)
