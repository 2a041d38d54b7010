"""A city skyline by the water."""

import math

from PIL import Image, ImageChops

from studio.sandbox.painter.canvas import Canvas, Stencil, soften
from studio.sandbox.painter.colour import mix, shade
from studio.sandbox.painter.scenes.sky import birds, mist, sky, weather
from studio.sandbox.painter.theme import Theme


def city(canvas: Canvas, theme: Theme) -> None:
    """Rows of towers with lit windows, reflected in the water."""
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    shore = canvas.height * rng.uniform(0.76, 0.82)
    x, y = sky(canvas, theme, shore)
    canvas.glow(x, shore, unit * 0.8, mix(palette.sky[-1], palette.light, 0.4), 0.5, 1.6)
    birds(canvas, palette.near, canvas.width - x, y)
    layers = 3 + (canvas.detail > 0)
    for layer in range(layers):
        depth = layer / (layers - 1)
        _row(canvas, theme, shore, depth)
        haze = mix(palette.sky[-1], palette.far, 0.4)
        mist(canvas, haze, shore - unit * 0.22, shore, 0.75 * (1 - depth) + 0.1)
    _water(canvas, theme, round(shore))
    weather(canvas, theme)


def _row(canvas: Canvas, theme: Theme, shore: float, depth: float) -> None:
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    towers, panes, x = canvas.stencil(), canvas.stencil(), -unit * 0.05
    while x < canvas.width:
        wide = unit * rng.uniform(0.035, 0.085) * (0.75 + 0.5 * depth)
        swell = math.exp(-(((x / canvas.width - 0.5) / 0.30) ** 2))
        tall = unit * (0.07 + rng.random() ** 2.2 * 0.26 + 0.28 * swell * rng.random()) * (1.25 - 0.50 * depth)
        _tower(towers, canvas, x, shore, wide, tall)
        if depth > 0.45:
            _windows(panes, canvas, x, shore, wide, tall)
        x += wide * rng.uniform(0.92, 1.35)
    crest = mix(palette.far, palette.near, 0.10 + 0.85 * depth)
    foot = mix(crest, palette.sky[-1], 0.40 * (1 - depth) + 0.05)
    canvas.fill_stencil(towers, canvas.vertical_gradient((crest, foot), shore - unit * 0.5, shore))
    lit = mix(palette.light, palette.accents[1], 0.55)
    if depth > 0.45:
        mask = ImageChops.multiply(panes.mask(), towers.mask())
        canvas.fill_mask(lit, mask.point([round(value * (0.9 if palette.is_dark else 0.45)) for value in range(256)]))
        if palette.is_dark:
            canvas.fill_mask(
                lit, soften(mask, unit * 0.007).point([min(255, round(value * 0.8)) for value in range(256)])
            )


def _tower(towers: Stencil, canvas: Canvas, x: float, shore: float, wide: float, tall: float) -> None:
    """A block, sometimes with a setback, a slanted roof or a mast."""
    rng, top = canvas.rng, shore - tall
    kind = rng.random()
    if kind < 0.25:
        towers.box(x + wide * 0.2, top - wide * 0.5, wide * 0.6, wide)
    elif kind < 0.40:
        towers.polygon([(x, top + 1), (x + wide, top + 1), (x + wide, top - wide * 0.55)])
    elif kind < 0.52:
        towers.polygon([(x, top + 1), (x + wide / 2, top - wide * 0.9), (x + wide, top + 1)])
    if kind < 0.12 or kind > 0.86:
        towers.box(x + wide * 0.48, top - wide * rng.uniform(0.9, 1.9), max(1.0, wide * 0.04), wide * 2)
    towers.box(x, top, wide, tall + 2)


def _windows(panes: Stencil, canvas: Canvas, x: float, shore: float, wide: float, tall: float) -> None:
    rng, pitch = canvas.rng, canvas.unit * 0.0088
    lit_share = rng.uniform(0.10, 0.42)
    columns = max(1, int(wide / pitch) - 1)
    inset = (wide - columns * pitch) / 2 + pitch * 0.25
    for row in range(int(tall / (pitch * 1.35)) - 1):
        for column in range(columns):
            if rng.random() < lit_share:
                tone = rng.uniform(0.35, 1.0)
                panes.box(
                    x + inset + column * pitch,
                    shore - tall + pitch * (0.8 + row * 1.35),
                    pitch * 0.5,
                    pitch * 0.72,
                    tone=tone,
                )


def _water(canvas: Canvas, theme: Theme, shore: int) -> None:
    depth = canvas.height - shore
    upper = canvas.image.crop((0, max(0, shore - round(depth * 1.8)), canvas.width, shore))
    mirrored = upper.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((canvas.width, depth), Image.Resampling.BILINEAR)
    streaked = mirrored.resize((canvas.width, max(2, depth // 7)), Image.Resampling.BOX).resize(
        mirrored.size, Image.Resampling.BICUBIC
    )
    canvas.image.paste(Image.blend(mirrored, streaked, 0.78), (0, shore))
    cover = canvas.stencil()
    cover.box(0, shore, canvas.width, depth)
    deep = mix(theme.palette.near, theme.palette.sky[0], 0.5)
    fading = canvas.gradient_mask(0.16, 0.62, shore, canvas.height)
    canvas.fill_mask(deep, ImageChops.multiply(cover.mask(), fading))
    glow = canvas.noise(60, stretch=11, octaves=2)
    canvas.apply_noise(
        mix(theme.palette.sky[-1], theme.palette.light, 0.3),
        glow,
        low=0.55,
        high=0.85,
        opacity=0.35,
        within=cover.mask(),
    )
    quay = canvas.stencil()
    quay.box(0, shore - canvas.unit * 0.006, canvas.width, canvas.unit * 0.010)
    canvas.fill_stencil(quay, shade(theme.palette.near, light=-0.02), opacity=0.9)
