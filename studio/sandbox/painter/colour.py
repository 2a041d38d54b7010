"""Colours in OKLCH, so that gradients keep their lightness and do not turn grey in the middle."""

import math
from collections.abc import Sequence
from functools import lru_cache

type Colour = tuple[float, float, float]
"""Lightness 0–1, chroma 0–0.37, hue in degrees."""

type RGB = tuple[int, int, int]


def _linear(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _encoded(channel: float) -> int:
    if channel <= 0.0031308:
        return max(0, round(255 * 12.92 * channel))
    curved: float = channel ** (1 / 2.4)
    return min(255, round(255 * (1.055 * curved - 0.055)))


def _lab(colour: Colour) -> tuple[float, float, float]:
    lightness, chroma, hue = colour
    return lightness, chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))


def _lab_to_rgb(lightness: float, a: float, b: float) -> RGB:
    """Fade the chroma until the colour fits into sRGB, evenly, so that no gradient shows a step."""
    channels = _linear(lightness, a, b)
    if not _fits(channels):
        keep, too_much = 0.0, 1.0
        for _ in range(7):
            middle = (keep + too_much) / 2
            channels = _linear(lightness, a * middle, b * middle)
            keep, too_much = (middle, too_much) if _fits(channels) else (keep, middle)
    red, green, blue = (_encoded(channel) for channel in channels)
    return red, green, blue


def _fits(channels: tuple[float, float, float]) -> bool:
    return all(-0.001 <= channel <= 1.001 for channel in channels)


def rgb(colour: Colour) -> RGB:
    """The sRGB bytes of a colour."""
    return _lab_to_rgb(*_lab(colour))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `share` of the way from the first to the second, through OKLab."""
    lightness, a, b = (x + (y - x) * share for x, y in zip(_lab(first), _lab(second), strict=True))
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def shade(colour: Colour, *, light: float = 0.0, chroma: float = 1.0, turn: float = 0.0) -> Colour:
    """The colour made lighter or darker, more or less vivid, its hue turned by degrees."""
    lightness, vividness, hue = colour
    return min(0.995, max(0.03, lightness + light)), vividness * chroma, (hue + turn) % 360


@lru_cache(maxsize=512)
def ramp(stops: tuple[Colour, ...], steps: int) -> tuple[RGB, ...]:
    """`steps` colours through evenly spaced stops, eased so that no stop shows as an edge."""
    if len(stops) == 1:
        return (rgb(stops[0]),) * steps
    return tuple(_between(stops, index / max(1, steps - 1)) for index in range(steps))


def _between(stops: Sequence[Colour], where: float) -> RGB:
    place = where * (len(stops) - 1)
    left = min(int(place), len(stops) - 2)
    share = place - left
    eased = 0.5 * share + 0.5 * share * share * (3 - 2 * share)
    first, second = _lab(stops[left]), _lab(stops[left + 1])
    lightness, a, b = (x + (y - x) * eased for x, y in zip(first, second, strict=True))
    return _lab_to_rgb(lightness, a, b)
