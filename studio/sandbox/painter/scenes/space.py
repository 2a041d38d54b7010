"""Outer space: a nebula, stars and planets."""

from PIL import ImageChops

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, shade
from studio.sandbox.painter.outlines import Point
from studio.sandbox.painter.theme import Theme


def space(canvas: Canvas, theme: Theme) -> None:
    """A nebula, stars in three sizes, and a planet in half shadow, with or without a ring."""
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    deep = shade(palette.near, light=-0.02)
    canvas.fill((deep, shade(palette.sky[0], light=-0.01), deep))
    for colour, opacity in ((palette.accents[2], 0.55), (palette.accents[0], 0.42), (palette.accents[1], 0.30)):
        cloud = canvas.noise(rng.uniform(1.6, 2.6), stretch=rng.uniform(1, 1.8), octaves=5)
        canvas.apply_noise(shade(colour, light=-0.12), cloud, low=0.46, high=0.80, opacity=opacity)
    _starfield(canvas)
    x, y = canvas.width * rng.choice((0.34, 0.64)), canvas.height * rng.uniform(0.46, 0.58)
    _planet(canvas, theme, x, y, unit * rng.uniform(0.19, 0.25))
    _planet(canvas, theme, canvas.width - x * 0.8, y - unit * 0.26, unit * 0.035, has_ring=False)


def _starfield(canvas: Canvas) -> None:
    rng, unit = canvas.rng, canvas.unit
    for count, size, tone in ((420, 0.0007, 0.5), (110, 0.0013, 0.85), (20, 0.0022, 1.0)):
        field = canvas.stencil()
        bright: list[Point] = []
        for _ in range(count):
            x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
            field.ellipse(x, y, unit * size * rng.uniform(0.7, 1.3), tone=tone)
            bright.append((x, y))
        canvas.fill_stencil(field, (0.97, 0.02, 250))
        if tone == 1.0:
            for x, y in bright:
                canvas.glow(x, y, unit * 0.014, (0.93, 0.05, 250), 0.45, 2.2)


def _planet(canvas: Canvas, theme: Theme, x: float, y: float, radius: float, *, has_ring: bool = True) -> None:
    rng, palette = canvas.rng, theme.palette
    base = rng.choice([accent for accent in palette.accents if 0.5 < accent[0] < 0.86])
    canvas.glow(x - radius * 0.3, y - radius * 0.3, radius * 1.9, base, 0.35, 2.0)
    ring = has_ring and (theme.mentions("saturn", "ring", "rings", "ringed") or rng.random() < 0.6)
    if ring:
        _ring(canvas, base, x, y, radius, front=False)
    disc = canvas.stencil()
    disc.ellipse(x, y, radius)
    mask = disc.mask()
    bands = canvas.vertical_gradient(
        (shade(base, light=0.14), base, shade(base, light=0.08, turn=14), shade(base, light=-0.10)),
        y - radius,
        y + radius,
    )
    canvas.fill_mask(bands, mask)
    stripes = canvas.noise(canvas.unit / radius * 3.0, stretch=7, octaves=4)
    canvas.apply_noise(shade(base, light=0.20, chroma=0.6), stripes, low=0.48, high=0.70, opacity=0.6, within=mask)
    night = canvas.stencil()
    night.ellipse(x, y, radius * 1.02)
    night.ellipse(x - radius * 0.38, y - radius * 0.30, radius * 1.08, tone=0)
    canvas.fill_mask(shade(palette.near, light=-0.04), ImageChops.multiply(night.mask(blur=radius * 0.22), mask))
    if ring:
        _ring(canvas, base, x, y, radius, front=True)


def _ring(canvas: Canvas, base: Colour, x: float, y: float, radius: float, *, front: bool) -> None:
    ring = canvas.stencil()
    for reach, tone in ((2.15, 0.55), (1.95, 0.15), (1.90, 0.85), (1.62, 0.45), (1.42, 0.0)):
        ring.ellipse(x, y, radius * reach, radius * reach * 0.24, tone=tone)
    ring.box(x - radius * 2.3, y - (radius * 0.7 if front else 0), radius * 4.6, radius * 0.7, tone=0)
    canvas.fill_stencil(
        ring,
        canvas.horizontal_gradient(
            (shade(base, light=0.24, chroma=0.5), shade(base, light=-0.2)), x - radius * 2, x + radius * 2.2
        ),
    )
