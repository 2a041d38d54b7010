"""Tokens as gateways report them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.images import Usage

GUIDE = {
    "input_tokens": 43,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 43},
    "output_tokens": 196,
    "output_tokens_details": {"image_tokens": 196, "text_tokens": 0},
    "total_tokens": 239,
}


def test_the_guides_usage_is_read_and_written_alike() -> None:
    usage = Usage.from_wire(GUIDE)

    assert usage == Usage(input_text_tokens=43, output_image_tokens=196)
    assert usage.to_wire() == GUIDE


def test_without_details_output_is_image_and_input_is_text() -> None:
    assert Usage.from_wire({"input_tokens": 12, "output_tokens": 196}) == Usage(12, 0, 196, 0)


def test_without_details_the_input_of_an_edit_is_image() -> None:
    assert Usage.from_wire({"input_tokens": 1200, "output_tokens": 196}, is_edit=True) == Usage(0, 1200, 196, 0)


def test_a_chat_shaped_usage_is_read() -> None:
    chat = {
        "prompt_tokens": 1036,
        "prompt_tokens_details": {"image_tokens": 1024, "text_tokens": 12, "cached_tokens": 0},
        "completion_tokens": 1756,
        "completion_tokens_details": {"image_tokens": 1756, "reasoning_tokens": 0},
        "total_tokens": 2792,
    }

    assert Usage.from_wire(chat) == Usage(12, 1024, 1756, 0)


@pytest.mark.parametrize(
    ("details", "split"),
    [
        ({"image_tokens": 100, "text_tokens": 96}, (100, 96)),
        ({"image_tokens": 0, "text_tokens": 0}, (196, 0)),
        ({"image_tokens": 100}, (196, 0)),
        ({"image_tokens": 500, "text_tokens": 96}, (196, 0)),
        ({"image_tokens": -1, "text_tokens": 96}, (196, 0)),
        ("many", (196, 0)),
    ],
)
def test_output_that_no_detail_gives_to_text_counts_as_image(details: Any, split: tuple[int, int]) -> None:
    usage = Usage.from_wire({"input_tokens": 12, "output_tokens": 196, "output_tokens_details": details})

    assert usage is not None
    assert (usage.output_image_tokens, usage.output_text_tokens) == split


def test_image_input_that_the_details_name_stays_image_though_they_do_not_add_up() -> None:
    details = {"image_tokens": 1024, "text_tokens": 10}

    assert Usage.from_wire({"input_tokens": 1040, "input_tokens_details": details, "output_tokens": 196}) == Usage(
        16, 1024, 196, 0
    )


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "196",
        {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        {"input_tokens": 12},
        {"input_tokens": 12, "output_tokens": -5},
        {"input_tokens": 12, "output_tokens": 196.0},
        {"input_tokens": 12, "output_tokens": "196"},
        {"input_tokens": 12, "output_tokens": True},
        {"input_tokens": 12, "output_tokens": 10**30},
        {"input_tokens": -1, "output_tokens": 196},
        {"input_tokens": 12, "output_tokens": float("nan")},
    ],
)
def test_a_usage_that_is_missing_zero_or_absurd_is_none(data: Any) -> None:
    assert Usage.from_wire(data) is None


def test_a_sum_is_estimated_as_soon_as_one_part_is() -> None:
    total = Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40, is_estimated=True)

    assert total == Usage(11, 22, 33, 44, is_estimated=True)
    assert (total.input_tokens, total.output_tokens, total.total_tokens) == (33, 77, 110)


COUNT = st.integers(0, 10**6)


@given(st.builds(Usage, COUNT, COUNT, st.integers(1, 10**6), COUNT))
def test_what_is_written_reads_back(usage: Usage) -> None:
    assert Usage.from_wire(usage.to_wire()) == usage


FIGURE = st.none() | st.booleans() | st.integers() | st.integers(-2, 2000) | st.floats() | st.text(max_size=4)
DETAILS = (
    FIGURE | st.lists(FIGURE, max_size=2) | st.dictionaries(st.sampled_from(["image_tokens", "text_tokens"]), FIGURE)
)
NAME = st.sampled_from(
    [
        *(f"{side}_tokens{more}" for side in ("input", "output", "prompt", "completion") for more in ("", "_details")),
        "total_tokens",
    ]
)


@given(st.dictionaries(NAME, FIGURE | DETAILS) | DETAILS, st.booleans())
def test_any_json_is_a_usage_or_none(data: Any, is_edit: bool) -> None:
    usage = Usage.from_wire(data, is_edit=is_edit)

    if usage is not None:
        assert usage.output_tokens > 0
        assert min(usage.input_text_tokens, usage.input_image_tokens) >= 0
        assert min(usage.output_text_tokens, usage.output_image_tokens) >= 0
        assert usage.total_tokens <= 20_000_000
