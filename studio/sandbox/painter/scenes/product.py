"""A product on a plinth."""

from collections.abc import Callable

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import mix, shade
from studio.sandbox.painter.scenes.backdrop import backdrop
from studio.sandbox.painter.scenes.objects import ball, bottle, jar, plinth, vase
from studio.sandbox.painter.theme import Theme


def product(canvas: Canvas, theme: Theme) -> None:
    """One thing on a plinth before a paper arch: a bottle, a jar or a vase."""
    unit, floor = canvas.unit, canvas.height * 0.80
    tone = backdrop(canvas, theme, canvas.height * 0.70)
    x = canvas.width * canvas.rng.uniform(0.46, 0.54)
    arch = mix(tone, theme.accent(0), 0.55)
    shape = canvas.stencil()
    shape.box(x - unit * 0.29, floor - unit * 0.66, unit * 0.58, unit * 0.64, radius=unit * 0.29)
    canvas.fill_stencil(shape, shade(tone, light=-0.3), blur=unit * 0.02, opacity=0.35)
    canvas.fill_stencil(
        shape, canvas.vertical_gradient((shade(arch, light=0.05), shade(arch, light=-0.08)), floor - unit * 0.66, floor)
    )
    plinth(canvas, mix(tone, arch, 0.25), x, floor - unit * 0.10, unit * 0.22, floor)
    plinth(canvas, mix(tone, arch, 0.55), x + unit * 0.27, floor - unit * 0.045, unit * 0.095, floor + unit * 0.035)
    ball(canvas, theme.accent(1), x + unit * 0.27, floor - unit * 0.115, unit * 0.062)
    _object(canvas, theme)(canvas, theme, x - unit * 0.02, floor - unit * 0.10)


def _object(canvas: Canvas, theme: Theme) -> Callable[[Canvas, Theme, float, float], None]:
    if theme.mentions("jar", "cream", "candle", "skincare", "lotion"):
        return jar
    if theme.mentions("vase", "ceramic", "lamp"):
        return vase
    return (
        bottle if theme.mentions("bottle", "perfume") or canvas.rng.random() < 0.6 else canvas.rng.choice((jar, vase))
    )
