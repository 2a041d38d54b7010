"""How long pictures take to draw, as documented: where nothing is known of an upstream's own times, these count."""

from .sizes import AUTO, Size

SECONDS_AT_ONE_MEGAPIXEL = {"low": 8.0, "medium": 20.0, "high": 65.0}
"""Observed for one 1024×1024 picture."""

TEXT_ONLY_SECONDS = 3.0
"""Until a main model that draws nothing begins to answer."""

QUICK = 0.25  # of the documented time: no picture was seen to be drawn in less
_GROWTH = 0.62  # exponent of the time over the pixels
_SMALLEST = 655_360  # px


def typical_seconds(*, pixels: int, quality: str) -> float:
    """How long one picture usually takes; an unknown quality or `auto` counts as the quickest."""
    at_one_megapixel = SECONDS_AT_ONE_MEGAPIXEL.get(quality, min(SECONDS_AT_ONE_MEGAPIXEL.values()))
    factor: float = (pixels / 1_048_576) ** _GROWTH
    return at_one_megapixel * factor


def quickest_seconds(size: Size | str, quality: str) -> float:
    """Seconds in which such a picture cannot have been drawn yet."""
    pixels = _SMALLEST if size == AUTO or isinstance(size, str) else size.width * size.height
    return QUICK * typical_seconds(pixels=pixels, quality=quality)
