"""A figure in a few flat shapes, in the manner of a printed poster."""

from PIL import ImageChops

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.outlines import Point, rounded
from studio.sandbox.painter.theme import Theme

SKINS: tuple[Colour, ...] = ((0.80, 0.07, 55), (0.70, 0.09, 52), (0.56, 0.08, 48), (0.44, 0.07, 45))
HAIRS: tuple[Colour, ...] = ((0.22, 0.03, 40), (0.30, 0.05, 45), (0.16, 0.02, 280), (0.48, 0.10, 50))

# Outlines in half widths of the head around its centre, y downwards.
SHOULDERS = ((-3.3, 9), (-2.7, 3.2), (-1.9, 2.35), (-0.8, 1.92), (0, 1.82), (0.8, 1.92), (1.9, 2.35), (2.7, 3.2),
             (3.3, 9))  # fmt: skip
NECK = ((-0.42, 0.7), (0.42, 0.7), (0.50, 1.75), (0.72, 2.02), (0, 2.62), (-0.72, 2.02), (-0.50, 1.75))
CHIN_SHADOW = ((-0.42, 0.8), (0.43, 0.8), (0.46, 1.15), (-0.1, 1.55))
FACE = ((-0.80, -0.5), (-0.80, 0.25), (-0.55, 0.92), (0, 1.26), (0.55, 0.92), (0.80, 0.25), (0.80, -0.5), (0, -1.1))
FACE_SHADOW = ((0.06, -1.3), (0.10, -0.05), (0.26, 0.34), (0.05, 0.46), (0.16, 1.4), (1.4, 1), (1.2, -1))
FRINGE = ((-0.98, 0.45), (-1.02, -0.5), (-0.55, -1.28), (0.2, -1.40), (0.85, -0.95), (0.98, 0.35), (0.74, -0.30),
          (0.10, -0.82), (-0.52, -0.42), (-0.78, 0.05))  # fmt: skip
LIPS = ((-0.22, 0.74), (-0.06, 0.68), (0, 0.70), (0.06, 0.68), (0.22, 0.74), (0, 0.84))
LAPEL = ((0.52, 1.72), (1.02, 2.02), (0.30, 3.0), (0, 2.60))
EYE = tuple((0.17 * t, 0.06 + 0.07 * (1 - t * t)) for t in (-1, -0.6, -0.2, 0.2, 0.6, 1))
BROW = tuple((0.20 * t, -0.20 - 0.05 * (1 - t * t)) for t in (-1, -0.5, 0, 0.5, 1))


class Head:
    """Where the head is and how large; turns outlines into the canvas' pixels."""

    def __init__(self, x: float, y: float, size: float) -> None:
        self.x, self.y, self.size = x, y, size

    def place(self, outline: tuple[Point, ...], *, dx: float = 0, mirrored: bool = False) -> list[Point]:
        """An outline's points, moved sideways by `dx` or mirrored."""
        sign = -1 if mirrored else 1
        return [(self.x + self.size * (sign * x + dx), self.y + self.size * y) for x, y in outline]


def portrait(canvas: Canvas, theme: Theme) -> None:
    """Head and shoulders before a disc of light."""
    rng, unit = canvas.rng, canvas.unit
    tone = theme.palette.sky[min(1, len(theme.palette.sky) - 1)]
    canvas.fill((shade(tone, light=-0.04), tone, shade(tone, light=0.04)))
    head = Head(canvas.width * 0.5, canvas.height * 0.5 - unit * 0.06, unit * 0.155)
    disc, reach = mix(theme.accent(0), tone, 0.15), unit * 0.35
    light = canvas.vertical_gradient(
        (shade(disc, light=0.06), shade(disc, light=-0.08)), head.y - reach, head.y + reach
    )
    canvas.ellipse(head.x + unit * 0.06, head.y - unit * 0.02, reach, reach, light)
    skin, hair = rng.choice(SKINS), rng.choice(HAIRS)
    _hair_behind(canvas, head, hair)
    _body(canvas, theme, head, skin)
    _face(canvas, head, skin)
    fringe = canvas.horizontal_gradient(
        (shade(hair, light=0.10), hair, shade(hair, light=-0.04)), head.x - head.size, head.x + head.size
    )
    canvas.polygon(rounded(head.place(FRINGE), is_closed=True), fringe)


def _hair_behind(canvas: Canvas, head: Head, hair: Colour) -> None:
    size, back = head.size, canvas.stencil()
    back.ellipse(head.x - size * 0.10, head.y - size * 0.10, size * 1.10, size * 1.34)
    back.box(head.x - size * 1.12, head.y, size * 2.05, size * 1.75, radius=size * 0.7)
    canvas.fill_stencil(
        back,
        canvas.horizontal_gradient((shade(hair, light=-0.03), shade(hair, light=0.06)), head.x - size, head.x + size),
    )


def _body(canvas: Canvas, theme: Theme, head: Head, skin: Colour) -> None:
    cloth, collar, reach = theme.accent(2), theme.palette.sky[-1], head.size * 2.4
    folds = canvas.horizontal_gradient(
        (shade(cloth, light=0.05), shade(cloth, light=-0.13)), head.x - reach, head.x + reach
    )
    canvas.polygon(rounded(head.place(SHOULDERS)), folds)
    canvas.polygon(head.place(NECK), shade(skin, light=-0.07))
    canvas.polygon(head.place(CHIN_SHADOW), shade(skin, light=-0.18), blur=head.size * 0.07, opacity=0.8)
    for is_left, share in ((True, 0.10), (False, 0.35)):
        canvas.polygon(head.place(LAPEL, mirrored=is_left), mix(collar, cloth, share))


def _face(canvas: Canvas, head: Head, skin: Colour) -> None:
    face = canvas.stencil()
    face.polygon(rounded(head.place(FACE), is_closed=True))
    mask, reach = face.mask(), head.size * 0.8
    tones = (shade(skin, light=0.05), skin, shade(skin, light=-0.12))
    canvas.fill_mask(canvas.horizontal_gradient(tones, head.x - reach, head.x + reach), mask)
    dark = canvas.stencil()
    dark.polygon(head.place(FACE_SHADOW))
    shaded = dark.mask(blur=head.size * 0.012, opacity=0.75)
    canvas.fill_mask(shade(skin, light=-0.15, turn=-8), ImageChops.multiply(shaded, mask))
    marks = canvas.stencil()
    for dx in (-0.36, 0.36):
        marks.line(head.place(EYE, dx=dx), head.size * 0.034)
        marks.line(head.place(BROW, dx=dx), head.size * 0.045)
    canvas.fill_stencil(marks, shade(skin, light=-0.38, chroma=0.7), opacity=0.9)
    canvas.polygon(rounded(head.place(LIPS), is_closed=True), mix((0.55, 0.15, 20), skin, 0.30))
