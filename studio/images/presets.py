"""The size picker's presets: each ratio in three tiers, all of them valid; and when a cheaper size is offered."""

from functools import cache
from math import gcd

from .sizes import MAX_EDGE, STEP, Size, size_problems

RATIOS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21", "3:1", "1:3")
TIERS = ("standard", "2k", "4k")
# The guide's common sizes come first where a ratio has one.
COMMON = {"1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536"}
STANDARD_PIXELS = 1_572_864  # 1536×1024, the guide's middle size
LONG_EDGE_2K = 2048  # px

# A cheaper twin, in percent: of nearly the same area and ratio, and saving enough to be worth a look.
TWIN_AREA, TWIN_RATIO, TWIN_SAVING = 95, 12, 8


@cache
def preset_sizes(ratio: str) -> dict[str, Size | None]:
    """A ratio's sizes by tier; None where the model draws none.

    Standard is the guide's common size, else the size of exactly this ratio nearest to 1.57 megapixels; 4K is the
    largest of exactly this ratio. 2K has a long edge of 2048 px and the short edge rounded to 16, so that it may miss
    its ratio by a little (2048×1360 for 3:2).
    """
    exact = exact_sizes(ratio)
    standard = min(exact, key=lambda size: abs(size.pixels - STANDARD_PIXELS), default=None)
    return {
        "standard": Size.parse(COMMON[ratio]) if ratio in COMMON else standard,
        "2k": long_edge_size(ratio, LONG_EDGE_2K),
        "4k": exact[-1] if exact else None,
    }


def edges_of(ratio: str) -> tuple[int, int]:
    """A ratio's two numbers in lowest terms: 7 and 3 for 21:9."""
    across, down = map(int, ratio.split(":"))
    return across // gcd(across, down), down // gcd(across, down)


def exact_sizes(ratio: str) -> list[Size]:
    """Every valid size of exactly this ratio, smallest first."""
    across, down = edges_of(ratio)
    edges = [(across * factor, down * factor) for factor in range(STEP, MAX_EDGE // max(across, down) + 1, STEP)]
    return [Size(*size) for size in edges if not size_problems(*size)]


def long_edge_size(ratio: str, edge: int) -> Size | None:
    """The size with this long edge, the short one rounded to 16."""
    across, down = edges_of(ratio)
    short = (2 * edge * min(across, down) + STEP * max(across, down)) // (2 * STEP * max(across, down)) * STEP
    size = (edge, short) if across >= down else (short, edge)
    return None if size_problems(*size) else Size(*size)
