"""The screen of an app: a dashboard with charts."""

import math

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix
from studio.sandbox.painter.theme import Theme


def dashboard(canvas: Canvas, theme: Theme) -> None:
    """A dashboard on a coloured background: cards, bars, a line chart and a donut chart."""
    palette, width, height, unit = theme.palette, canvas.width, canvas.height, canvas.unit
    colours = theme.accents()
    canvas.fill((mix(colours[0], palette.sky[0], 0.55), mix(colours[1], palette.sky[-1], 0.45), palette.sky[-1]))
    canvas.glow(width * 0.78, height * 0.15, unit * 0.8, colours[2], 0.35, 1.6)
    margin = unit * 0.09
    left, top, wide, tall = margin, margin, width - 2 * margin, height - 2 * margin
    paper: Colour = (0.22, 0.015, 265) if palette.is_dark else (0.985, 0.004, 265)
    _card(canvas, left, top, wide, tall, paper, radius=unit * 0.028)
    ink: Colour = (0.93, 0.01, 265) if palette.is_dark else (0.30, 0.02, 265)
    faint = mix(paper, ink, 0.10)
    gap, sidebar = unit * 0.026, unit * 0.11
    _sidebar(canvas, left, top, sidebar, tall, ink, colours[0])
    x, inner = left + sidebar + gap, wide - sidebar - 2 * gap
    bars = canvas.stencil()
    bars.box(x, top + gap * 1.4, inner * 0.30, unit * 0.022, radius=unit * 0.011)
    canvas.fill_stencil(bars, ink, opacity=0.85)
    row = top + gap * 4.0
    third, low = (inner - 2 * gap) / 3, tall * 0.19
    for card in range(3):
        cx = x + card * (third + gap)
        _card(canvas, cx, row, third, low, mix(paper, faint, 0.35), radius=unit * 0.016, depth=0.4)
        _number_card(
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
    _donut_chart(canvas, x + 2 * (third + gap) + third / 2, row + rest * 0.42, min(third, rest) * 0.30, colours, faint)


def _card(
    canvas: Canvas, x: float, y: float, wide: float, tall: float, paper: Colour, *, radius: float, depth: float = 1.0
) -> None:
    shape, unit = canvas.stencil(), canvas.unit
    shape.box(x, y + unit * 0.012 * depth, wide, tall, radius=radius)
    canvas.fill_stencil(shape, (0.20, 0.03, 270), blur=unit * 0.022 * depth, opacity=0.26 * depth)
    body = canvas.stencil()
    body.box(x, y, wide, tall, radius=radius)
    canvas.fill_stencil(body, paper)


def _sidebar(canvas: Canvas, x: float, y: float, wide: float, tall: float, ink: Colour, accent: Colour) -> None:
    unit, marks = canvas.unit, canvas.stencil()
    for place in range(6):
        marks.box(x + wide * 0.36, y + unit * (0.12 + 0.062 * place), wide * 0.28, wide * 0.28, radius=wide * 0.08)
    canvas.fill_stencil(marks, ink, opacity=0.22)
    active = canvas.stencil()
    active.box(x + wide * 0.30, y + unit * 0.036, wide * 0.40, wide * 0.40, radius=wide * 0.13)
    active.box(x + wide * 0.36, y + unit * 0.182, wide * 0.28, wide * 0.28, radius=wide * 0.08)
    canvas.fill_stencil(active, accent)


def _number_card(canvas: Canvas, x: float, y: float, wide: float, tall: float, ink: Colour, accent: Colour) -> None:
    rng, unit = canvas.rng, canvas.unit
    words = canvas.stencil()
    words.box(x, y, wide * 0.42, unit * 0.010, radius=unit * 0.005)
    canvas.fill_stencil(words, ink, opacity=0.35)
    number = canvas.stencil()
    number.box(x, y + unit * 0.026, wide * rng.uniform(0.30, 0.5), unit * 0.026, radius=unit * 0.008)
    canvas.fill_stencil(number, ink, opacity=0.9)
    bars, count = canvas.stencil(), 14
    for bar in range(count):
        high = tall * 0.42 * (0.25 + 0.75 * rng.random() * (0.5 + bar / count / 2))
        bars.box(x + wide * bar / count, y + tall - high, wide / count * 0.62, high, radius=unit * 0.003)
    canvas.fill_stencil(bars, accent)


def _line_chart(
    canvas: Canvas, x: float, y: float, wide: float, tall: float, colours: tuple[Colour, ...], faint: Colour
) -> None:
    rng, unit = canvas.rng, canvas.unit
    grid = canvas.stencil()
    for line in range(5):
        grid.box(x, y + tall * line / 4, wide, max(1.0, unit * 0.0014))
    canvas.fill_stencil(grid, faint)
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
        canvas.fill_stencil(area, colour, opacity=0.16)
        stroke = canvas.stencil()
        stroke.line(points, unit * 0.005)
        stroke.ellipse(*points[-1], unit * 0.008)
        canvas.fill_stencil(stroke, colour)


def _donut_chart(canvas: Canvas, x: float, y: float, radius: float, colours: tuple[Colour, ...], faint: Colour) -> None:
    rng, start = canvas.rng, -90.0
    shares = [rng.uniform(0.6, 1.4) for _ in range(4)]
    hole = canvas.stencil()
    hole.ellipse(x, y, radius * 0.66)
    for place, share in enumerate(shares):
        end = start + 356 * share / sum(shares)
        slice_ = canvas.stencil()
        slice_.pie(x, y, radius, start + 2, end - 2)
        slice_.ellipse(x, y, radius * 0.66, tone=0)
        canvas.fill_stencil(slice_, (*colours, faint)[place])
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
    canvas.fill_stencil(legend, mix(faint, colours[0], 0.3))
