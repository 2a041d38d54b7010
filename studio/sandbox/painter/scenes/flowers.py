"""Three flowers in focus in front of others out of focus."""

import math

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.outlines import Point, leaf
from studio.sandbox.painter.theme import Theme

BLOSSOMS = ((0.50, 0.40, 0.27), (0.22, 0.64, 0.17), (0.79, 0.66, 0.19))
"""Centre and radius of the three in focus, as shares of width, height and short edge."""


def flowers(canvas: Canvas, theme: Theme) -> None:
    """Three blossoms on their stems."""
    rng, width, height, unit = canvas.rng, canvas.width, canvas.height, canvas.unit
    _background(canvas, theme)
    for place, (x, y, size) in sorted(enumerate(BLOSSOMS), key=lambda head: head[1][2]):
        centre = (width * (x + rng.uniform(-0.03, 0.03)), height * (y + rng.uniform(-0.03, 0.03)))
        _stem(canvas, theme, centre, unit * size)
        _blossom(canvas, theme.accent(place), centre, unit * size)


def _background(canvas: Canvas, theme: Theme) -> None:
    rng, palette, width, height, unit = canvas.rng, theme.palette, canvas.width, canvas.height, canvas.unit
    base = shade(palette.sky[0], light=-0.04)
    canvas.fill((base, palette.sky[min(1, len(palette.sky) - 1)], shade(base, light=-0.03)))
    canvas.glow(width * 0.3, height * 0.2, unit * 1.1, palette.light, 0.35 if palette.is_dark else 0.6, 1.7)
    for depth, count, size in ((0, 7, 0.13), (1, 3, 0.17)):
        for _ in range(count):
            x, y = rng.uniform(0, width), rng.uniform(0.1, 0.95) * height
            colour = mix(theme.accent(rng.randint(0, 2)), base, 0.55 - 0.25 * depth)
            canvas.ellipse(
                x, y, unit * size, unit * size * 0.9, colour, blur=unit * (0.05 - 0.02 * depth), opacity=0.55
            )


def _stem(canvas: Canvas, theme: Theme, head: Point, size: float) -> None:
    rng, unit = canvas.rng, canvas.unit
    foot = (head[0] + rng.uniform(-0.10, 0.10) * unit, canvas.height * 1.05)
    bend = rng.uniform(-0.08, 0.08) * unit
    points = [_along(head, foot, bend, step / 20) for step in range(21)]
    green: Colour = mix((0.46, 0.09, 148), theme.palette.near, 0.35)
    stem = canvas.stencil()
    stem.line(points, size * 0.05)
    for place, turn in ((11, 0.7), (14, math.pi - 0.7), (8, math.pi - 0.5)):
        stem.polygon(leaf(points[place], -turn, size * rng.uniform(0.7, 1.0), 0.19))
    canvas.fill_stencil(
        stem, canvas.vertical_gradient((shade(green, light=0.08), shade(green, light=-0.10)), head[1], canvas.height)
    )


def _along(start: Point, end: Point, bend: float, share: float) -> Point:
    bulge = bend * math.sin(math.pi * share)
    return start[0] + (end[0] - start[0]) * share + bulge, start[1] + (end[1] - start[1]) * share


def _blossom(canvas: Canvas, colour: Colour, centre: Point, size: float) -> None:
    """Rings of petals, the inner ones smaller and deeper in colour, each throwing a little shadow."""
    rng = canvas.rng
    y = centre[1]
    rings = 4 + canvas.detail
    for ring in range(rings):
        share = ring / (rings - 1)
        reach, petals, turn = size * (1 - 0.74 * share), round(11 - 4 * share), rng.uniform(0, math.tau)
        for half in (0, 1):
            layer = canvas.stencil()
            for petal in range(half, petals, 2):
                angle = turn + math.tau * petal / petals + rng.uniform(-0.08, 0.08)
                layer.polygon(leaf(centre, angle, reach * rng.uniform(0.9, 1.06), 0.30))
            tone = shade(colour, light=0.13 - 0.20 * share - 0.045 * half, turn=-10 * share, chroma=0.75 + 0.35 * share)
            canvas.fill_stencil(layer, shade(colour, light=-0.30), blur=size * 0.035, opacity=0.32)
            canvas.fill_stencil(
                layer,
                canvas.vertical_gradient((shade(tone, light=0.05), shade(tone, light=-0.07)), y - reach, y + reach),
            )
    _flower_centre(canvas, centre, size)


def _flower_centre(canvas: Canvas, centre: Point, size: float) -> None:
    rng, (x, y) = canvas.rng, centre
    canvas.glow(x, y, size * 0.36, (0.86, 0.13, 85), 0.75, 1.4)
    dots = canvas.stencil()
    for _ in range(34):
        angle, away = rng.uniform(0, math.tau), size * 0.11 * math.sqrt(rng.random())
        dots.ellipse(x + away * math.cos(angle), y + away * math.sin(angle), size * 0.011)
    canvas.fill_stencil(dots, (0.55, 0.12, 60))
