"""Tokens and money."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.images import (
    LIST_RATES,
    MODELS,
    QUALITY_FACTORS,
    Estimate,
    ImageRequest,
    Size,
    Usage,
    ceiling,
    cost,
    estimate,
    expected_usage,
    four_decimals,
    output_tokens,
    text_tokens,
    two_figures,
)

from .brute_force import EVERY_SIZE

# Tokens at low, medium and high, and dollars of the same, as the reference table gives them.
TABLE = """
1024x1024 196 1756 7024 0.0059 0.0527 0.2107
1536x1024 158 1372 5488 0.0047 0.0412 0.1646
1024x1536 158 1372 5488 0.0047 0.0412 0.1646
1024x640 107 956 3824 0.0032 0.0287 0.1147
1280x720 106 947 3787 0.0032 0.0284 0.1136
1536x864 120 1078 4312 0.0036 0.0323 0.1294
1920x1088 148 1325 5300 0.0044 0.0398 0.1590
2048x1152 157 1413 5650 0.0047 0.0424 0.1695
1152x2048 157 1413 5650 0.0047 0.0424 0.1695
2048x2048 397 3568 14272 0.0119 0.1070 0.4282
2560x1440 205 1843 7370 0.0062 0.0553 0.2211
1440x2560 205 1843 7370 0.0062 0.0553 0.2211
3264x2448 480 4316 17264 0.0144 0.1295 0.5179
3840x1280 139 1328 5311 0.0042 0.0398 0.1593
3840x2160 371 3336 13342 0.0111 0.1001 0.4003
2160x3840 371 3336 13342 0.0111 0.1001 0.4003
2880x2880 659 5930 23719 0.0198 0.1779 0.7116
1104x1424 172 1587 6345 0.0052 0.0476 0.1904
"""
ROWS = [
    (tuple(map(int, size.split("x"))), quality, int(figures[at]), figures[at + 3])
    for size, *figures in map(str.split, TABLE.strip().splitlines())
    for at, quality in enumerate(("low", "medium", "high"))
]


@pytest.mark.parametrize(("edges", "quality", "tokens", "dollars"), ROWS)
def test_tokens_and_dollars_are_those_of_the_reference_table(
    edges: tuple[int, int], quality: str, tokens: int, dollars: str
) -> None:
    assert output_tokens(*edges, quality) == tokens
    assert four_decimals(cost(Usage(output_image_tokens=tokens))) == f"${dollars}"


def test_a_tie_is_rounded_up() -> None:
    assert output_tokens(1024, 672, "low") == 119


def test_every_size_and_quality_follows_the_formula_as_written() -> None:
    for width, height in EVERY_SIZE[::7]:
        for quality, factor in (("low", 16), ("medium", 48), ("high", 96)):
            short = floor(Fraction(factor * min(width, height), max(width, height)) + Fraction(1, 2))
            written = ceil(Fraction(factor * short * (2_000_000 + width * height), 4_000_000))
            assert output_tokens(width, height, quality) == written == output_tokens(height, width, quality)


COUNT = st.integers(0, 10**7)
USAGE = st.builds(Usage, COUNT, COUNT, COUNT, COUNT)
MULTIPLIER = st.decimals("0.0001", 100, places=4)


@given(USAGE, MULTIPLIER)
def test_a_cost_is_exact_to_the_last_digit(usage: Usage, multiplier: Decimal) -> None:
    micro_dollars = (
        5 * usage.input_text_tokens
        + 8 * usage.input_image_tokens
        + 30 * usage.output_image_tokens
        + 10 * usage.output_text_tokens
    )
    with localcontext(prec=5):  # the caller's own precision changes nothing
        price = cost(usage, LIST_RATES, multiplier)

    assert Fraction(price) == Fraction(micro_dollars, 10**6) * Fraction(multiplier)


@given(USAGE, USAGE)
def test_the_cost_of_a_sum_is_the_sum_of_the_costs(one: Usage, other: Usage) -> None:
    assert cost(one + other) == cost(one) + cost(other)


def request(**given: object) -> ImageRequest:
    values = {"prompt": "abcd", "size": Size(1024, 1024), "quality": "medium"} | given
    return ImageRequest(**values)  # type: ignore[arg-type]


def test_an_estimate_counts_prompt_and_picture() -> None:
    price = Decimal("0.052680") + Decimal("0.000005")

    assert estimate(request()) == Estimate(low=price, high=price, expected=price)


def test_auto_quality_is_a_range_with_medium_in_it() -> None:
    auto = estimate(request(quality="auto"))

    assert [auto.low, auto.expected, auto.high] == [
        estimate(request(quality=quality)).expected for quality in ("low", "medium", "high")
    ]
    assert ceiling(request(quality="auto")) == auto.high


def test_auto_size_counts_as_1254_squared() -> None:
    usage = expected_usage(request(size="auto"), quality="high")

    assert usage.output_image_tokens == output_tokens(1254, 1254, "high") == 8_232
    assert usage.is_estimated


def test_each_partial_picture_adds_100_tokens_and_each_reference_1536() -> None:
    more = ceiling(request(stream=True, partial_images=3), references=2) - ceiling(request())

    assert more == Decimal(3 * 100 * 30 + 2 * 1_536 * 8).scaleb(-6)


def test_the_upstreams_multiplier_is_applied() -> None:
    assert ceiling(request(), multiplier=Decimal("1.5")) == ceiling(request()) * Decimal("1.5")


@given(
    st.sampled_from(EVERY_SIZE),
    st.sampled_from(["low", "medium", "high", "auto"]),
    st.integers(0, 3),
    st.integers(0, 16),
)
def test_the_ceiling_is_never_below_what_the_picture_costs(
    edges: tuple[int, int], quality: str, partials: int, references: int
) -> None:
    wanted = request(size=Size(*edges), quality=quality, stream=partials > 0, partial_images=partials)
    guess = estimate(wanted, references)

    assert guess.low <= guess.expected <= guess.high == ceiling(wanted, references)


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("猫が好き", 4), ("кот", 2), ("a 猫", 2), ("\ud800", 1), ("🎨", 1)],
)
def test_a_prompt_is_counted_by_its_alphabets(prompt: str, tokens: int) -> None:
    assert text_tokens(prompt) == tokens


def test_a_model_with_a_quality_of_its_own_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    finer = replace(MODELS[0], id="finer", factors=QUALITY_FACTORS | {"max": 128}, rates=LIST_RATES)
    monkeypatch.setattr("studio.images.catalog.MODELS", (*MODELS, finer))
    wanted = request(model="finer", quality="max")

    assert finer.qualities == ("low", "medium", "high", "max", "auto")
    assert wanted.problems() == []
    assert ceiling(wanted) == ceiling(replace(wanted, quality="auto")) > ceiling(replace(wanted, quality="high"))


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("0", "$0"),
        ("0.00474", "$0.0047"),
        ("0.0525", "$0.053"),
        ("0.05", "$0.050"),
        ("0.0996", "$0.10"),
        ("0.996", "$1.0"),
        ("1.25", "$1.3"),
        ("9.96", "$10"),
        ("12.5", "$13"),
        ("99.6", "$100"),
        ("123", "$120"),
    ],
)
def test_a_price_is_shown_with_two_figures_before(price: str, shown: str) -> None:
    assert two_figures(Decimal(price)) == shown


@pytest.mark.parametrize(("price", "shown"), [("0", "$0.0000"), ("0.05268", "$0.0527"), ("0.00005", "$0.0001")])
def test_a_price_is_shown_with_four_decimals_after(price: str, shown: str) -> None:
    assert four_decimals(Decimal(price)) == shown
