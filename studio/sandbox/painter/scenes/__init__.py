"""The scenes: each function paints one kind of picture on a canvas, in the theme of the prompt."""

from collections.abc import Callable

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.scenes.city import city
from studio.sandbox.painter.scenes.dashboard import dashboard
from studio.sandbox.painter.scenes.flowers import flowers
from studio.sandbox.painter.scenes.forest import forest
from studio.sandbox.painter.scenes.hills import hills
from studio.sandbox.painter.scenes.pattern import pattern
from studio.sandbox.painter.scenes.portrait import portrait
from studio.sandbox.painter.scenes.product import product
from studio.sandbox.painter.scenes.ribbons import ribbons
from studio.sandbox.painter.scenes.sea import sea
from studio.sandbox.painter.scenes.space import space
from studio.sandbox.painter.scenes.still_life import still_life
from studio.sandbox.painter.theme import Theme

type Scene = Callable[[Canvas, Theme], None]

SCENES: dict[str, Scene] = {
    "city": city,
    "dashboard": dashboard,
    "flowers": flowers,
    "forest": forest,
    "hills": hills,
    "pattern": pattern,
    "portrait": portrait,
    "product": product,
    "ribbons": ribbons,
    "sea": sea,
    "space": space,
    "still_life": still_life,
}
