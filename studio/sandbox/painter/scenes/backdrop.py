"""The paper backdrop of a photo studio, for the product and the still life."""

import math

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, shade
from studio.sandbox.painter.outlines import leaf
from studio.sandbox.painter.theme import Theme


def backdrop(canvas: Canvas, theme: Theme, floor: float) -> Colour:
    """A seamless paper backdrop with lamplight and the shadow of leaves; returns its colour."""
    palette, rng, unit = theme.palette, canvas.rng, canvas.unit
    tone = palette.sky[min(1, len(palette.sky) - 1)]
    if theme.hue is not None:
        tone = (tone[0], max(0.05, tone[1]), theme.hue)
    canvas.fill((shade(tone, light=-0.05), shade(tone, light=0.03), shade(tone, light=0.05)), 0, floor)
    ground = canvas.stencil()
    ground.box(-9, floor, canvas.width + 18, canvas.height - floor + 9)
    paper = canvas.vertical_gradient((shade(tone, light=0.03), shade(tone, light=-0.07)), floor, canvas.height)
    canvas.fill_stencil(ground, paper, blur=unit * 0.03)
    canvas.glow(canvas.width * rng.uniform(0.25, 0.4), canvas.height * 0.22, unit * 1.05, palette.light, 0.45, 1.8)
    _leaf_shadow(canvas, shade(tone, light=-0.22, chroma=1.3))
    return tone


def _leaf_shadow(canvas: Canvas, colour: Colour) -> None:
    """A palm frond between lamp and wall, far out of focus."""
    rng, unit = canvas.rng, canvas.unit
    side = rng.choice((-0.02, 1.02))
    fronds = canvas.stencil()
    for _ in range(2):
        x, y, aim = side * canvas.width, rng.uniform(-0.05, 0.25) * canvas.height, rng.uniform(0.15, 0.65)
        aim = aim if side < 0.5 else math.pi - aim
        for blade in range(13):
            along = unit * (0.08 + 0.048 * blade)
            foot = (x + along * math.cos(aim), y + along * math.sin(aim))
            for turn in (-1, 1):
                angle = aim + turn * (0.95 - 0.035 * blade)
                fronds.polygon(leaf(foot, angle, unit * (0.24 - 0.011 * blade), 0.10))
    canvas.fill_stencil(fronds, colour, blur=unit * 0.012, opacity=0.30)
