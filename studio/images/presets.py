"""The picker's sizes: each ratio in three tiers, every one of them valid."""

from functools import cache

from .sizes import MAX_EDGE, STEP, InvalidSize, Size, size_problems

RATIOS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21", "3:1", "1:3")
TIERS = ("standard", "2k", "4k")
# The guide's common sizes come first where a ratio has one.
COMMON = {"1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536"}
STANDARD_PIXELS = 1_572_864  # 1536×1024, the guide's middle size
LONG_EDGE_2K = 2048  # px


@cache
def preset_sizes(ratio: str) -> dict[str, Size | None]:
    """A ratio's sizes by tier; None where the model draws none."""
    exact = exact_sizes(ratio)
    standard = min(exact, key=lambda size: abs(size.pixels - STANDARD_PIXELS))
    return {
        "standard": Size.parse(COMMON[ratio]) if ratio in COMMON else standard,
        "2k": long_edge_size(ratio, LONG_EDGE_2K),
        "4k": exact[-1],
    }


def edges_of(ratio: str) -> tuple[int, int]:
    across, down = ratio.split(":")
    return int(across), int(down)


def exact_sizes(ratio: str) -> list[Size]:
    """Every valid size of exactly this ratio, smallest first."""
    across, down = edges_of(ratio)
    factors = range(1, MAX_EDGE // (STEP * max(across, down)) * STEP + STEP)
    sizes = [(across * factor, down * factor) for factor in factors]
    return [Size(*size) for size in sizes if not size_problems(*size)]


def long_edge_size(ratio: str, edge: int) -> Size | None:
    """The size with this long edge; the short one rounded to the step where the ratio does not divide evenly."""
    across, down = edges_of(ratio)
    short = round(edge * min(across, down) / max(across, down) / STEP) * STEP
    try:
        return Size(edge, short) if across >= down else Size(short, edge)
    except InvalidSize:
        return None
