"""One painting with every tool, by hand in an editor and by Pillow on a drawing, to hold the two against each other."""

from collections.abc import Sequence
from typing import Any, Protocol

from .drawing import KEPT, Drawing
from .editor import Place, Point

CORNERS = [(80, 80, 560, 400), (680, 96, 1120, 384), (96, 510, 560, 880), (640, 480, 1200, 896)]  # on 1280×960


class Painter(Protocol):
    """Somebody in front of an editor: `Editor`, or what a journey does there."""

    @property
    def place(self) -> Place: ...

    def choose(self, tool: str) -> None: ...

    def size(self, pixels: int) -> None: ...

    def drag(self, points: Sequence[Point], *, button: Any = "left") -> None: ...


def paint_everything(painter: Painter, drawing: Drawing, boxes: list[tuple[Point, Point]]) -> None:
    """A stroke, an erased line across it, a rectangle, an ellipse and a lasso, each in a box of the screen."""
    place = painter.place
    (one, other), rectangle, ellipse, (corner, far) = boxes
    stroke = [one, (other[0], one[1] + 20), other, (one[0] + 10, other[1])]
    painter.choose("Brush")
    painter.size(70)
    painter.drag(stroke)
    drawing.stroke(on_picture(place, stroke), brush=70)
    line = [(one[0], other[1] - 20), (other[0], one[1] + 40)]
    painter.size(24)
    painter.drag(line, button="right")
    drawing.stroke(on_picture(place, line), brush=24, fill=KEPT)
    for tool, box, draw in (("Rectangle", rectangle, drawing.rectangle), ("Ellipse", ellipse, drawing.ellipse)):
        painter.choose(tool)
        painter.drag([*box])
        draw(*on_picture(place, [*box]))
    loop = [corner, (far[0], corner[1] + 15), (far[0] - 20, far[1]), (corner[0] + 40, far[1] - 30)]
    painter.choose("Lasso")
    painter.drag(loop)
    drawing.outline(on_picture(place, loop))


def boxes_on(place: Place, width: int = 1280, height: int = 960) -> list[tuple[Point, Point]]:
    """A box of the screen for each shape on a picture of that size."""
    corners = [(x * width / 1280, y * height / 960) for box in CORNERS for x, y in (box[:2], box[2:])]
    points = [place.on_screen(*corner) for corner in corners]
    return [*zip(points[::2], points[1::2], strict=True)]


def on_picture(place: Place, points: Sequence[Point]) -> list[Point]:
    return [place.on_picture(point) for point in points]
