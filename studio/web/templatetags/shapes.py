"""Boxes drawn to scale: all of the same area, whatever their ratio."""

import re
from math import sqrt
from typing import Any

from django import template

register = template.Library()

# Side of a square tile and maximum width of a wide one in px, by the number of tiles: a row of them fits beside the
# composer on a screen of 1440 px.
SIDES = {1: 512, 2: 344, 3: 300}
WIDEST = {1: 960, 2: 474, 3: 312}
SIDE_OF_MANY, WIDEST_OF_MANY = 228, 312


@register.filter
def tile_box(shape: tuple[int, int], count: int) -> tuple[int, int]:
    """Width and height in px of one of `count` tiles of this shape."""
    width, height = box(shape, SIDES.get(count, SIDE_OF_MANY))
    widest = WIDEST.get(count, WIDEST_OF_MANY)
    return (width, height) if width <= widest else (widest, round(widest * shape[1] / shape[0]))


@register.filter
def icon_box(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height in px of an outline with the area of a square with this side."""
    return box(shape, side)


def box(shape: tuple[int, int], side: int) -> tuple[int, int]:
    width, height = shape
    scale = side / sqrt(width * height)
    return round(width * scale), round(height * scale)


@register.filter
def orientation(shape: tuple[int, int]) -> str:
    """wide | square | tall, for the layout of tiles on narrow screens."""
    width, height = shape
    return "wide" if width > 1.4 * height else "tall" if height > 1.4 * width else "square"


@register.filter
def edges(size: str) -> tuple[int, int]:
    """Width and height in px of a size such as 1536x1024."""
    width, height = size.split("x")
    return int(width), int(height)


@register.filter
def size_text(size: object) -> str:
    """A size as people write it, such as 1536×1024; any other text unchanged."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", str(size))


@register.filter
def custom_edges(size: object, rules: dict[str, Any]) -> tuple[str, str] | None:
    """Width and height, as text, of a size that is not a preset; None for a preset and for `auto`."""
    width, separator, height = str(size or "").partition("x")
    return (width, height) if separator and tier_of(size, rules) is None else None


@register.filter
def tier_of(size: object, rules: dict[str, Any]) -> str | None:
    """The tier of the picker that holds this size."""
    for tiers in rules["presets"].values():
        for tier, edges in tiers.items():
            if edges and f"{edges[0]}x{edges[1]}" == size:
                return str(tier)
    return None
