"""Scenes that look up: the city's skyline and outer space."""

import math

from PIL import Image, ImageChops

from studio.sandbox.painter.canvas import Canvas, Stencil, soften
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.mood import Mood
from studio.sandbox.painter.outlines import Point
from studio.sandbox.painter.scenes.air import birds, mist, sky, weather


def city(canvas: Canvas, mood: Mood) -> None:
    """Rows of towers against the light, windows lit, the whole doubled in water."""
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
    shore = canvas.height * rng.uniform(0.76, 0.82)
    x, y = sky(canvas, mood, shore)
    canvas.glow(x, shore, unit * 0.8, mix(palette.sky[-1], palette.light, 0.4), 0.5, 1.6)
    birds(canvas, palette.near, canvas.width - x, y)
    layers = 3 + (canvas.detail > 0)
    for layer in range(layers):
        depth = layer / (layers - 1)
        _row(canvas, mood, shore, depth)
        haze = mix(palette.sky[-1], palette.far, 0.4)
        mist(canvas, haze, shore - unit * 0.22, shore, 0.75 * (1 - depth) + 0.1)
    _water(canvas, mood, round(shore))
    weather(canvas, mood)


def _row(canvas: Canvas, mood: Mood, shore: float, depth: float) -> None:
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
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
    canvas.put(towers, canvas.fade((crest, foot), shore - unit * 0.5, shore))
    lit = mix(palette.light, palette.accents[1], 0.55)
    if depth > 0.45:
        mask = ImageChops.multiply(panes.mask(), towers.mask())
        canvas.apply(lit, mask.point([round(value * (0.9 if palette.is_dark else 0.45)) for value in range(256)]))
        if palette.is_dark:
            canvas.apply(lit, soften(mask, unit * 0.007).point([min(255, round(value * 0.8)) for value in range(256)]))


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


def _water(canvas: Canvas, mood: Mood, shore: int) -> None:
    depth = canvas.height - shore
    upper = canvas.image.crop((0, max(0, shore - round(depth * 1.8)), canvas.width, shore))
    mirrored = upper.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((canvas.width, depth), Image.Resampling.BILINEAR)
    streaked = mirrored.resize((canvas.width, max(2, depth // 7)), Image.Resampling.BOX).resize(
        mirrored.size, Image.Resampling.BICUBIC
    )
    canvas.image.paste(Image.blend(mirrored, streaked, 0.78), (0, shore))
    cover = canvas.stencil()
    cover.box(0, shore, canvas.width, depth)
    deep = mix(mood.palette.near, mood.palette.sky[0], 0.5)
    fading = canvas.slope(0.16, 0.62, shore, canvas.height)
    canvas.apply(deep, ImageChops.multiply(cover.mask(), fading))
    glow = canvas.noise(60, stretch=11, octaves=2)
    canvas.veil(
        mix(mood.palette.sky[-1], mood.palette.light, 0.3), glow, low=0.55, high=0.85, opacity=0.35, within=cover.mask()
    )
    quay = canvas.stencil()
    quay.box(0, shore - canvas.unit * 0.006, canvas.width, canvas.unit * 0.010)
    canvas.put(quay, shade(mood.palette.near, light=-0.02), opacity=0.9)


def space(canvas: Canvas, mood: Mood) -> None:
    """A nebula, stars in three sizes, and a planet in half shadow, with or without a ring."""
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
    deep = shade(palette.near, light=-0.02)
    canvas.wash((deep, shade(palette.sky[0], light=-0.01), deep))
    for colour, opacity in ((palette.accents[2], 0.55), (palette.accents[0], 0.42), (palette.accents[1], 0.30)):
        cloud = canvas.noise(rng.uniform(1.6, 2.6), stretch=rng.uniform(1, 1.8), octaves=5)
        canvas.veil(shade(colour, light=-0.12), cloud, low=0.46, high=0.80, opacity=opacity)
    _starfield(canvas)
    x, y = canvas.width * rng.choice((0.34, 0.64)), canvas.height * rng.uniform(0.46, 0.58)
    _planet(canvas, mood, x, y, unit * rng.uniform(0.19, 0.25))
    _planet(canvas, mood, canvas.width - x * 0.8, y - unit * 0.26, unit * 0.035, has_ring=False)


def _starfield(canvas: Canvas) -> None:
    rng, unit = canvas.rng, canvas.unit
    for count, size, tone in ((420, 0.0007, 0.5), (110, 0.0013, 0.85), (20, 0.0022, 1.0)):
        field = canvas.stencil()
        bright: list[Point] = []
        for _ in range(count):
            x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
            field.ellipse(x, y, unit * size * rng.uniform(0.7, 1.3), tone=tone)
            bright.append((x, y))
        canvas.put(field, (0.97, 0.02, 250))
        if tone == 1.0:
            for x, y in bright:
                canvas.glow(x, y, unit * 0.014, (0.93, 0.05, 250), 0.45, 2.2)


def _planet(canvas: Canvas, mood: Mood, x: float, y: float, radius: float, *, has_ring: bool = True) -> None:
    rng, palette = canvas.rng, mood.palette
    base = rng.choice([accent for accent in palette.accents if 0.5 < accent[0] < 0.86])
    canvas.glow(x - radius * 0.3, y - radius * 0.3, radius * 1.9, base, 0.35, 2.0)
    ring = has_ring and (mood.says("saturn", "ring", "rings", "ringed") or rng.random() < 0.6)
    if ring:
        _ring(canvas, base, x, y, radius, front=False)
    disc = canvas.stencil()
    disc.ellipse(x, y, radius)
    mask = disc.mask()
    bands = canvas.fade(
        (shade(base, light=0.14), base, shade(base, light=0.08, turn=14), shade(base, light=-0.10)),
        y - radius,
        y + radius,
    )
    canvas.apply(bands, mask)
    stripes = canvas.noise(canvas.unit / radius * 3.0, stretch=7, octaves=4)
    canvas.veil(shade(base, light=0.20, chroma=0.6), stripes, low=0.48, high=0.70, opacity=0.6, within=mask)
    night = canvas.stencil()
    night.ellipse(x, y, radius * 1.02)
    night.ellipse(x - radius * 0.38, y - radius * 0.30, radius * 1.08, tone=0)
    canvas.apply(shade(palette.near, light=-0.04), ImageChops.multiply(night.mask(blur=radius * 0.22), mask))
    if ring:
        _ring(canvas, base, x, y, radius, front=True)


def _ring(canvas: Canvas, base: Colour, x: float, y: float, radius: float, *, front: bool) -> None:
    ring = canvas.stencil()
    for reach, tone in ((2.15, 0.55), (1.95, 0.15), (1.90, 0.85), (1.62, 0.45), (1.42, 0.0)):
        ring.ellipse(x, y, radius * reach, radius * reach * 0.24, tone=tone)
    ring.box(x - radius * 2.3, y - (radius * 0.7 if front else 0), radius * 4.6, radius * 0.7, tone=0)
    canvas.put(
        ring,
        canvas.sweep((shade(base, light=0.24, chroma=0.5), shade(base, light=-0.2)), x - radius * 2, x + radius * 2.2),
    )
