"""Whether the received picture is what was requested."""

import pytest

from studio.images import QUALITY_FACTORS, output_tokens, quality_by_tokens, unfulfilled

REQUESTED = {"model": "gpt-image-2", "size": "1536x1024", "quality": "high", "output_format": "png", "n": 1}


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("model", "gpt-image-2-codex"),
        ("model", "gpt-image-2-2026-04-21"),
        ("model", ""),
        ("quality", "auto"),
        ("quality", None),
        ("n", 2),
    ],
)
def test_another_name_silence_and_more_pictures_are_no_less(name: str, received: object) -> None:
    assert unfulfilled(REQUESTED, REQUESTED | {name: received}) == []


@pytest.mark.parametrize(
    ("name", "received"),
    [("model", "gpt-image-1"), ("size", "1254x1254"), ("quality", "low"), ("output_format", "jpeg"), ("n", 0)],
)
def test_anything_else_is(name: str, received: object) -> None:
    wanted = [name] if received else []
    assert unfulfilled(REQUESTED, REQUESTED | {name: received}) == wanted


def test_what_was_left_to_the_model_is_right_whatever_it_is() -> None:
    assert unfulfilled({"size": "auto", "quality": "auto"}, {"size": "1254x1254", "quality": "low"}) == []


@pytest.mark.parametrize("quality", QUALITY_FACTORS)
@pytest.mark.parametrize("partials", [0, 2])
def test_tokens_tell_the_quality_that_a_gateway_keeps_to_itself(quality: str, partials: int) -> None:
    tokens = output_tokens(1254, 1254, quality) + 100 * partials
    facts = {"width": 1254, "height": 1254, "factors": QUALITY_FACTORS}
    assert quality_by_tokens(tokens, partials=partials, **facts) == quality  # type: ignore[arg-type]


def test_tokens_that_fit_no_quality_tell_none() -> None:
    assert quality_by_tokens(7, width=1024, height=1024, partials=3, factors=QUALITY_FACTORS) is None
