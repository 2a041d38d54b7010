"""Land and water: hills and mountains, the sea, the forest."""

import math
import random

from PIL import Image, ImageChops

from studio.sandbox.painter.canvas import Canvas, Stencil, soften
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.mood import Mood
from studio.sandbox.painter.outlines import Point, closed, ridge
from studio.sandbox.painter.scenes.air import birds, mist, rays, sky, weather


def hills(canvas: Canvas, mood: Mood) -> None:
    """Ranges of hills behind one another, each a little darker; peaks, dunes, water and trees as asked."""
    rng, palette, height = canvas.rng, mood.palette, canvas.height
    horizon = height * rng.uniform(0.50, 0.60)
    x, y = sky(canvas, mood, horizon * 1.06)
    birds(canvas, shade(palette.near, light=0.1), canvas.width - x, y * 0.8)
    craggy = 0.85 if mood.says("mountain", "mountains", "alps", "peak", "canyon", "volcano") else rng.uniform(0.0, 0.35)
    if mood.says("desert", "dune", "dunes", "sand"):
        craggy = 0.0
    if mood.says("mountain", "mountains", "alps", "peak", "snow", "snowy"):
        _peaks(canvas, mood, horizon)
    has_lake = mood.says("lake", "river", "reflection") or rng.random() < 0.3
    _ranges(canvas, mood, horizon, 0.72 if has_lake else 1.02, craggy)
    if has_lake:
        _lake(canvas, mood, height * 0.74)
    if not mood.says("desert", "dune", "dunes", "sand", "canyon"):
        _foreground(canvas, mood, has_trees=not has_lake or rng.random() < 0.7)
    weather(canvas, mood)


def _ranges(canvas: Canvas, mood: Mood, horizon: float, floor: float, craggy: float) -> None:
    rng, palette = canvas.rng, mood.palette
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
        fill = canvas.fade((crest, foot), base - canvas.unit * 0.10, base + canvas.unit * (0.16 + 0.14 * depth))
        canvas.polygon(closed(line, canvas.height), fill)
        if depth < 0.8:
            mist(canvas, mix(haze, palette.light, 0.3), base, base + canvas.unit * 0.14, 0.45 * (1 - depth))


def _peaks(canvas: Canvas, mood: Mood, horizon: float) -> None:
    """One great mountain with a lit and a shaded side under snow."""
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
    for x, scale in ((rng.uniform(0.18, 0.34), 0.78), (rng.uniform(0.68, 0.86), 0.64), (rng.uniform(0.42, 0.60), 1.0)):
        top, tall = (x * canvas.width, horizon - unit * 0.34 * scale), unit * 0.46 * scale
        left, right = _slope(rng, top, tall, -1.15), _slope(rng, top, tall, 1.15)
        rock = mix(palette.far, palette.near, 0.30 * scale)
        snow = mix(palette.light, palette.far, 0.12)
        foot = mix(palette.far, palette.sky[-1], 0.6)
        crease = _slope(rng, top, tall, 0.16)
        canvas.polygon([*reversed(left), *right[1:]], canvas.fade((snow, rock, foot), top[1], top[1] + tall))
        dark = canvas.fade((mix(snow, rock, 0.62), shade(rock, light=-0.03), foot), top[1], top[1] + tall)
        canvas.polygon([*crease, *reversed(right)], dark)


def _slope(rng: random.Random, top: Point, tall: float, lean: float) -> list[Point]:
    x, y = top
    points = [top]
    for step in range(1, 15):
        down = step / 14
        points.append((x + lean * tall * down + rng.uniform(-0.035, 0.035) * tall, y + tall * down))
    return points


def _lake(canvas: Canvas, mood: Mood, shore: float) -> None:
    """The upper picture mirrored, darker, its lines trembling."""
    line, height = round(shore), canvas.height
    depth = height - line
    mirrored = canvas.image.crop((0, max(0, line - depth), canvas.width, line)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    mirrored = _rippled(soften(mirrored, canvas.unit * 0.003), canvas.rng, canvas.unit)
    water = canvas.image.copy()
    water.paste(mirrored, (0, line))
    tint = mix(mood.palette.sky[0], mood.palette.near, 0.4)
    mask = canvas.stencil()
    mask.box(0, line, canvas.width, depth)
    canvas.apply(water, mask.mask())
    canvas.apply(tint, ImageChops.multiply(mask.mask(), canvas.slope(0.12, 0.62, line, height)))
    glints = canvas.stencil()
    for _ in range(40):
        x, y = canvas.rng.uniform(0, canvas.width), line + depth * canvas.rng.random() ** 2
        glints.box(
            x, y, canvas.unit * canvas.rng.uniform(0.02, 0.12), canvas.unit * 0.0014, tone=canvas.rng.uniform(0.2, 0.7)
        )
    canvas.put(glints, mood.palette.light, blur=0.8, opacity=0.5)


def _rippled(image: Image.Image, rng: random.Random, unit: float) -> Image.Image:
    """Shift rows sideways, more the nearer they are."""
    result = image.copy()
    step, phase = max(1, round(unit * 0.004)), rng.uniform(0, math.tau)
    for top in range(0, image.height, step):
        near = top / image.height
        shift = round(unit * 0.008 * near * math.sin(top / (unit * (0.006 + 0.012 * near)) + phase))
        result.paste(image.crop((0, top, image.width, top + step)), (shift, top))
    return result


def _foreground(canvas: Canvas, mood: Mood, *, has_trees: bool) -> None:
    """A dark bank close by, with grass and a few conifers."""
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
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
    canvas.put(
        bank, canvas.fade((shade(palette.near, light=-0.02), shade(palette.near, light=-0.07)), base - unit * 0.1)
    )


def conifer(stencil: Stencil, rng: random.Random, x: float, base: float, tall: float) -> None:
    """The silhouette of a fir: ragged tiers on a thin trunk."""
    stencil.polygon([(x, base - tall * 0.4), (x + tall * 0.016, base + 2), (x - tall * 0.016, base + 2)])
    tiers = 14
    left, right = [], []
    for tier in range(tiers):
        y = base - tall * (1 - tier / tiers * 0.99)
        reach = tall * 0.19 * ((tier + 0.4) / tiers) ** 0.85
        left += [(x - reach * rng.uniform(0.75, 1.15), y + tall * 0.045), (x - reach * 0.46, y + tall * 0.028)]
        right += [(x + reach * rng.uniform(0.75, 1.15), y + tall * 0.045), (x + reach * 0.46, y + tall * 0.028)]
    stencil.polygon([(x, base - tall * 1.03), *right, *reversed(left)])


def sea(canvas: Canvas, mood: Mood) -> None:
    """A wide horizon, the light's path on the water, swells towards the shore."""
    rng, palette, height, unit = canvas.rng, mood.palette, canvas.height, canvas.unit
    horizon = height * rng.uniform(0.46, 0.56)
    x, _ = sky(canvas, mood, horizon)
    birds(canvas, mix(palette.near, palette.far, 0.3), canvas.width - x, horizon * 0.5)
    _headland(canvas, mood, horizon, x)
    far, near = mix(palette.far, palette.sky[-1], 0.30), shade(palette.near, light=0.04)
    water = canvas.stencil()
    water.box(0, horizon, canvas.width, height - horizon)
    canvas.put(water, canvas.fade((far, mix(far, near, 0.55), near), horizon, height))
    _swell(canvas, mood, horizon)
    _glitter(canvas, mood, x, horizon)
    if mood.says("boat", "sail", "ship", "sailing", "yacht") or rng.random() < 0.4:
        _boat(canvas, mood, canvas.width - x + rng.uniform(-0.08, 0.08) * unit, horizon + unit * 0.035)
    if mood.says("beach", "coast", "shore", "sand"):
        _beach(canvas, mood)
    weather(canvas, mood)


def _headland(canvas: Canvas, mood: Mood, horizon: float, sun_x: float) -> None:
    rng, unit, palette = canvas.rng, canvas.unit, mood.palette
    for layer in range(2):
        colour = mix(palette.far, palette.near, 0.12 + 0.22 * layer)
        line = ridge(rng, canvas.width, 0, 1, rough=0.5, waves=3)
        side = 0 if sun_x > canvas.width / 2 else canvas.width
        reach = canvas.width * (0.62 - 0.24 * layer)
        tall = unit * (0.11 - 0.02 * layer)
        crest = [
            (px, horizon - max(0.0, 1 - abs(px - side) / reach) ** 1.3 * tall * (1 + 0.35 * py)) for px, py in line
        ]
        canvas.polygon(
            closed(crest, horizon + 1),
            canvas.fade((colour, mix(colour, palette.sky[-1], 0.5)), horizon - unit * 0.1, horizon),
        )


def _swell(canvas: Canvas, mood: Mood, horizon: float) -> None:
    """Bands of waves that widen towards the eye, each with a lit crest and a shaded back."""
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
    count = 7 + 3 * canvas.detail
    for wave in range(count):
        depth = (wave + rng.uniform(0.2, 0.8)) / count
        y = horizon + (canvas.height - horizon) * depth**1.7
        tall = unit * (0.003 + 0.022 * depth)
        line = ridge(rng, canvas.width, y, tall * 0.55, rough=0.15, waves=rng.uniform(3, 6) / (0.4 + depth))
        body = closed(line, y + tall * 3.5)
        dark = mix(mix(palette.far, palette.near, 0.25 + 0.6 * depth), palette.sky[0], 0.25)
        canvas.polygon(body, dark, blur=tall * 0.55, opacity=0.42)
        crest = canvas.stencil()
        crest.line(line, max(0.8, tall * 0.12))
        canvas.put(
            crest, mix(palette.light, palette.far, 0.35), blur=max(0.5, tall * 0.07), opacity=0.26 + 0.12 * depth
        )
    ripples = canvas.noise(70, stretch=9, octaves=2)
    band = canvas.slope(0, 0.7, horizon, canvas.height)
    canvas.veil(mix(palette.light, palette.sky[-1], 0.5), ripples, low=0.52, high=0.80, opacity=0.40, within=band)


def _glitter(canvas: Canvas, mood: Mood, x: float, horizon: float) -> None:
    rng, unit = canvas.rng, canvas.unit
    depth = canvas.height - horizon
    canvas.pool(x, horizon, unit * 0.42, depth * 1.0, mix(mood.palette.light, mood.palette.sky[-1], 0.4), 0.38)
    sparks = canvas.stencil()
    for _ in range(180 + 120 * canvas.detail):
        down = rng.random() ** 1.6
        y = horizon + 2 + depth * down
        spread = unit * (0.045 + 0.16 * down)
        long = unit * rng.uniform(0.006, 0.028) * (0.5 + 1.6 * down)
        sparks.ellipse(x + rng.gauss(0, 0.5) * spread, y, long, max(0.6, long * 0.055), tone=rng.uniform(0.35, 1.0))
    canvas.put(sparks, mood.palette.light, blur=0.5, opacity=0.9)


def _boat(canvas: Canvas, mood: Mood, x: float, y: float) -> None:
    unit = canvas.unit * 0.055
    canvas.ellipse(
        x, y + unit * 0.14, unit * 0.8, unit * 0.06, shade(mood.palette.near, light=0.02), blur=2, opacity=0.55
    )
    hull = [
        (x - unit * 0.55, y),
        (x + unit * 0.62, y - unit * 0.02),
        (x + unit * 0.40, y + unit * 0.15),
        (x - unit * 0.40, y + unit * 0.15),
    ]
    canvas.polygon(hull, shade(mood.palette.near, light=-0.02))
    sail = mix(mood.palette.light, mood.palette.far, 0.08)
    canvas.polygon([(x, y - unit * 1.6), (x + unit * 0.62, y - unit * 0.10), (x, y - unit * 0.08)], sail)
    mast = x - unit * 0.05
    jib = [(mast, y - unit * 1.35), (mast, y - unit * 0.08), (x - unit * 0.46, y - unit * 0.10)]
    canvas.polygon(jib, shade(sail, light=-0.10))


def _beach(canvas: Canvas, mood: Mood) -> None:
    rng, unit = canvas.rng, canvas.unit
    sand: Colour = mix((0.86, 0.06, 75), mood.palette.far, 0.25)
    for offset, fill, opacity in (
        (-0.020, mood.palette.light, 0.75),
        (0.0, shade(sand, light=-0.12), 1.0),
        (0.014, sand, 1.0),
    ):
        base = canvas.height * 0.88 + offset * unit
        line = ridge(rng, canvas.width, base, unit * 0.03, rough=0, waves=1.6)
        slanted = [(x, y + (x / canvas.width - 0.5) * unit * 0.16) for x, y in line]
        canvas.polygon(closed(slanted, canvas.height), fill, blur=unit * 0.003, opacity=opacity)


def forest(canvas: Canvas, mood: Mood) -> None:
    """Rows of firs coming out of the mist, light falling between them."""
    rng, palette, width, height, unit = canvas.rng, mood.palette, canvas.width, canvas.height, canvas.unit
    canvas.wash((*palette.sky, shade(palette.sky[-1], light=-0.04)))
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
        canvas.put(row, canvas.fade((colour, foot), base - unit * 0.4 * (0.5 + depth), base + unit * 0.1))
        mist(
            canvas, mix(palette.sky[-1], palette.light, 0.5), base - unit * 0.25, base + unit * 0.05, 0.65 * (1 - depth)
        )
        if layer == layers - 3:
            rays(canvas, x, -height * 0.05, palette.light, 0.30)
    weather(canvas, mood)
