"""Folds of silk in flowing colours."""

import math

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.outlines import Point, closed
from studio.sandbox.painter.theme import Theme


def ribbons(canvas: Canvas, theme: Theme) -> None:
    """Folds of silk: bands along slow waves, each throwing a shadow on the one above."""
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    colours = theme.accents()
    canvas.fill((shade(palette.sky[0], light=-0.02), *palette.sky[1:]))
    canvas.glow(canvas.width * rng.uniform(0.2, 0.8), canvas.height * 0.12, unit * 1.2, palette.light, 0.40, 1.7)
    count, tilt, phase = 8 + 2 * canvas.detail, rng.uniform(-0.5, 0.5), rng.uniform(0, math.tau)
    for band in range(count):
        depth = band / (count - 1)
        place = depth * (len(colours) - 1.001)
        colour = mix(colours[int(place)], colours[int(place) + 1], place % 1)
        _ribbon(canvas, theme, _fold(canvas, depth, tilt, phase), mix(colour, palette.near, 0.28 * depth), band)


def _ribbon(canvas: Canvas, theme: Theme, line: list[Point], colour: Colour, band: int) -> None:
    unit, light = canvas.unit, theme.palette.light
    above, below = ([(x, y + unit * reach) for x, y in reversed(line)] for reach in (0.02, 0.05))
    canvas.polygon([*line, *above], shade(theme.palette.near, light=-0.03), blur=unit * 0.028, opacity=0.75)
    body = canvas.stencil()
    body.polygon(closed(line, canvas.height))
    across = [shade(colour, light=light, turn=turn) for light, turn in ((0.12, 0), (-0.05, 0), (0.05, 12), (-0.12, 0))]
    canvas.fill_stencil(body, canvas.horizontal_gradient(across if band % 2 else across[::-1]))
    canvas.polygon([*line, *below], mix(light, colour, 0.4), blur=unit * 0.018, opacity=0.26)
    edge = canvas.stencil()
    edge.line(line, unit * 0.0035)
    canvas.fill_stencil(edge, mix(light, colour, 0.25), blur=unit * 0.0015, opacity=0.60)


def _fold(canvas: Canvas, depth: float, tilt: float, phase: float) -> list[Point]:
    width, height = canvas.width, canvas.height
    points = []
    for step in range(121):
        x = step / 120
        swing = 0.13 * math.sin(x * 3.4 + phase + depth * 2.7) + 0.055 * math.sin(x * 7.9 - phase + depth * 5.1)
        points.append(
            (x * width, height * (0.16 + 0.86 * depth + swing * (1.1 - 0.5 * depth) + tilt * (x - 0.5) * 0.5))
        )
    return points
