"""Pictures to edit, and masks as Pillow draws them from the coordinates of pointers, to hold the editor's against."""

import io
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .editor import Point

FINE = 3  # shapes are drawn this much larger; the middle one of each 3 × 3 pixels counts
KEPT, CHANGED = 255, 0


def photo(width: int, height: int, kind: str = "png", **options: Any) -> bytes:
    """A picture with something in every corner, so that one that is turned or shifted shows."""
    slope = Image.linear_gradient("L").resize((width, height))
    turned = slope.transpose(Image.Transpose.ROTATE_180)
    grain = Image.effect_noise((64, 48), 40).resize((width, height))  # never the same one twice
    image = Image.merge("RGB", [slope, turned, grain])
    draw = ImageDraw.Draw(image)
    for at in range(0, width, width // 12):
        draw.line([(at, 0), (width - at, height)], fill=(at % 255, 90, 200), width=3)
    out = io.BytesIO()
    image.save(out, kind, **{"compress_level": 1} | options)
    return out.getvalue()


class Drawing:
    """A mask by Pillow; points are pixels of the picture, 0 is its first pixel's left edge."""

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height
        self.image = Image.new("L", (width * FINE, height * FINE), KEPT)
        self.draw = ImageDraw.Draw(self.image)

    def stroke(self, points: Sequence[Point], *, brush: float, fill: int = CHANGED) -> None:
        """A round brush of that diameter along a line."""
        fine = [(x * FINE - 0.5, y * FINE - 0.5) for x, y in points]
        reach = brush * FINE / 2
        for x, y in fine:
            self.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
        for (x, y), (to_x, to_y) in pairwise(fine):
            length = math.hypot(to_x - x, to_y - y)
            if length:
                across, down = (y - to_y) * reach / length, (to_x - x) * reach / length
                corners = [(x, y, 1), (to_x, to_y, 1), (to_x, to_y, -1), (x, y, -1)]
                self.draw.polygon([(a + side * across, b + side * down) for a, b, side in corners], fill=fill)

    def rectangle(self, one: Point, other: Point) -> None:
        self.draw.rectangle(inside(one, other), fill=CHANGED)

    def ellipse(self, one: Point, other: Point) -> None:
        self.draw.ellipse(inside(one, other), fill=CHANGED)

    def outline(self, points: Sequence[Point]) -> None:
        self.draw.polygon([(x * FINE - 0.5, y * FINE - 0.5) for x, y in points], fill=CHANGED)

    @property
    def alpha(self) -> Image.Image:
        return self.image.resize(self.size, Image.Resampling.NEAREST)


def inside(one: Point, other: Point) -> tuple[float, float, float, float]:
    """The fine pixels between two corners; Pillow draws the last ones too."""
    (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return left * FINE, top * FINE, right * FINE - 1, bottom * FINE - 1


def beyond_the_rim(alpha: Image.Image, drawing: Drawing) -> int:
    """How many pixels of a mask differ from a drawing anywhere but beside an edge of what is drawn there."""
    wanted = drawing.alpha
    lowest, highest = wanted.filter(ImageFilter.MinFilter(3)), wanted.filter(ImageFilter.MaxFilter(3))
    different = ImageChops.difference(alpha, wanted)
    return (
        alpha.width * alpha.height - ImageChops.subtract(different, ImageChops.subtract(highest, lowest)).histogram()[0]
    )


def changed_where_kept(source: Image.Image, result: Image.Image, alpha: Image.Image) -> int:
    """How many pixels differ in any channel although the mask keeps them."""
    bands = ImageChops.difference(source.convert("RGB"), result.convert("RGB")).split()
    largest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    kept = ImageChops.darker(largest, alpha.point(lambda level: 255 if level == KEPT else 0))
    return alpha.width * alpha.height - kept.histogram()[0]
