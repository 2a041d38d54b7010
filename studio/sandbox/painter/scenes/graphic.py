"""Flat and flowing pictures: ribbons of colour, geometric patterns, a dashboard."""

import math

from studio.sandbox.painter.canvas import Canvas, Stencil
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.mood import Mood
from studio.sandbox.painter.outlines import Point, closed


def _colours(mood: Mood) -> tuple[Colour, ...]:
    """The accents, turned towards the hue the prompt names."""
    if mood.hue is None:
        return mood.palette.accents
    spread = (0.0, 18.0, -22.0, 8.0, -40.0)
    return tuple(
        (light, chroma, (mood.hue + turn) % 360)
        for (light, chroma, _), turn in zip(mood.palette.accents, spread, strict=True)
    )


def ribbons(canvas: Canvas, mood: Mood) -> None:
    """Folds of silk: bands along slow waves, each throwing a shadow on the one above."""
    rng, palette, unit = canvas.rng, mood.palette, canvas.unit
    colours = _colours(mood)
    canvas.wash((shade(palette.sky[0], light=-0.02), *palette.sky[1:]))
    canvas.glow(canvas.width * rng.uniform(0.2, 0.8), canvas.height * 0.12, unit * 1.2, palette.light, 0.40, 1.7)
    count, tilt, phase = 8 + 2 * canvas.detail, rng.uniform(-0.5, 0.5), rng.uniform(0, math.tau)
    for band in range(count):
        depth = band / (count - 1)
        place = depth * (len(colours) - 1.001)
        colour = mix(colours[int(place)], colours[int(place) + 1], place % 1)
        _ribbon(canvas, mood, _fold(canvas, depth, tilt, phase), mix(colour, palette.near, 0.28 * depth), band)


def _ribbon(canvas: Canvas, mood: Mood, line: list[Point], colour: Colour, band: int) -> None:
    unit, light = canvas.unit, mood.palette.light
    above, below = ([(x, y + unit * reach) for x, y in reversed(line)] for reach in (0.02, 0.05))
    canvas.polygon([*line, *above], shade(mood.palette.near, light=-0.03), blur=unit * 0.028, opacity=0.75)
    body = canvas.stencil()
    body.polygon(closed(line, canvas.height))
    across = [shade(colour, light=light, turn=turn) for light, turn in ((0.12, 0), (-0.05, 0), (0.05, 12), (-0.12, 0))]
    canvas.put(body, canvas.sweep(across if band % 2 else across[::-1]))
    canvas.polygon([*line, *below], mix(light, colour, 0.4), blur=unit * 0.018, opacity=0.26)
    edge = canvas.stencil()
    edge.line(line, unit * 0.0035)
    canvas.put(edge, mix(light, colour, 0.25), blur=unit * 0.0015, opacity=0.60)


def _fold(canvas: Canvas, depth: float, tilt: float, phase: float) -> list[Point]:
    width, height = canvas.width, canvas.height
    points = []
    for step in range(121):
        x = step / 120
        swing = 0.13 * math.sin(x * 3.4 + phase + depth * 2.7) + 0.055 * math.sin(x * 7.9 - phase + depth * 5.1)
        points.append(
            (x * width, height * (0.16 + 0.86 * depth + swing * (1.1 - 0.5 * depth) + tilt * (x - 0.5) * 0.5))
        )
    return points


def pattern(canvas: Canvas, mood: Mood) -> None:
    """A poster of tiles: quarter circles, arcs, dots and stripes on a grid."""
    rng, width, height = canvas.rng, canvas.width, canvas.height
    ground = mood.palette.sky[-1]
    canvas.wash((ground, shade(ground, light=-0.02)))
    across = max(3, round(rng.choice((4, 5, 6)) * width / canvas.unit))
    cell = width / across
    down = math.ceil(height / cell)
    top = (height - down * cell) / 2
    colours = (*_colours(mood), mood.palette.near, ground)
    layers = [canvas.stencil() for _ in colours]
    for row in range(down):
        for column in range(across):
            back, front, dot = rng.sample(range(len(colours)), 3)
            x, y = column * cell, top + row * cell
            for index, layer in enumerate(layers):
                layer.box(x, y, cell, cell, tone=1.0 if index == back else 0.0)
            _tile(layers, canvas, front, dot, (x, y), cell)
    for layer, colour in zip(layers, colours, strict=True):
        canvas.put(layer, canvas.fade((shade(colour, light=0.015), shade(colour, light=-0.025))))
    paper = canvas.noise(40, octaves=3)
    canvas.veil(shade(ground, light=-0.35), paper, low=0.50, high=0.95, opacity=0.10)


def _tile(layers: list[Stencil], canvas: Canvas, front: int, dot: int, corner: Point, cell: float) -> None:
    """One motif; drawing in a layer cuts the same shape out of the others."""
    rng, (x, y) = canvas.rng, corner
    kind = rng.randint(0, 6)
    turn = rng.randint(0, 3)
    cx, cy = x + (cell if turn in (1, 2) else 0), y + (cell if turn in (2, 3) else 0)
    start = (0, 90, 180, 270)[turn]

    def pie(radius: float, chosen: int) -> None:
        for index, layer in enumerate(layers):
            layer.pie(cx, cy, radius, start, start + 90, tone=1.0 if index == chosen else 0.0)

    def disc(px: float, py: float, radius: float, chosen: int) -> None:
        for index, layer in enumerate(layers):
            layer.ellipse(px, py, radius, tone=1.0 if index == chosen else 0.0)

    def bar(px: float, py: float, wide: float, tall: float, chosen: int) -> None:
        for index, layer in enumerate(layers):
            layer.box(px, py, wide, tall, tone=1.0 if index == chosen else 0.0)

    if kind <= 1:
        pie(cell, front)
    elif kind == 2:
        for share, chosen in ((1.0, front), (0.66, dot), (0.33, front)):
            pie(cell * share, chosen)
    elif kind == 3:
        disc(x + cell / 2, y + cell / 2, cell * 0.38, front)
        disc(x + cell / 2, y + cell / 2, cell * 0.15, dot)
    elif kind == 4:
        for stripe in range(4):
            bar(x, y + cell * stripe / 4, cell, cell / 8, front)
    elif kind == 5:
        for row in range(3):
            for column in range(3):
                disc(x + cell * (column + 0.5) / 3, y + cell * (row + 0.5) / 3, cell * 0.075, front)
    else:
        bar(x, y, cell / 2, cell, front)
        disc(x + cell / 2, y + cell / 2, cell * 0.25, dot)


def screen(canvas: Canvas, mood: Mood) -> None:
    """A dashboard on a desk of colour: cards, bars, a line, a ring."""
    palette, width, height, unit = mood.palette, canvas.width, canvas.height, canvas.unit
    colours = _colours(mood)
    canvas.wash((mix(colours[0], palette.sky[0], 0.55), mix(colours[1], palette.sky[-1], 0.45), palette.sky[-1]))
    canvas.glow(width * 0.78, height * 0.15, unit * 0.8, colours[2], 0.35, 1.6)
    margin = unit * 0.09
    left, top, wide, tall = margin, margin, width - 2 * margin, height - 2 * margin
    paper: Colour = (0.22, 0.015, 265) if palette.is_dark else (0.985, 0.004, 265)
    _card(canvas, left, top, wide, tall, paper, radius=unit * 0.028)
    ink: Colour = (0.93, 0.01, 265) if palette.is_dark else (0.30, 0.02, 265)
    faint = mix(paper, ink, 0.10)
    gap, rail = unit * 0.026, unit * 0.11
    _rail(canvas, left, top, rail, tall, ink, colours[0])
    x, inner = left + rail + gap, wide - rail - 2 * gap
    bars = canvas.stencil()
    bars.box(x, top + gap * 1.4, inner * 0.30, unit * 0.022, radius=unit * 0.011)
    canvas.put(bars, ink, opacity=0.85)
    row = top + gap * 4.0
    third, low = (inner - 2 * gap) / 3, tall * 0.19
    for card in range(3):
        cx = x + card * (third + gap)
        _card(canvas, cx, row, third, low, mix(paper, faint, 0.35), radius=unit * 0.016, depth=0.4)
        _figure_card(
            canvas,
            cx + gap * 0.8,
            row + gap * 0.8,
            third - gap * 1.6,
            low - gap * 1.6,
            ink,
            colours[card % len(colours)],
        )
    row += low + gap
    rest = top + tall - gap - row
    _card(canvas, x, row, third * 2 + gap, rest, mix(paper, faint, 0.35), radius=unit * 0.016, depth=0.4)
    _line_chart(canvas, x + gap, row + gap, third * 2 - gap, rest - gap * 2, colours, faint)
    _card(canvas, x + 2 * (third + gap), row, third, rest, mix(paper, faint, 0.35), radius=unit * 0.016, depth=0.4)
    _ring_chart(canvas, x + 2 * (third + gap) + third / 2, row + rest * 0.42, min(third, rest) * 0.30, colours, faint)


def _card(
    canvas: Canvas, x: float, y: float, wide: float, tall: float, paper: Colour, *, radius: float, depth: float = 1.0
) -> None:
    shape, unit = canvas.stencil(), canvas.unit
    shape.box(x, y + unit * 0.012 * depth, wide, tall, radius=radius)
    canvas.put(shape, (0.20, 0.03, 270), blur=unit * 0.022 * depth, opacity=0.26 * depth)
    body = canvas.stencil()
    body.box(x, y, wide, tall, radius=radius)
    canvas.put(body, paper)


def _rail(canvas: Canvas, x: float, y: float, wide: float, tall: float, ink: Colour, accent: Colour) -> None:
    unit, marks = canvas.unit, canvas.stencil()
    for place in range(6):
        marks.box(x + wide * 0.36, y + unit * (0.12 + 0.062 * place), wide * 0.28, wide * 0.28, radius=wide * 0.08)
    canvas.put(marks, ink, opacity=0.22)
    active = canvas.stencil()
    active.box(x + wide * 0.30, y + unit * 0.036, wide * 0.40, wide * 0.40, radius=wide * 0.13)
    active.box(x + wide * 0.36, y + unit * 0.182, wide * 0.28, wide * 0.28, radius=wide * 0.08)
    canvas.put(active, accent)


def _figure_card(canvas: Canvas, x: float, y: float, wide: float, tall: float, ink: Colour, accent: Colour) -> None:
    rng, unit = canvas.rng, canvas.unit
    words = canvas.stencil()
    words.box(x, y, wide * 0.42, unit * 0.010, radius=unit * 0.005)
    canvas.put(words, ink, opacity=0.35)
    number = canvas.stencil()
    number.box(x, y + unit * 0.026, wide * rng.uniform(0.30, 0.5), unit * 0.026, radius=unit * 0.008)
    canvas.put(number, ink, opacity=0.9)
    bars, count = canvas.stencil(), 14
    for bar in range(count):
        high = tall * 0.42 * (0.25 + 0.75 * rng.random() * (0.5 + bar / count / 2))
        bars.box(x + wide * bar / count, y + tall - high, wide / count * 0.62, high, radius=unit * 0.003)
    canvas.put(bars, accent)


def _line_chart(
    canvas: Canvas, x: float, y: float, wide: float, tall: float, colours: tuple[Colour, ...], faint: Colour
) -> None:
    rng, unit = canvas.rng, canvas.unit
    grid = canvas.stencil()
    for line in range(5):
        grid.box(x, y + tall * line / 4, wide, max(1.0, unit * 0.0014))
    canvas.put(grid, faint)
    for index in (2, 0):
        phase, colour = rng.uniform(0, math.tau), colours[index]
        points = [
            (
                x + wide * s / 60,
                y + tall * (0.62 - 0.30 * s / 60 + 0.13 * math.sin(s / 7 + phase) + 0.05 * math.sin(s / 2.7)),
            )
            for s in range(61)
        ]
        area = canvas.stencil()
        area.polygon([*points, (x + wide, y + tall), (x, y + tall)])
        canvas.put(area, colour, opacity=0.16)
        stroke = canvas.stencil()
        stroke.line(points, unit * 0.005)
        stroke.ellipse(*points[-1], unit * 0.008)
        canvas.put(stroke, colour)


def _ring_chart(canvas: Canvas, x: float, y: float, radius: float, colours: tuple[Colour, ...], faint: Colour) -> None:
    rng, start = canvas.rng, -90.0
    shares = [rng.uniform(0.6, 1.4) for _ in range(4)]
    hole = canvas.stencil()
    hole.ellipse(x, y, radius * 0.66)
    for place, share in enumerate(shares):
        end = start + 356 * share / sum(shares)
        slice_ = canvas.stencil()
        slice_.pie(x, y, radius, start + 2, end - 2)
        slice_.ellipse(x, y, radius * 0.66, tone=0)
        canvas.put(slice_, (*colours, faint)[place])
        start = end
    legend = canvas.stencil()
    for place in range(3):
        legend.box(
            x - radius,
            y + radius * (1.4 + 0.26 * place),
            radius * (1.9 - 0.35 * place),
            radius * 0.09,
            radius=radius * 0.045,
        )
    canvas.put(legend, mix(faint, colours[0], 0.3))
