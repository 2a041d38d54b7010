"""A forest of firs in the mist."""

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import mix, shade
from studio.sandbox.painter.outlines import closed, ridge
from studio.sandbox.painter.scenes.sky import mist, rays, weather
from studio.sandbox.painter.scenes.trees import conifer
from studio.sandbox.painter.theme import Theme


def forest(canvas: Canvas, theme: Theme) -> None:
    """Rows of firs coming out of the mist, light falling between them."""
    rng, palette, width, height, unit = canvas.rng, theme.palette, canvas.width, canvas.height, canvas.unit
    canvas.fill((*palette.sky, shade(palette.sky[-1], light=-0.04)))
    x = width * rng.uniform(0.35, 0.65)
    canvas.glow(x, height * 0.30, unit * 0.9, palette.light, 0.85, 1.6)
    layers = 4 + canvas.detail
    for layer in range(layers):
        depth = layer / (layers - 1)
        colour = mix(palette.far, palette.near, depth**0.8)
        base = height * (0.62 + 0.34 * depth)
        row = canvas.stencil()
        row.polygon(closed(ridge(rng, width, base, unit * 0.03, rough=0.2), height))
        for _ in range(round((26 - 17 * depth) * width / unit)):
            place = rng.random()
            if depth > 0.6:
                place = place**2 * 0.40 if rng.random() < 0.5 else 1 - place**2 * 0.40
            tall = unit * (0.22 + 0.55 * depth) * rng.uniform(0.7, 1.15)
            conifer(row, rng, place * width, base + unit * 0.03, tall)
        foot = mix(colour, palette.light, 0.45 * (1 - depth))
        canvas.fill_stencil(
            row, canvas.vertical_gradient((colour, foot), base - unit * 0.4 * (0.5 + depth), base + unit * 0.1)
        )
        mist(
            canvas, mix(palette.sky[-1], palette.light, 0.5), base - unit * 0.25, base + unit * 0.05, 0.65 * (1 - depth)
        )
        if layer == layers - 3:
            rays(canvas, x, -height * 0.05, palette.light, 0.30)
    weather(canvas, theme)
