"""The picker's sizes."""

import pytest

from studio.images import RATIOS, TIERS, Size, preset_sizes

from .brute_force import EVERY_SIZE

EXACT = {
    ratio: [size for size in EVERY_SIZE if size[0] * int(ratio.split(":")[1]) == size[1] * int(ratio.split(":")[0])]
    for ratio in RATIOS
}


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_ratio_has_all_tiers(ratio: str) -> None:
    assert tuple(preset_sizes(ratio)) == TIERS
    assert all(preset_sizes(ratio).values())


@pytest.mark.parametrize("ratio", RATIOS)
def test_standard_is_of_exactly_the_ratio_and_nearest_to_the_middle_size(ratio: str) -> None:
    size = preset_sizes(ratio)["standard"]

    assert size is not None
    assert (size.width, size.height) in EXACT[ratio]
    if ratio != "1:1":  # the guide's common square is smaller
        assert abs(size.pixels - 1_572_864) == min(abs(width * height - 1_572_864) for width, height in EXACT[ratio])


@pytest.mark.parametrize("ratio", RATIOS)
def test_4k_is_the_largest_size_of_exactly_the_ratio(ratio: str) -> None:
    size = preset_sizes(ratio)["4k"]

    assert size is not None
    assert (size.width, size.height) == max(EXACT[ratio])


@pytest.mark.parametrize("ratio", RATIOS)
def test_2k_has_a_long_edge_of_2048_and_misses_its_ratio_by_less_than_a_hundredth(ratio: str) -> None:
    size = preset_sizes(ratio)["2k"]
    across, down = map(int, ratio.split(":"))

    assert size is not None
    assert max(size.width, size.height) == 2048
    assert abs(size.ratio * down / across - 1) < 0.01


@pytest.mark.parametrize(
    ("ratio", "tier", "size"),
    [
        ("1:1", "standard", Size(1024, 1024)),
        ("3:2", "standard", Size(1536, 1024)),
        ("2:3", "standard", Size(1024, 1536)),
        ("1:1", "4k", Size(2880, 2880)),
        ("16:9", "4k", Size(3840, 2160)),
        ("4:3", "4k", Size(3264, 2448)),
        ("21:9", "4k", Size(3808, 1632)),
        ("16:9", "2k", Size(2048, 1152)),
    ],
)
def test_the_guides_common_sizes_are_in_their_places(ratio: str, tier: str, size: Size) -> None:
    assert preset_sizes(ratio)[tier] == size


def test_a_ratio_the_model_does_not_draw_has_no_sizes() -> None:
    assert preset_sizes("7:1") == dict.fromkeys(TIERS)
