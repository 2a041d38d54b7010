"""Scenes set up in a studio: portraits, products, still lifes, flowers."""

import math
from collections.abc import Callable

from PIL import ImageChops

from studio.sandbox.painter.canvas import Canvas, Point
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.mood import Mood


def _accent(mood: Mood, place: int = 0) -> Colour:
    """An accent of the palette, in the hue the prompt names if it names one."""
    lightness, chroma, hue = mood.palette.accents[place % len(mood.palette.accents)]
    return (lightness, max(chroma, 0.10), mood.hue) if mood.hue is not None and place == 0 else (lightness, chroma, hue)


def _backdrop(canvas: Canvas, mood: Mood, floor: float) -> Colour:
    """A seamless paper backdrop with a lamp's pool and the shadow of leaves on it; answers its tone."""
    palette, rng, unit = mood.palette, canvas.rng, canvas.unit
    tone = palette.sky[min(1, len(palette.sky) - 1)]
    if mood.hue is not None:
        tone = (tone[0], max(0.05, tone[1]), mood.hue)
    canvas.wash((shade(tone, light=-0.05), shade(tone, light=0.03), shade(tone, light=0.05)), 0, floor)
    ground = canvas.stencil()
    ground.box(-9, floor, canvas.width + 18, canvas.height - floor + 9)
    canvas.put(
        ground, canvas.fade((shade(tone, light=0.03), shade(tone, light=-0.07)), floor, canvas.height), blur=unit * 0.03
    )
    canvas.glow(canvas.width * rng.uniform(0.25, 0.4), canvas.height * 0.22, unit * 0.85, palette.light, 0.45, 1.8)
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
        for leaf in range(13):
            along = unit * (0.08 + 0.048 * leaf)
            foot = (x + along * math.cos(aim), y + along * math.sin(aim))
            for turn in (-1, 1):
                angle = aim + turn * (0.95 - 0.035 * leaf)
                fronds.polygon(_leaf(foot, angle, unit * (0.24 - 0.011 * leaf), 0.10))
    canvas.put(fronds, colour, blur=unit * 0.012, opacity=0.30)


def _leaf(foot: Point, angle: float, long: float, plump: float) -> list[Point]:
    """The outline of a leaf or petal from its foot along an angle."""
    x, y = foot
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    sides: list[list[Point]] = [[], []]
    for step in range(13):
        share = step / 12
        half = plump * long * math.sin(math.pi * share**0.85) ** 0.9
        for side, sign in enumerate((1, -1)):
            sides[side].append(
                (
                    x + along[0] * long * share + sign * across[0] * half,
                    y + along[1] * long * share + sign * across[1] * half,
                )
            )
    return sides[0] + sides[1][::-1]


def _shadow(canvas: Canvas, x: float, y: float, wide: float, colour: Colour) -> None:
    """The soft shadow a thing throws to the right, and the dark line where it touches."""
    unit = canvas.unit
    canvas.polygon(
        [(x - wide, y), (x + wide, y), (x + wide * 3.4, y + wide * 0.42), (x + wide * 1.2, y + wide * 0.5)],
        colour,
        blur=unit * 0.022,
        opacity=0.42,
    )
    canvas.ellipse(x + wide * 0.1, y, wide * 1.08, wide * 0.17, colour, blur=unit * 0.007, opacity=0.75)


def _plinth(canvas: Canvas, tone: Colour, x: float, top: float, wide: float, floor: float) -> None:
    """A round plinth, lit from the left."""
    _shadow(canvas, x, floor, wide, shade(tone, light=-0.36))
    flat = wide * 0.17
    body = canvas.stencil()
    body.box(x - wide, top, 2 * wide, floor - top)
    body.ellipse(x, floor, wide, flat)
    stops = (shade(tone, light=-0.07), shade(tone, light=0.06), shade(tone, light=-0.02), shade(tone, light=-0.22))
    canvas.put(body, canvas.sweep(stops, x - wide, x + wide))
    lid = canvas.sweep((shade(tone, light=0.08), shade(tone, light=0.01)), x - wide, x + wide)
    canvas.ellipse(x, top, wide, flat, lid)


def product(canvas: Canvas, mood: Mood) -> None:
    """One thing on a plinth before a paper arch: a bottle, a jar or a sphere."""
    rng, width, height, unit = canvas.rng, canvas.width, canvas.height, canvas.unit
    floor = height * 0.80
    tone = _backdrop(canvas, mood, height * 0.70)
    x = width * rng.uniform(0.46, 0.54)
    arch = mix(tone, _accent(mood, 0), 0.55)
    shape = canvas.stencil()
    shape.box(x - unit * 0.29, floor - unit * 0.66, unit * 0.58, unit * 0.64, radius=unit * 0.29)
    canvas.put(shape, shade(tone, light=-0.3), blur=unit * 0.02, opacity=0.35)
    canvas.put(shape, canvas.fade((shade(arch, light=0.05), shade(arch, light=-0.08)), floor - unit * 0.66, floor))
    _plinth(canvas, mix(tone, arch, 0.25), x, floor - unit * 0.10, unit * 0.22, floor)
    _plinth(canvas, mix(tone, arch, 0.55), x + unit * 0.27, floor - unit * 0.045, unit * 0.095, floor + unit * 0.035)
    _sphere(canvas, _accent(mood, 1), x + unit * 0.27, floor - unit * 0.115, unit * 0.062)
    thing: Callable[[Canvas, Mood, float, float], None] = _bottle
    if mood.says("jar", "cream", "candle", "skincare", "lotion"):
        thing = _jar
    elif mood.says("vase", "ceramic", "lamp") or rng.random() < 0.25:
        thing = _vase
    thing(canvas, mood, x - unit * 0.02, floor - unit * 0.10)


def _glass(canvas: Canvas, colour: Colour, x: float, wide: float) -> object:
    """Light through a round body: dark edges, a bright band on the left, a reflex on the right."""
    stops = (
        shade(colour, light=-0.16),
        shade(colour, light=0.22, chroma=0.6),
        colour,
        shade(colour, light=-0.06),
        shade(colour, light=-0.20),
        shade(colour, light=0.02),
    )
    return canvas.sweep(stops, x - wide, x + wide)


def _bottle(canvas: Canvas, mood: Mood, x: float, floor: float) -> None:
    unit, colour = canvas.unit, _accent(mood, 0)
    wide, tall = unit * 0.095, unit * 0.29
    _shadow(canvas, x, floor, wide * 0.95, shade(colour, light=-0.35))
    body = canvas.stencil()
    body.box(x - wide, floor - tall, 2 * wide, tall, radius=wide * 0.42)
    body.ellipse(x, floor - wide * 0.16, wide * 0.98, wide * 0.20)
    canvas.put(body, _glass(canvas, colour, x, wide))  # type: ignore[arg-type]
    neck = canvas.stencil()
    neck.box(x - wide * 0.34, floor - tall - unit * 0.03, wide * 0.68, unit * 0.035)
    canvas.put(neck, _glass(canvas, (0.80, 0.07, 80), x, wide * 0.34))  # type: ignore[arg-type]
    cap = canvas.stencil()
    cap.box(x - wide * 0.48, floor - tall - unit * 0.115, wide * 0.96, unit * 0.09, radius=unit * 0.010)
    canvas.put(cap, _glass(canvas, shade(mood.palette.near, light=0.06), x, wide * 0.48))  # type: ignore[arg-type]
    label = canvas.stencil()
    label.box(x - wide * 0.62, floor - tall * 0.62, wide * 1.24, tall * 0.30, radius=3)
    canvas.put(
        label, canvas.sweep(((0.93, 0.02, 80), (0.97, 0.015, 80), (0.88, 0.02, 80)), x - wide, x + wide), opacity=0.92
    )
    lines = canvas.stencil()
    lines.box(x - wide * 0.36, floor - tall * 0.53, wide * 0.72, unit * 0.007)
    lines.box(x - wide * 0.22, floor - tall * 0.47, wide * 0.44, unit * 0.0035)
    lines.box(x - wide * 0.28, floor - tall * 0.43, wide * 0.56, unit * 0.0035)
    canvas.put(lines, shade(mood.palette.near, light=0.05), opacity=0.8)
    shine = canvas.stencil()
    shine.box(x - wide * 0.76, floor - tall * 0.92, wide * 0.13, tall * 0.80, radius=wide * 0.06)
    canvas.put(shine, (0.99, 0.01, 90), blur=unit * 0.003, opacity=0.65)


def _jar(canvas: Canvas, mood: Mood, x: float, floor: float) -> None:
    unit, colour = canvas.unit, _accent(mood, 0)
    wide, tall = unit * 0.125, unit * 0.14
    _shadow(canvas, x, floor, wide, shade(colour, light=-0.35))
    body = canvas.stencil()
    body.box(x - wide, floor - tall, 2 * wide, tall, radius=wide * 0.16)
    body.ellipse(x, floor - wide * 0.14, wide * 0.98, wide * 0.18)
    canvas.put(body, _glass(canvas, colour, x, wide))  # type: ignore[arg-type]
    cap = canvas.stencil()
    cap.box(x - wide * 1.03, floor - tall - unit * 0.055, wide * 2.06, unit * 0.065, radius=unit * 0.008)
    canvas.put(cap, _glass(canvas, (0.92, 0.025, 80), x, wide * 1.03))  # type: ignore[arg-type]
    canvas.ellipse(x, floor - tall - unit * 0.055, wide * 1.0, wide * 0.11, (0.96, 0.02, 80))
    shine = canvas.stencil()
    shine.box(x - wide * 0.74, floor - tall * 0.85, wide * 0.10, tall * 0.66, radius=wide * 0.05)
    canvas.put(shine, (0.99, 0.01, 90), blur=unit * 0.003, opacity=0.6)


def _turned(x: float, floor: float, tall: float, profile: tuple[float, ...]) -> list[Point]:
    """A pot from its profile, half widths from foot to mouth, smoothed."""
    last = len(profile) - 1
    right = _smoothed([(x + tall * half, floor - tall * place / last) for place, half in enumerate(profile)])
    return right + [(2 * x - px, py) for px, py in reversed(right)]


def _vase(canvas: Canvas, mood: Mood, x: float, floor: float) -> None:
    unit, colour = canvas.unit, _accent(mood, 0)
    tall = unit * 0.25
    stems = canvas.stencil()
    for angle, long in ((-1.35, 0.36), (-1.62, 0.42), (-1.90, 0.34), (-1.15, 0.30)):
        foot, bend = (x, floor - tall * 0.95), canvas.rng.uniform(-0.25, 0.25)
        points = [
            (
                foot[0] + unit * long * s / 10 * math.cos(angle + bend * s / 10),
                foot[1] + unit * long * s / 10 * math.sin(angle + bend * s / 10),
            )
            for s in range(11)
        ]
        stems.line(points, unit * 0.003)
        for place in range(4, 11):
            for turn in (-0.75, 0.75):
                stems.polygon(_leaf(points[place], angle + bend + turn, unit * (0.075 - 0.004 * place), 0.22))
    canvas.put(
        stems,
        canvas.fade(
            (shade(mood.palette.accents[2], light=0.05), shade(mood.palette.near, light=0.10)),
            floor - tall - unit * 0.4,
            floor - tall,
        ),
    )
    _shadow(canvas, x, floor, tall * 0.26, shade(colour, light=-0.35))
    pot = _turned(x, floor, tall, (0.22, 0.36, 0.40, 0.30, 0.15, 0.13, 0.17))
    canvas.polygon(
        pot,
        canvas.sweep(
            (shade(colour, light=-0.04), shade(colour, light=0.14), colour, shade(colour, light=-0.24)),
            x - tall * 0.4,
            x + tall * 0.4,
        ),
    )
    canvas.ellipse(x, floor - tall, tall * 0.165, tall * 0.04, shade(colour, light=-0.26))


def _sphere(canvas: Canvas, colour: Colour, x: float, y: float, radius: float) -> None:
    """A matt ball lit from the upper left, with the ground's light under it."""
    canvas.ellipse(
        x + radius * 0.3,
        y + radius * 0.97,
        radius * 1.0,
        radius * 0.16,
        shade(colour, light=-0.4),
        blur=radius * 0.16,
        opacity=0.6,
    )
    disc = canvas.stencil()
    disc.ellipse(x, y, radius)
    mask = disc.mask()
    canvas.apply(shade(colour, light=-0.14), mask)
    for reach, dx, light, blur in ((0.90, 0.16, -0.02, 0.30), (0.60, 0.30, 0.09, 0.28), (0.22, 0.42, 0.24, 0.16)):
        spot = canvas.stencil()
        spot.ellipse(x - radius * dx, y - radius * dx, radius * reach)
        canvas.apply(shade(colour, light=light), ImageChops.multiply(spot.mask(blur=radius * blur), mask))
    rim = canvas.stencil()
    rim.ellipse(x, y, radius)
    rim.ellipse(x - radius * 0.08, y - radius * 0.10, radius * 0.99, tone=0)
    canvas.apply(shade(colour, light=0.10), ImageChops.multiply(rim.mask(blur=radius * 0.06, opacity=0.5), mask))


def still(canvas: Canvas, mood: Mood) -> None:
    """A table by the window: a cup, a vase, fruit."""
    rng, width, height, unit = canvas.rng, canvas.width, canvas.height, canvas.unit
    tone = _backdrop(canvas, mood, height * 0.66)
    table = canvas.stencil()
    table.box(-9, height * 0.70, width + 18, height)
    cloth = mix(tone, mood.palette.near, 0.30)
    canvas.put(table, canvas.fade((shade(cloth, light=0.10), shade(cloth, light=-0.04)), height * 0.70, height), blur=1)
    grain = canvas.noise(22, stretch=12, octaves=3)
    canvas.veil(shade(cloth, light=-0.08), grain, low=0.45, high=0.75, opacity=0.5, within=table.mask())
    x = width * 0.5
    _vase(canvas, mood, x - unit * 0.20, height * 0.78)
    fruit = (
        (0.72, 0.16, 55)
        if mood.says("orange", "oranges")
        else (0.82, 0.15, 95)
        if mood.says("lemon", "lemons")
        else _accent(mood, 0)
    )
    for dx, dy, size in ((0.02, 0.795, 0.066), (0.14, 0.82, 0.074), (0.075, 0.85, 0.058)):
        _sphere(canvas, shade(fruit, turn=rng.uniform(-14, 14)), x + unit * dx, height * dy - unit * size, unit * size)
    _cup(canvas, mood, x + unit * 0.34, height * 0.87)


def _cup(canvas: Canvas, mood: Mood, x: float, floor: float) -> None:
    unit = canvas.unit
    wide, tall, glaze = unit * 0.085, unit * 0.115, shade(mood.palette.sky[-1], light=0.02)
    _shadow(canvas, x, floor, wide * 0.8, shade(glaze, light=-0.5))
    handle = canvas.stencil()
    handle.ellipse(x + wide * 1.02, floor - tall * 0.55, wide * 0.42, tall * 0.32)
    handle.ellipse(x + wide * 1.02, floor - tall * 0.55, wide * 0.27, tall * 0.20, tone=0)
    canvas.put(handle, shade(glaze, light=-0.14))
    body = _turned(x, floor, tall, (0.40, 0.62, 0.70, 0.74, 0.74))
    canvas.polygon(
        body,
        canvas.sweep(
            (shade(glaze, light=-0.05), shade(glaze, light=0.03), shade(glaze, light=-0.26)), x - wide, x + wide
        ),
    )
    canvas.ellipse(x, floor - tall, wide, wide * 0.26, shade(glaze, light=0.02))
    canvas.ellipse(x, floor - tall + wide * 0.03, wide * 0.88, wide * 0.20, (0.34, 0.06, 50))
    steam = canvas.stencil()
    for offset in (-0.25, 0.2):
        steam.line(
            [
                (x + wide * (offset + 0.22 * math.sin(step * 0.7)), floor - tall - unit * 0.016 * step)
                for step in range(11)
            ],
            unit * 0.012,
            tone=0.8,
        )
    canvas.put(steam, (0.99, 0.01, 80), blur=unit * 0.012, opacity=0.34)


def flower(canvas: Canvas, mood: Mood) -> None:
    """Blossoms in focus before blossoms out of focus."""
    rng, palette, width, height, unit = canvas.rng, mood.palette, canvas.width, canvas.height, canvas.unit
    base = shade(palette.sky[0], light=-0.04)
    canvas.wash((base, palette.sky[min(1, len(palette.sky) - 1)], shade(base, light=-0.03)))
    canvas.glow(width * 0.3, height * 0.2, unit * 0.9, palette.light, 0.35 if palette.is_dark else 0.6, 1.7)
    for depth, count, size in ((0, 7, 0.13), (1, 3, 0.17)):
        for _ in range(count):
            x, y = rng.uniform(0, width), rng.uniform(0.1, 0.95) * height
            colour = mix(_accent(mood, rng.randint(0, 2)), base, 0.55 - 0.25 * depth)
            canvas.ellipse(
                x, y, unit * size, unit * size * 0.9, colour, blur=unit * (0.05 - 0.02 * depth), opacity=0.55
            )
    heads = [(0.50, 0.40, 0.27), (0.22, 0.64, 0.17), (0.79, 0.66, 0.19)]
    for place, (x, y, size) in sorted(enumerate(heads), key=lambda head: head[1][2]):
        centre = (width * (x + rng.uniform(-0.03, 0.03)), height * (y + rng.uniform(-0.03, 0.03)))
        _stem(canvas, mood, centre, unit * size)
        _blossom(canvas, _accent(mood, place), centre, unit * size)


def _stem(canvas: Canvas, mood: Mood, head: Point, size: float) -> None:
    rng, unit = canvas.rng, canvas.unit
    foot = (head[0] + rng.uniform(-0.10, 0.10) * unit, canvas.height * 1.05)
    bend = rng.uniform(-0.08, 0.08) * unit
    points = [
        (
            head[0] + (foot[0] - head[0]) * s / 20 + bend * math.sin(math.pi * s / 20),
            head[1] + (foot[1] - head[1]) * s / 20,
        )
        for s in range(21)
    ]
    green: Colour = mix((0.46, 0.09, 148), mood.palette.near, 0.35)
    stem = canvas.stencil()
    stem.line(points, size * 0.05)
    for place, turn in ((11, 0.7), (14, math.pi - 0.7), (8, math.pi - 0.5)):
        stem.polygon(_leaf(points[place], -turn, size * rng.uniform(0.7, 1.0), 0.19))
    canvas.put(stem, canvas.fade((shade(green, light=0.08), shade(green, light=-0.10)), head[1], canvas.height))


def _blossom(canvas: Canvas, colour: Colour, centre: Point, size: float) -> None:
    """Rings of petals, the inner ones smaller and deeper in colour, each throwing a little shadow."""
    rng = canvas.rng
    x, y = centre
    rings = 4 + canvas.detail
    for ring in range(rings):
        share = ring / (rings - 1)
        reach, petals = size * (1 - 0.74 * share), round(11 - 4 * share)
        turn = rng.uniform(0, math.tau)
        for half in (0, 1):
            layer = canvas.stencil()
            for petal in range(half, petals, 2):
                angle = turn + math.tau * petal / petals + rng.uniform(-0.08, 0.08)
                layer.polygon(_leaf(centre, angle, reach * rng.uniform(0.9, 1.06), 0.30))
            tone = shade(colour, light=0.13 - 0.20 * share - 0.045 * half, turn=-10 * share, chroma=0.75 + 0.35 * share)
            canvas.put(layer, shade(colour, light=-0.30), blur=size * 0.035, opacity=0.32)
            canvas.put(layer, canvas.fade((shade(tone, light=0.05), shade(tone, light=-0.07)), y - reach, y + reach))
    canvas.glow(x, y, size * 0.30, (0.86, 0.13, 85), 0.75, 1.4)
    dots = canvas.stencil()
    for _ in range(34):
        angle, away = rng.uniform(0, math.tau), size * 0.11 * math.sqrt(rng.random())
        dots.ellipse(x + away * math.cos(angle), y + away * math.sin(angle), size * 0.011)
    canvas.put(dots, (0.55, 0.12, 60))


def portrait(canvas: Canvas, mood: Mood) -> None:
    """A figure in a few flat shapes before a disc of light, in the manner of a printed poster."""
    rng, palette, width, height, unit = canvas.rng, mood.palette, canvas.width, canvas.height, canvas.unit
    tone = palette.sky[min(1, len(palette.sky) - 1)]
    canvas.wash((shade(tone, light=-0.04), tone, shade(tone, light=0.04)))
    x, y, size = width * 0.5, height * 0.5 - unit * 0.06, unit * 0.155
    disc = mix(_accent(mood, 0), tone, 0.15)
    canvas.ellipse(
        x + unit * 0.06,
        y - unit * 0.02,
        unit * 0.35,
        unit * 0.35,
        canvas.fade((shade(disc, light=0.06), shade(disc, light=-0.08)), y - unit * 0.35, y + unit * 0.35),
    )
    skin: Colour = rng.choice(((0.80, 0.07, 55), (0.70, 0.09, 52), (0.56, 0.08, 48), (0.44, 0.07, 45)))
    hair: Colour = rng.choice(((0.22, 0.03, 40), (0.30, 0.05, 45), (0.16, 0.02, 280), (0.48, 0.10, 50)))
    _figure(canvas, mood, (x, y), size, skin, hair)


def _figure(canvas: Canvas, mood: Mood, centre: Point, size: float, skin: Colour, hair: Colour) -> None:
    x, y = centre
    bottom, cloth, collar = canvas.height, _accent(mood, 2), mood.palette.sky[-1]
    back = canvas.stencil()
    back.ellipse(x - size * 0.10, y - size * 0.10, size * 1.10, size * 1.34)
    back.box(x - size * 1.12, y, size * 2.05, size * 1.75, radius=size * 0.7)
    canvas.put(back, canvas.sweep((shade(hair, light=-0.03), shade(hair, light=0.06)), x - size, x + size))
    shoulders = [
        (x - size * 3.0, bottom + 9),
        (x - size * 2.55, y + size * 3.1),
        (x - size * 1.9, y + size * 2.35),
        (x - size * 0.8, y + size * 1.92),
        (x, y + size * 1.82),
        (x + size * 0.8, y + size * 1.92),
        (x + size * 1.9, y + size * 2.35),
        (x + size * 2.55, y + size * 3.1),
        (x + size * 3.0, bottom + 9),
    ]
    canvas.polygon(
        _smoothed(shoulders),
        canvas.sweep((shade(cloth, light=0.05), shade(cloth, light=-0.13)), x - size * 2.4, x + size * 2.4),
    )
    neck = [
        (x - size * 0.42, y + size * 0.7),
        (x + size * 0.42, y + size * 0.7),
        (x + size * 0.50, y + size * 1.75),
        (x + size * 0.72, y + size * 2.02),
        (x, y + size * 2.62),
        (x - size * 0.72, y + size * 2.02),
        (x - size * 0.50, y + size * 1.75),
    ]
    canvas.polygon(neck, shade(skin, light=-0.07))
    canvas.polygon(
        [
            (x - size * 0.42, y + size * 0.8),
            (x + size * 0.43, y + size * 0.8),
            (x + size * 0.46, y + size * 1.15),
            (x - size * 0.1, y + size * 1.55),
        ],
        shade(skin, light=-0.18),
        blur=size * 0.07,
        opacity=0.8,
    )
    for side in (-1, 1):
        canvas.polygon(
            [
                (x + side * size * 0.52, y + size * 1.72),
                (x + side * size * 1.02, y + size * 2.02),
                (x + side * size * 0.30, y + size * 3.0),
                (x, y + size * 2.60),
            ],
            mix(collar, cloth, 0.10 if side < 0 else 0.35),
        )
    face = canvas.stencil()
    face.polygon(
        _smoothed(
            [
                (x - size * 0.80, y - size * 0.5),
                (x - size * 0.80, y + size * 0.25),
                (x - size * 0.55, y + size * 0.92),
                (x, y + size * 1.26),
                (x + size * 0.55, y + size * 0.92),
                (x + size * 0.80, y + size * 0.25),
                (x + size * 0.80, y - size * 0.5),
                (x, y - size * 1.1),
            ],
            is_closed=True,
        )
    )
    mask = face.mask()
    canvas.apply(
        canvas.sweep((shade(skin, light=0.05), skin, shade(skin, light=-0.12)), x - size * 0.8, x + size * 0.85), mask
    )
    dark = canvas.stencil()
    dark.polygon(
        [
            (x + size * 0.06, y - size * 1.3),
            (x + size * 0.10, y - size * 0.05),
            (x + size * 0.26, y + size * 0.34),
            (x + size * 0.05, y + size * 0.46),
            (x + size * 0.16, y + size * 1.4),
            (x + size * 1.4, y + size),
            (x + size * 1.2, y - size),
        ]
    )
    canvas.apply(
        shade(skin, light=-0.15, turn=-8), ImageChops.multiply(dark.mask(blur=size * 0.012, opacity=0.75), mask)
    )
    _features(canvas, (x, y), size, skin)
    fringe = canvas.stencil()
    fringe.polygon(
        _smoothed(
            [
                (x - size * 0.98, y + size * 0.45),
                (x - size * 1.02, y - size * 0.5),
                (x - size * 0.55, y - size * 1.28),
                (x + size * 0.2, y - size * 1.40),
                (x + size * 0.85, y - size * 0.95),
                (x + size * 0.98, y + size * 0.35),
                (x + size * 0.74, y - size * 0.30),
                (x + size * 0.10, y - size * 0.82),
                (x - size * 0.52, y - size * 0.42),
                (x - size * 0.78, y + size * 0.05),
            ],
            is_closed=True,
        )
    )
    canvas.put(fringe, canvas.sweep((shade(hair, light=0.10), hair, shade(hair, light=-0.04)), x - size, x + size))


def _features(canvas: Canvas, centre: Point, size: float, skin: Colour) -> None:
    """Closed eyes, brows and lips: a few lines."""
    x, y = centre
    marks = canvas.stencil()
    for side in (-1, 1):
        eye = x + side * size * 0.36
        marks.line(
            [
                (eye + size * 0.17 * t, y + size * 0.06 + size * 0.07 * (1 - t * t))
                for t in (-1, -0.6, -0.2, 0.2, 0.6, 1)
            ],
            size * 0.034,
        )
        marks.line(
            [(eye + size * 0.20 * t, y - size * 0.20 - size * 0.05 * (1 - t * t)) for t in (-1, -0.5, 0, 0.5, 1)],
            size * 0.045,
        )
    canvas.put(marks, shade(skin, light=-0.38, chroma=0.7), opacity=0.9)
    lips = canvas.stencil()
    lips.polygon(
        _smoothed(
            [
                (x - size * 0.22, y + size * 0.74),
                (x - size * 0.06, y + size * 0.68),
                (x, y + size * 0.70),
                (x + size * 0.06, y + size * 0.68),
                (x + size * 0.22, y + size * 0.74),
                (x, y + size * 0.84),
            ],
            is_closed=True,
        )
    )
    canvas.put(lips, mix((0.55, 0.15, 20), skin, 0.30))


def _smoothed(points: list[Point], *, is_closed: bool = False) -> list[Point]:
    """Round the corners by cutting them four times."""
    for _ in range(4):
        pairs = list(zip(points, points[1:] + points[:1], strict=True))
        if not is_closed:
            pairs = pairs[:-1]
        cut = [((ax * (1 - t) + bx * t), (ay * (1 - t) + by * t)) for (ax, ay), (bx, by) in pairs for t in (0.25, 0.75)]
        points = cut if is_closed else [points[0], *cut, points[-1]]
    return points
