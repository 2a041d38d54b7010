"""Objects for the product and the still life: plinth, bottle, jar, vase, cup and ball, each with its shadow."""

import math

from PIL import ImageChops

from studio.sandbox.painter.canvas import Canvas, Gradient
from studio.sandbox.painter.colour import Colour, shade
from studio.sandbox.painter.outlines import Point, leaf, rounded
from studio.sandbox.painter.theme import Theme

WHITE: Colour = (0.99, 0.01, 90)
GOLD: Colour = (0.80, 0.07, 80)
PAPER: tuple[Colour, ...] = ((0.93, 0.02, 80), (0.97, 0.015, 80), (0.88, 0.02, 80))


def shadow(canvas: Canvas, x: float, y: float, wide: float, colour: Colour) -> None:
    """The soft shadow a thing throws to the right, and the dark line where it touches."""
    unit = canvas.unit
    outline = [(x - wide, y), (x + wide, y), (x + wide * 3.4, y + wide * 0.42), (x + wide * 1.2, y + wide * 0.5)]
    canvas.polygon(outline, colour, blur=unit * 0.022, opacity=0.42)
    canvas.ellipse(x + wide * 0.1, y, wide * 1.08, wide * 0.17, colour, blur=unit * 0.007, opacity=0.75)


def _glossy(canvas: Canvas, colour: Colour, x: float, wide: float) -> Gradient:
    """Light through a round body: dark edges, a bright band on the left, a reflex on the right."""
    bright = shade(colour, light=0.22, chroma=0.6)
    dark, darkest = shade(colour, light=-0.06), shade(colour, light=-0.20)
    stops = (shade(colour, light=-0.16), bright, colour, dark, darkest, shade(colour, light=0.02))
    return canvas.horizontal_gradient(stops, x - wide, x + wide)


def plinth(canvas: Canvas, tone: Colour, x: float, top: float, wide: float, floor: float) -> None:
    """A round plinth, lit from the left."""
    shadow(canvas, x, floor, wide, shade(tone, light=-0.36))
    flat, body = wide * 0.17, canvas.stencil()
    body.box(x - wide, top, 2 * wide, floor - top)
    body.ellipse(x, floor, wide, flat)
    stops = tuple(shade(tone, light=light) for light in (-0.07, 0.06, -0.02, -0.22))
    canvas.fill_stencil(body, canvas.horizontal_gradient(stops, x - wide, x + wide))
    lid = canvas.horizontal_gradient((shade(tone, light=0.08), shade(tone, light=0.01)), x - wide, x + wide)
    canvas.ellipse(x, top, wide, flat, lid)


def bottle(canvas: Canvas, theme: Theme, x: float, floor: float) -> None:
    """A square-shouldered flacon with a label."""
    unit, colour = canvas.unit, theme.accent(0)
    wide, tall = unit * 0.095, unit * 0.29
    shadow(canvas, x, floor, wide * 0.95, shade(colour, light=-0.35))
    body, neck, cap = canvas.stencil(), canvas.stencil(), canvas.stencil()
    body.box(x - wide, floor - tall, 2 * wide, tall, radius=wide * 0.42)
    body.ellipse(x, floor - wide * 0.16, wide * 0.98, wide * 0.20)
    neck.box(x - wide * 0.34, floor - tall - unit * 0.03, wide * 0.68, unit * 0.035)
    cap.box(x - wide * 0.48, floor - tall - unit * 0.115, wide * 0.96, unit * 0.09, radius=unit * 0.010)
    canvas.fill_stencil(body, _glossy(canvas, colour, x, wide))
    canvas.fill_stencil(neck, _glossy(canvas, GOLD, x, wide * 0.34))
    canvas.fill_stencil(cap, _glossy(canvas, shade(theme.palette.near, light=0.06), x, wide * 0.48))
    _label(canvas, theme, x, floor, wide, tall)
    _shine(canvas, x - wide * 0.76, floor - tall * 0.92, wide * 0.13, tall * 0.80)


def _label(canvas: Canvas, theme: Theme, x: float, floor: float, wide: float, tall: float) -> None:
    unit, label, lines = canvas.unit, canvas.stencil(), canvas.stencil()
    label.box(x - wide * 0.62, floor - tall * 0.62, wide * 1.24, tall * 0.30, radius=3)
    canvas.fill_stencil(label, canvas.horizontal_gradient(PAPER, x - wide, x + wide), opacity=0.92)
    for half, height, thick in ((0.36, 0.53, 0.007), (0.22, 0.47, 0.0035), (0.28, 0.43, 0.0035)):
        lines.box(x - wide * half, floor - tall * height, wide * half * 2, unit * thick)
    canvas.fill_stencil(lines, shade(theme.palette.near, light=0.05), opacity=0.8)


def _shine(canvas: Canvas, x: float, y: float, wide: float, tall: float) -> None:
    shine = canvas.stencil()
    shine.box(x, y, wide, tall, radius=wide / 2)
    canvas.fill_stencil(shine, WHITE, blur=canvas.unit * 0.003, opacity=0.62)


def jar(canvas: Canvas, theme: Theme, x: float, floor: float) -> None:
    """A low jar with a wide lid."""
    unit, colour = canvas.unit, theme.accent(0)
    wide, tall = unit * 0.125, unit * 0.14
    shadow(canvas, x, floor, wide, shade(colour, light=-0.35))
    body, cap = canvas.stencil(), canvas.stencil()
    body.box(x - wide, floor - tall, 2 * wide, tall, radius=wide * 0.16)
    body.ellipse(x, floor - wide * 0.14, wide * 0.98, wide * 0.18)
    cap.box(x - wide * 1.03, floor - tall - unit * 0.055, wide * 2.06, unit * 0.065, radius=unit * 0.008)
    canvas.fill_stencil(body, _glossy(canvas, colour, x, wide))
    canvas.fill_stencil(cap, _glossy(canvas, (0.92, 0.025, 80), x, wide * 1.03))
    canvas.ellipse(x, floor - tall - unit * 0.055, wide, wide * 0.11, (0.96, 0.02, 80))
    _shine(canvas, x - wide * 0.74, floor - tall * 0.85, wide * 0.10, tall * 0.66)


def _pot_outline(x: float, floor: float, tall: float, profile: tuple[float, ...]) -> list[Point]:
    """A pot from its profile, half widths from foot to mouth, smoothed."""
    last = len(profile) - 1
    right = rounded([(x + tall * half, floor - tall * place / last) for place, half in enumerate(profile)])
    return right + [(2 * x - px, py) for px, py in reversed(right)]


def vase(canvas: Canvas, theme: Theme, x: float, floor: float) -> None:
    """A vase with four twigs."""
    colour, tall = theme.accent(0), canvas.unit * 0.25
    _twigs(canvas, theme, x, floor - tall)
    shadow(canvas, x, floor, tall * 0.26, shade(colour, light=-0.35))
    stops = tuple(shade(colour, light=light) for light in (-0.04, 0.14, 0, -0.24))
    pot = _pot_outline(x, floor, tall, (0.22, 0.36, 0.40, 0.30, 0.15, 0.13, 0.17))
    canvas.polygon(pot, canvas.horizontal_gradient(stops, x - tall * 0.4, x + tall * 0.4))
    canvas.ellipse(x, floor - tall, tall * 0.165, tall * 0.04, shade(colour, light=-0.26))


def _twigs(canvas: Canvas, theme: Theme, x: float, mouth: float) -> None:
    unit, stems = canvas.unit, canvas.stencil()
    for angle, long in ((-1.35, 0.36), (-1.62, 0.42), (-1.90, 0.34), (-1.15, 0.30)):
        bend = canvas.rng.uniform(-0.25, 0.25)
        points = []
        for step in range(11):
            away, aim = unit * long * step / 10, angle + bend * step / 10
            points.append((x + away * math.cos(aim), mouth + away * math.sin(aim)))
        stems.line(points, unit * 0.003)
        for place in range(4, 11):
            for turn in (-0.75, 0.75):
                stems.polygon(leaf(points[place], angle + bend + turn, unit * (0.075 - 0.004 * place), 0.22))
    green, dark = shade(theme.palette.accents[2], light=0.05), shade(theme.palette.near, light=0.10)
    canvas.fill_stencil(stems, canvas.vertical_gradient((green, dark), mouth - unit * 0.4, mouth))


def ball(canvas: Canvas, colour: Colour, x: float, y: float, radius: float) -> None:
    """A matt ball lit from the upper left, with the ground's light under it."""
    ground = shade(colour, light=-0.4)
    canvas.ellipse(x + radius * 0.3, y + radius * 0.97, radius, radius * 0.16, ground, blur=radius * 0.16, opacity=0.6)
    disc = canvas.stencil()
    disc.ellipse(x, y, radius)
    mask = disc.mask()
    canvas.fill_mask(shade(colour, light=-0.14), mask)
    for reach, dx, light, blur in ((0.90, 0.16, -0.02, 0.30), (0.60, 0.30, 0.09, 0.28), (0.22, 0.42, 0.24, 0.16)):
        spot = canvas.stencil()
        spot.ellipse(x - radius * dx, y - radius * dx, radius * reach)
        canvas.fill_mask(shade(colour, light=light), ImageChops.multiply(spot.mask(blur=radius * blur), mask))
    rim = canvas.stencil()
    rim.ellipse(x, y, radius)
    rim.ellipse(x - radius * 0.08, y - radius * 0.10, radius * 0.99, tone=0)
    canvas.fill_mask(shade(colour, light=0.10), ImageChops.multiply(rim.mask(blur=radius * 0.06, opacity=0.5), mask))


def cup(canvas: Canvas, theme: Theme, x: float, floor: float) -> None:
    """A cup of coffee, steaming."""
    unit = canvas.unit
    wide, tall, glaze = unit * 0.085, unit * 0.115, shade(theme.palette.sky[-1], light=0.02)
    shadow(canvas, x, floor, wide * 0.8, shade(glaze, light=-0.5))
    handle = canvas.stencil()
    handle.ellipse(x + wide * 1.02, floor - tall * 0.55, wide * 0.42, tall * 0.32)
    handle.ellipse(x + wide * 1.02, floor - tall * 0.55, wide * 0.27, tall * 0.20, tone=0)
    canvas.fill_stencil(handle, shade(glaze, light=-0.14))
    stops = tuple(shade(glaze, light=light) for light in (-0.05, 0.03, -0.26))
    canvas.polygon(
        _pot_outline(x, floor, tall, (0.40, 0.62, 0.70, 0.74, 0.74)),
        canvas.horizontal_gradient(stops, x - wide, x + wide),
    )
    canvas.ellipse(x, floor - tall, wide, wide * 0.26, shade(glaze, light=0.02))
    canvas.ellipse(x, floor - tall + wide * 0.03, wide * 0.88, wide * 0.20, (0.34, 0.06, 50))
    steam = canvas.stencil()
    for side in (-0.25, 0.2):
        path = [(x + wide * (side + 0.22 * math.sin(s * 0.7)), floor - tall - unit * 0.016 * s) for s in range(11)]
        steam.line(path, unit * 0.012, tone=0.8)
    canvas.fill_stencil(steam, WHITE, blur=unit * 0.012, opacity=0.34)
