"""What a mask must be, and a sentence for each rule it breaks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.images import MAX_IMAGE_BYTES, ImageFile
from studio.images.masks import MaskFile, is_question, mask_problems, same_ratio

PICTURE = ImageFile(format="png", byte_count=900_000, width=1024, height=640)
GOOD = {"width": 1024, "height": 640, "format": "png", "byte_count": 9_000, "has_alpha": True, "painted_count": 70_000}


def problems(**changes: Any) -> list[Any]:
    return mask_problems(MaskFile(**(GOOD | changes)), source=PICTURE)


def codes(**changes: Any) -> list[str]:
    found = problems(**changes)
    assert all(str(problem) and "%(" not in str(problem) for problem in found)
    return [problem.code for problem in found]


def test_a_good_mask_has_no_problem() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": "webp"}, "mask_format_unknown"),
        ({"has_alpha": False}, "mask_without_alpha"),
        ({"width": 1023}, "mask_of_other_size"),
        ({"painted_count": 0}, "mask_all_opaque"),
        ({"painted_count": 1024 * 640}, "mask_all_transparent"),
        ({"painted_count": 300}, "mask_tiny"),
        ({"byte_count": MAX_IMAGE_BYTES}, "mask_too_heavy"),
    ],
)
def test_each_broken_rule_has_its_own_code(changes: dict[str, object], code: str) -> None:
    assert codes(**changes) == [code]


def test_all_broken_rules_are_named_at_once() -> None:
    assert codes(painted_count=0, byte_count=MAX_IMAGE_BYTES, height=641) == [
        "mask_too_heavy",
        "mask_of_other_size",
        "mask_all_opaque",
    ]


def test_only_a_full_or_a_tiny_mask_is_a_question() -> None:
    cases = ({"painted_count": 1}, {"painted_count": 1024 * 640}, {"painted_count": 0}, {"width": 1}, {"format": "gif"})
    found = [problem for changes in cases for problem in problems(**changes)]

    assert {problem.code for problem in found if is_question(problem)} == {"mask_tiny", "mask_all_transparent"}
    assert not all(map(is_question, found))


@given(st.integers(1, 4000), st.integers(1, 4000), st.fractions(1, 4))
def test_a_size_scaled_by_one_factor_keeps_its_ratio(width: int, height: int, factor: object) -> None:
    assert same_ratio((width, height), (round(width * factor), round(height * factor)))  # type: ignore[operator]


def test_another_shape_is_another_ratio() -> None:
    assert not same_ratio((1024, 1024), (1536, 1024))
    assert not same_ratio((3840, 2160), (1024, 1024))
    assert same_ratio((3840, 2160), (1672, 941))
