"""Scenes set up in a studio: a product on its plinth, a still life on a table."""

import math
from collections.abc import Callable

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.mood import Mood
from studio.sandbox.painter.outlines import leaf
from studio.sandbox.painter.scenes.ware import ball, bottle, cup, jar, plinth, vase


def _backdrop(canvas: Canvas, mood: Mood, floor: float) -> Colour:
    """A seamless paper backdrop with a lamp's pool and the shadow of leaves on it; answers its tone."""
    palette, rng, unit = mood.palette, canvas.rng, canvas.unit
    tone = palette.sky[min(1, len(palette.sky) - 1)]
    if mood.hue is not None:
        tone = (tone[0], max(0.05, tone[1]), mood.hue)
    canvas.wash((shade(tone, light=-0.05), shade(tone, light=0.03), shade(tone, light=0.05)), 0, floor)
    ground = canvas.stencil()
    ground.box(-9, floor, canvas.width + 18, canvas.height - floor + 9)
    paper = canvas.fade((shade(tone, light=0.03), shade(tone, light=-0.07)), floor, canvas.height)
    canvas.put(ground, paper, blur=unit * 0.03)
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
    canvas.put(fronds, colour, blur=unit * 0.012, opacity=0.30)


def product(canvas: Canvas, mood: Mood) -> None:
    """One thing on a plinth before a paper arch: a bottle, a jar or a vase."""
    unit, floor = canvas.unit, canvas.height * 0.80
    tone = _backdrop(canvas, mood, canvas.height * 0.70)
    x = canvas.width * canvas.rng.uniform(0.46, 0.54)
    arch = mix(tone, mood.accent(0), 0.55)
    shape = canvas.stencil()
    shape.box(x - unit * 0.29, floor - unit * 0.66, unit * 0.58, unit * 0.64, radius=unit * 0.29)
    canvas.put(shape, shade(tone, light=-0.3), blur=unit * 0.02, opacity=0.35)
    canvas.put(shape, canvas.fade((shade(arch, light=0.05), shade(arch, light=-0.08)), floor - unit * 0.66, floor))
    plinth(canvas, mix(tone, arch, 0.25), x, floor - unit * 0.10, unit * 0.22, floor)
    plinth(canvas, mix(tone, arch, 0.55), x + unit * 0.27, floor - unit * 0.045, unit * 0.095, floor + unit * 0.035)
    ball(canvas, mood.accent(1), x + unit * 0.27, floor - unit * 0.115, unit * 0.062)
    _ware(canvas, mood)(canvas, mood, x - unit * 0.02, floor - unit * 0.10)


def _ware(canvas: Canvas, mood: Mood) -> Callable[[Canvas, Mood, float, float], None]:
    if mood.says("jar", "cream", "candle", "skincare", "lotion"):
        return jar
    if mood.says("vase", "ceramic", "lamp"):
        return vase
    return bottle if mood.says("bottle", "perfume") or canvas.rng.random() < 0.6 else canvas.rng.choice((jar, vase))


def still(canvas: Canvas, mood: Mood) -> None:
    """A table by the window: a vase, fruit, a cup."""
    rng, x, height, unit = canvas.rng, canvas.width * 0.5, canvas.height, canvas.unit
    tone = _backdrop(canvas, mood, height * 0.66)
    table = canvas.stencil()
    table.box(-9, height * 0.70, canvas.width + 18, height)
    cloth = mix(tone, mood.palette.near, 0.30)
    wood = canvas.fade((shade(cloth, light=0.10), shade(cloth, light=-0.04)), height * 0.70, height)
    canvas.put(table, wood, blur=1)
    grain = canvas.noise(22, stretch=12, octaves=3)
    canvas.veil(shade(cloth, light=-0.08), grain, low=0.45, high=0.75, opacity=0.5, within=table.mask())
    vase(canvas, mood, x - unit * 0.20, height * 0.78)
    for dx, dy, size in ((0.02, 0.795, 0.066), (0.14, 0.82, 0.074), (0.075, 0.85, 0.058)):
        peel = shade(_fruit(mood), turn=rng.uniform(-14, 14))
        ball(canvas, peel, x + unit * dx, height * dy - unit * size, unit * size)
    cup(canvas, mood, x + unit * 0.34, height * 0.87)


def _fruit(mood: Mood) -> Colour:
    if mood.says("orange", "oranges"):
        return 0.72, 0.16, 55
    if mood.says("lemon", "lemons"):
        return 0.82, 0.15, 95
    return mood.accent(0)
