"""Hills, mountains, dunes and lakes."""

import math
import random

from PIL import Image, ImageChops

from studio.sandbox.painter.canvas import Canvas, soften
from studio.sandbox.painter.colour import mix, shade
from studio.sandbox.painter.outlines import Point, closed, ridge
from studio.sandbox.painter.scenes.sky import birds, mist, sky, weather
from studio.sandbox.painter.scenes.trees import conifer
from studio.sandbox.painter.theme import Theme


def hills(canvas: Canvas, theme: Theme) -> None:
    """Ranges of hills behind one another, each a little darker; peaks, dunes, water and trees as the prompt says."""
    rng, palette, height = canvas.rng, theme.palette, canvas.height
    horizon = height * rng.uniform(0.50, 0.60)
    x, y = sky(canvas, theme, horizon * 1.06)
    birds(canvas, shade(palette.near, light=0.1), canvas.width - x, y * 0.8)
    craggy = (
        0.85 if theme.mentions("mountain", "mountains", "alps", "peak", "canyon", "volcano") else rng.uniform(0.0, 0.35)
    )
    if theme.mentions("desert", "dune", "dunes", "sand"):
        craggy = 0.0
    if theme.mentions("mountain", "mountains", "alps", "peak", "snow", "snowy"):
        _peaks(canvas, theme, horizon)
    has_lake = theme.mentions("lake", "river", "reflection") or rng.random() < 0.3
    _ranges(canvas, theme, horizon, 0.72 if has_lake else 1.02, craggy)
    if has_lake:
        _lake(canvas, theme, height * 0.74)
    if not theme.mentions("desert", "dune", "dunes", "sand", "canyon"):
        _foreground(canvas, theme, has_trees=not has_lake or rng.random() < 0.7)
    weather(canvas, theme)


def _ranges(canvas: Canvas, theme: Theme, horizon: float, floor: float, craggy: float) -> None:
    rng, palette = canvas.rng, theme.palette
    count = 4 + canvas.detail
    haze = mix(palette.sky[-1], palette.far, 0.35)
    end = canvas.height * floor
    for layer in range(count):
        depth = layer / (count - 1)
        base = horizon + (end - horizon) * depth**1.25 * 0.86
        line = ridge(rng, canvas.width, base, canvas.unit * (0.085 + 0.02 * depth), rough=craggy * (1 - 0.4 * depth),
                     waves=rng.uniform(1.2, 2.6))  # fmt: skip
        crest = mix(palette.far, palette.near, depth * 0.92)
        foot = mix(mix(crest, haze, 0.62 - 0.3 * depth), palette.light, 0.06)
        fill = canvas.vertical_gradient(
            (crest, foot), base - canvas.unit * 0.10, base + canvas.unit * (0.16 + 0.14 * depth)
        )
        canvas.polygon(closed(line, canvas.height), fill)
        if depth < 0.8:
            mist(canvas, mix(haze, palette.light, 0.3), base, base + canvas.unit * 0.14, 0.45 * (1 - depth))


def _peaks(canvas: Canvas, theme: Theme, horizon: float) -> None:
    """One great mountain with a lit and a shaded side under snow."""
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    for x, scale in ((rng.uniform(0.18, 0.34), 0.78), (rng.uniform(0.68, 0.86), 0.64), (rng.uniform(0.42, 0.60), 1.0)):
        top, tall = (x * canvas.width, horizon - unit * 0.34 * scale), unit * 0.46 * scale
        left, right = _slope(rng, top, tall, -1.15), _slope(rng, top, tall, 1.15)
        rock = mix(palette.far, palette.near, 0.30 * scale)
        snow = mix(palette.light, palette.far, 0.12)
        foot = mix(palette.far, palette.sky[-1], 0.6)
        crease = _slope(rng, top, tall, 0.16)
        canvas.polygon(
            [*reversed(left), *right[1:]], canvas.vertical_gradient((snow, rock, foot), top[1], top[1] + tall)
        )
        dark = canvas.vertical_gradient((mix(snow, rock, 0.62), shade(rock, light=-0.03), foot), top[1], top[1] + tall)
        canvas.polygon([*crease, *reversed(right)], dark)


def _slope(rng: random.Random, top: Point, tall: float, lean: float) -> list[Point]:
    x, y = top
    points = [top]
    for step in range(1, 15):
        down = step / 14
        points.append((x + lean * tall * down + rng.uniform(-0.035, 0.035) * tall, y + tall * down))
    return points


def _lake(canvas: Canvas, theme: Theme, shore: float) -> None:
    """The picture above the shore, mirrored, darkened and rippled."""
    line, height = round(shore), canvas.height
    depth = height - line
    mirrored = canvas.image.crop((0, max(0, line - depth), canvas.width, line)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    mirrored = _rippled(soften(mirrored, canvas.unit * 0.003), canvas.rng, canvas.unit)
    water = canvas.image.copy()
    water.paste(mirrored, (0, line))
    tint = mix(theme.palette.sky[0], theme.palette.near, 0.4)
    mask = canvas.stencil()
    mask.box(0, line, canvas.width, depth)
    canvas.fill_mask(water, mask.mask())
    canvas.fill_mask(tint, ImageChops.multiply(mask.mask(), canvas.gradient_mask(0.12, 0.62, line, height)))
    glints = canvas.stencil()
    for _ in range(40):
        x, y = canvas.rng.uniform(0, canvas.width), line + depth * canvas.rng.random() ** 2
        glints.box(
            x, y, canvas.unit * canvas.rng.uniform(0.02, 0.12), canvas.unit * 0.0014, tone=canvas.rng.uniform(0.2, 0.7)
        )
    canvas.fill_stencil(glints, theme.palette.light, blur=0.8, opacity=0.5)


def _rippled(image: Image.Image, rng: random.Random, unit: float) -> Image.Image:
    """Shift rows sideways, more the nearer they are."""
    result = image.copy()
    step, phase = max(1, round(unit * 0.004)), rng.uniform(0, math.tau)
    for top in range(0, image.height, step):
        near = top / image.height
        shift = round(unit * 0.008 * near * math.sin(top / (unit * (0.006 + 0.012 * near)) + phase))
        result.paste(image.crop((0, top, image.width, top + step)), (shift, top))
    return result


def _foreground(canvas: Canvas, theme: Theme, *, has_trees: bool) -> None:
    """A dark bank close by, with grass and a few conifers."""
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    base = canvas.height * rng.uniform(0.93, 0.97)
    line = ridge(rng, canvas.width, base, unit * 0.05, rough=0.2, waves=1.4)
    bank = canvas.stencil()
    bank.polygon(closed(line, canvas.height))
    if has_trees:
        clump = rng.choice((0.12, 0.86))
        for _ in range(9 + 4 * canvas.detail):
            place = min(0.99, max(0.0, rng.gauss(clump, 0.10)))
            x, y = line[round(place * (len(line) - 1))]
            conifer(bank, rng, x, y + unit * 0.01, unit * rng.uniform(0.08, 0.24))
    for x, y in line[:: 1 if canvas.detail else 2]:
        lean = rng.uniform(-0.008, 0.008) * unit
        bank.line([(x, y + 2), (x + lean, y - unit * rng.uniform(0.004, 0.016))], unit * 0.0015)
    canvas.fill_stencil(
        bank,
        canvas.vertical_gradient(
            (shade(palette.near, light=-0.02), shade(palette.near, light=-0.07)), base - unit * 0.1
        ),
    )
