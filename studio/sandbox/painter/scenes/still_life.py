"""A still life on a table."""

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.scenes.backdrop import backdrop
from studio.sandbox.painter.scenes.objects import ball, cup, vase
from studio.sandbox.painter.theme import Theme


def still_life(canvas: Canvas, theme: Theme) -> None:
    """A table by the window: a vase, fruit, a cup."""
    rng, x, height, unit = canvas.rng, canvas.width * 0.5, canvas.height, canvas.unit
    tone = backdrop(canvas, theme, height * 0.66)
    table = canvas.stencil()
    table.box(-9, height * 0.70, canvas.width + 18, height)
    cloth = mix(tone, theme.palette.near, 0.30)
    wood = canvas.vertical_gradient((shade(cloth, light=0.10), shade(cloth, light=-0.04)), height * 0.70, height)
    canvas.fill_stencil(table, wood, blur=1)
    grain = canvas.noise(22, stretch=12, octaves=3)
    canvas.apply_noise(shade(cloth, light=-0.08), grain, low=0.45, high=0.75, opacity=0.5, within=table.mask())
    vase(canvas, theme, x - unit * 0.20, height * 0.78)
    for dx, dy, size in ((0.02, 0.795, 0.066), (0.14, 0.82, 0.074), (0.075, 0.85, 0.058)):
        peel = shade(_fruit(theme), turn=rng.uniform(-14, 14))
        ball(canvas, peel, x + unit * dx, height * dy - unit * size, unit * size)
    cup(canvas, theme, x + unit * 0.34, height * 0.87)


def _fruit(theme: Theme) -> Colour:
    if theme.mentions("orange", "oranges"):
        return 0.72, 0.16, 55
    if theme.mentions("lemon", "lemons"):
        return 0.82, 0.15, 95
    return theme.accent(0)
