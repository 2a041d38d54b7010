"""A canvas to paint on with soft edges: gradients, stencils, glows and noise, all in Pillow's C code."""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from studio.sandbox.painter.colour import RGB, Colour, ramp, rgb
from studio.sandbox.painter.outlines import Point

type Box = tuple[int, int, int, int]

_RADIAL_FALLOFF = Image.radial_gradient("L").point([min(255, round(value * math.sqrt(2))) for value in range(256)])
"""0 in the centre, 255 at the middle of each edge."""


class Gradient:
    """A gradient down (or, `is_horizontal`, across) a canvas, expanded only where it is needed."""

    def __init__(self, stops: Sequence[Colour], length: int, start: float, end: float, *, is_horizontal: bool) -> None:
        self._is_horizontal = is_horizontal
        self._strip = _strip(stops, length, start, end)

    def over(self, box: Box) -> Image.Image:
        """The gradient's pixels inside a box of the canvas."""
        left, top, right, bottom = box
        if self._is_horizontal:
            part = self._strip.crop((0, left, 1, right)).transpose(Image.Transpose.TRANSPOSE)
        else:
            part = self._strip.crop((0, top, 1, bottom))
        return part.resize((right - left, bottom - top), Image.Resampling.NEAREST)


type Fill = Colour | Gradient | Image.Image


class Stencil:
    """A mask drawn at twice the canvas' size, so that its edges are smooth; it tracks the area it covers."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._mask = Image.new("L", (width * 2, height * 2))
        self._draw = ImageDraw.Draw(self._mask)
        self._extent = (math.inf, math.inf, -math.inf, -math.inf)

    def polygon(self, points: Sequence[Point], tone: float = 1.0) -> None:
        """Fill a polygon; `tone` 0 cuts it out again."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self._include(min(xs), min(ys), max(xs), max(ys))
        self._draw.polygon([(2 * x, 2 * y) for x, y in points], fill=round(255 * tone))

    def ellipse(self, x: float, y: float, rx: float, ry: float | None = None, tone: float = 1.0) -> None:
        """Fill an ellipse around its centre."""
        ry = rx if ry is None else ry
        self._include(x - rx, y - ry, x + rx, y + ry)
        self._draw.ellipse((2 * (x - rx), 2 * (y - ry), 2 * (x + rx), 2 * (y + ry)), fill=round(255 * tone))

    def box(self, x: float, y: float, width: float, height: float, radius: float = 0, tone: float = 1.0) -> None:
        """Fill a rectangle from its top left corner, its corners rounded by `radius`."""
        if width <= 0.5 or height <= 0.5:
            return
        self._include(x, y, x + width, y + height)
        edges = (2 * x, 2 * y, 2 * (x + width) - 1, 2 * (y + height) - 1)
        if radius:
            self._draw.rounded_rectangle(edges, radius=min(2 * radius, width, height), fill=round(255 * tone))
        else:
            self._draw.rectangle(edges, fill=round(255 * tone))

    def line(self, points: Sequence[Point], width: float, tone: float = 1.0) -> None:
        """Draw a line with rounded joints."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self._include(min(xs) - width, min(ys) - width, max(xs) + width, max(ys) + width)
        scaled = [(2 * x, 2 * y) for x, y in points]
        self._draw.line(scaled, fill=round(255 * tone), width=max(1, round(2 * width)), joint="curve")

    def pie(self, x: float, y: float, r: float, start: float, end: float, tone: float = 1.0) -> None:
        """Fill a slice of a circle, angles in degrees."""
        self._include(x - r, y - r, x + r, y + r)
        self._draw.pieslice((2 * (x - r), 2 * (y - r), 2 * (x + r), 2 * (y + r)), start, end, fill=round(255 * tone))

    def used_part(self, *, blur: float = 0, opacity: float = 1.0) -> tuple[Image.Image, Box] | None:
        """The used part of the mask at the canvas' size and the box it fills; None when nothing shows."""
        box = self._bounds(blur * 3 + 2)
        if box[0] >= box[2] or box[1] >= box[3]:
            return None
        mask = self._mask.crop((box[0] * 2, box[1] * 2, box[2] * 2, box[3] * 2)).reduce(2)
        if blur:
            mask = soften(mask, blur)
        return mask if opacity >= 1 else mask.point([round(value * opacity) for value in range(256)]), box

    def mask(self, *, blur: float = 0, opacity: float = 1.0) -> Image.Image:
        """The whole mask at the canvas' size."""
        whole = Image.new("L", self._size)
        part = self.used_part(blur=blur, opacity=opacity)
        if part:
            whole.paste(part[0], part[1])
        return whole

    def _include(self, left: float, top: float, right: float, bottom: float) -> None:
        reach = self._extent
        self._extent = min(reach[0], left), min(reach[1], top), max(reach[2], right), max(reach[3], bottom)

    def _bounds(self, margin: float) -> Box:
        if self._extent[0] > self._extent[2]:
            return 0, 0, 0, 0
        left, top, right, bottom = self._extent
        return (
            max(0, math.floor(left - margin)),
            max(0, math.floor(top - margin)),
            min(self._size[0], math.ceil(right + margin)),
            min(self._size[1], math.ceil(bottom + margin)),
        )


def soften(image: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur; wide radii are applied to a smaller copy to stay fast."""
    factor = max(1, int(radius / 2))
    if factor == 1 or min(image.size) < 4 * factor:
        return image.filter(ImageFilter.GaussianBlur(radius))
    small = image.reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
    edge = -image.width % factor, -image.height % factor
    reach = small.width - edge[0] / factor, small.height - edge[1] / factor
    return small.resize(image.size, Image.Resampling.BILINEAR, box=(0, 0, *reach))


class Canvas:
    """An RGB picture being painted; coordinates are its own pixels, `unit` its short edge."""

    def __init__(self, width: int, height: int, rng: random.Random, detail: int) -> None:
        self.width, self.height, self.rng, self.detail = width, height, rng, detail
        self.unit = min(width, height)
        self.image = Image.new("RGB", (width, height))

    def stencil(self) -> Stencil:
        """A new mask to draw on."""
        return Stencil(self.width, self.height)

    def fill_mask(self, fill: Fill, mask: Image.Image) -> None:
        """Paint a colour, gradient or picture where the mask is white."""
        self._paste(fill, mask, (0, 0, self.width, self.height))

    def fill_stencil(self, stencil: Stencil, fill: Fill, *, blur: float = 0, opacity: float = 1.0) -> None:
        """Paint a colour, gradient or picture through a stencil."""
        part = stencil.used_part(blur=blur, opacity=opacity)
        if part:
            self._paste(fill, *part)

    def _paste(self, fill: Fill, mask: Image.Image, box: Box) -> None:
        if isinstance(fill, Gradient):
            self.image.paste(fill.over(box), box, mask)
        elif isinstance(fill, Image.Image):
            self.image.paste(fill.crop(box), box, mask)
        else:
            self.image.paste(rgb(fill), box, mask)

    def polygon(self, points: Sequence[Point], fill: Fill, *, blur: float = 0, opacity: float = 1.0) -> None:
        """Fill one polygon."""
        stencil = self.stencil()
        stencil.polygon(points)
        self.fill_stencil(stencil, fill, blur=blur, opacity=opacity)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: Fill, *, blur: float = 0, opacity: float = 1.0
    ) -> None:
        """Fill one ellipse."""
        stencil = self.stencil()
        stencil.ellipse(x, y, rx, ry)
        self.fill_stencil(stencil, fill, blur=blur, opacity=opacity)

    def vertical_gradient(self, stops: Sequence[Colour], top: float = 0, bottom: float | None = None) -> Gradient:
        """A gradient running down from `top` to `bottom`."""
        return Gradient(stops, self.height, top, self.height if bottom is None else bottom, is_horizontal=False)

    def horizontal_gradient(self, stops: Sequence[Colour], left: float = 0, right: float | None = None) -> Gradient:
        """A gradient running from `left` to `right`."""
        return Gradient(stops, self.width, left, self.width if right is None else right, is_horizontal=True)

    def gradient_mask(
        self, first: float, last: float, top: float, bottom: float, middle: float | None = None
    ) -> Image.Image:
        """A mask that changes from `first` to `last` between two heights, through `middle` if given."""
        values = (first, last) if middle is None else (first, middle, last)
        steps = Image.frombytes("L", (1, len(values)), bytes(round(255 * value) for value in values))
        span = max(2, round(bottom - top))
        edge = 0.5 if len(values) > 1 else 0
        ramped = steps.resize((1, span), Image.Resampling.BILINEAR, box=(0, edge, 1, len(values) - edge))
        column = Image.new("L", (1, self.height), round(255 * last))
        column.paste(round(255 * first), (0, 0, 1, max(0, round(top))))
        column.paste(ramped, (0, round(top)))
        return column.resize((self.width, self.height), Image.Resampling.NEAREST)

    def fill(self, stops: Sequence[Colour], top: float = 0, bottom: float | None = None) -> None:
        """Fill the whole canvas with a vertical gradient."""
        self.image.paste(self.vertical_gradient(stops, top, bottom).over((0, 0, self.width, self.height)))

    def glow(
        self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0, power: float = 2.0
    ) -> None:
        """Add light that falls off with distance."""
        self._paste_glow(x, y, radius, radius, colour, strength, power)

    def ellipse_glow(self, x: float, y: float, rx: float, ry: float, colour: Colour, strength: float = 1.0) -> None:
        """Add an elliptical glow of light or shadow."""
        self._paste_glow(x, y, rx, ry, colour, strength, 1.5)

    def _paste_glow(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, strength: float, power: float
    ) -> None:
        size = max(2, round(2 * rx)), max(2, round(2 * ry))
        light = [round(255 * strength * (1 - value / 255) ** power) for value in range(256)]
        mask = _RADIAL_FALLOFF.point(light).resize(size, Image.Resampling.BILINEAR)
        self.image.paste(rgb(colour), (round(x - rx), round(y - ry)), mask)

    def noise(self, cells: float, *, stretch: float = 1.0, octaves: int = 4) -> Image.Image:
        """Cloud-like noise; `cells` bumps along the short edge, `stretch` times wider than high."""
        width, height = max(2, self.width // 4), max(2, self.height // 4)
        field = Image.new("L", (width, height), 128)
        total = 0.0
        for octave in range(octaves):
            scale, weight = cells * 2**octave / self.unit, 0.56**octave
            total += weight
            field = Image.blend(field, self._noise_layer(scale / stretch, scale, (width, height)), weight / total)
        return field.resize((self.width, self.height), Image.Resampling.BILINEAR)

    def _noise_layer(self, across: float, down: float, size: tuple[int, int]) -> Image.Image:
        grid = max(2, round(self.width * across)) + 3, max(2, round(self.height * down)) + 3
        layer = Image.frombytes("L", grid, self.rng.randbytes(grid[0] * grid[1]))
        return layer.resize(size, Image.Resampling.BICUBIC, box=(1, 1, grid[0] - 1, grid[1] - 1))

    def apply_noise(
        self,
        colour: Colour,
        noise: Image.Image,
        *,
        low: float,
        high: float,
        opacity: float = 1.0,
        within: Image.Image | None = None,
    ) -> None:
        """Paint a colour through noise, rising from none at `low` to full at `high` (0–1), inside a mask if given."""
        span = max(0.01, high - low)
        curve = [round(255 * opacity * _eased((value / 255 - low) / span)) for value in range(256)]
        mask = noise.point(curve)
        self.fill_mask(colour, mask if within is None else ImageChops.multiply(mask, within))


def _eased(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return value * value * (3 - 2 * value)


def _strip(stops: Sequence[Colour], length: int, start: float, end: float) -> Image.Image:
    """One column of a gradient, flat outside its two ends."""
    colours = ramp(tuple(stops), 16 * len(stops))
    steps = Image.frombytes("RGB", (1, len(colours)), bytes(channel for colour in colours for channel in colour))
    first, span = round(start), max(1, round(end - start))
    column = Image.new("RGB", (1, length), colours[-1])
    column.paste(colours[0], (0, 0, 1, min(length, max(0, first))))
    column.paste(steps.resize((1, span), Image.Resampling.BILINEAR), (0, first))
    return column


def mean_colour(image: Image.Image) -> RGB:
    """The mean colour of a picture."""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return red, green, blue
