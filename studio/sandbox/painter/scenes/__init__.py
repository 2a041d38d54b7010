"""The scenes: one function each, from a canvas and a mood to a painted canvas."""

from collections.abc import Callable

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.mood import Mood
from studio.sandbox.painter.scenes.flower import flower
from studio.sandbox.painter.scenes.graphic import pattern, ribbons, screen
from studio.sandbox.painter.scenes.land import forest, hills, sea
from studio.sandbox.painter.scenes.portrait import portrait
from studio.sandbox.painter.scenes.staged import product, still
from studio.sandbox.painter.scenes.upward import city, space

type Scene = Callable[[Canvas, Mood], None]

SCENES: dict[str, Scene] = {
    "city": city,
    "flower": flower,
    "forest": forest,
    "hills": hills,
    "pattern": pattern,
    "portrait": portrait,
    "product": product,
    "ribbons": ribbons,
    "screen": screen,
    "sea": sea,
    "space": space,
    "still": still,
}
