"""A poster of geometric tiles."""

import math

from studio.sandbox.painter.canvas import Canvas, Stencil
from studio.sandbox.painter.colour import shade
from studio.sandbox.painter.outlines import Point
from studio.sandbox.painter.theme import Theme


def pattern(canvas: Canvas, theme: Theme) -> None:
    """A poster of tiles: quarter circles, arcs, dots and stripes on a grid."""
    rng, width, height = canvas.rng, canvas.width, canvas.height
    ground = theme.palette.sky[-1]
    canvas.fill((ground, shade(ground, light=-0.02)))
    across = max(3, round(rng.choice((4, 5, 6)) * width / canvas.unit))
    cell = width / across
    down = math.ceil(height / cell)
    top = (height - down * cell) / 2
    colours = (*theme.accents(), theme.palette.near, ground)
    layers = [canvas.stencil() for _ in colours]
    for row in range(down):
        for column in range(across):
            back, front, dot = rng.sample(range(len(colours)), 3)
            x, y = column * cell, top + row * cell
            for index, layer in enumerate(layers):
                layer.box(x, y, cell, cell, tone=1.0 if index == back else 0.0)
            _tile(layers, canvas, front, dot, (x, y), cell)
    for layer, colour in zip(layers, colours, strict=True):
        canvas.fill_stencil(layer, canvas.vertical_gradient((shade(colour, light=0.015), shade(colour, light=-0.025))))
    paper = canvas.noise(40, octaves=3)
    canvas.apply_noise(shade(ground, light=-0.35), paper, low=0.50, high=0.95, opacity=0.10)


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
