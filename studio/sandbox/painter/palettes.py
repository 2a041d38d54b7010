"""The colour palettes, as data."""

import random
from dataclasses import dataclass, replace

from studio.sandbox.painter.colour import Colour, shade


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The sky from top to horizon, its light, the farthest and nearest layers, and colours to accent with."""

    sky: tuple[Colour, ...]
    light: Colour
    far: Colour
    near: Colour
    accents: tuple[Colour, ...]
    is_dark: bool = False

    def with_hue_shift(self, degrees: float) -> "Palette":
        """The same palette with every hue turned by `degrees`."""
        return replace(
            self,
            sky=tuple(shade(colour, turn=degrees) for colour in self.sky),
            light=shade(self.light, turn=degrees),
            far=shade(self.far, turn=degrees),
            near=shade(self.near, turn=degrees),
            accents=tuple(shade(colour, turn=degrees) for colour in self.accents),
        )

    def desaturated(self, chroma: float) -> "Palette":
        """The same palette with its chroma multiplied; 0 is black and white."""
        return replace(
            self,
            sky=tuple(shade(colour, chroma=chroma) for colour in self.sky),
            light=shade(self.light, chroma=chroma),
            far=shade(self.far, chroma=chroma),
            near=shade(self.near, chroma=chroma),
            accents=tuple(shade(colour, chroma=chroma) for colour in self.accents),
        )


WARM = ((0.66, 0.17, 38), (0.80, 0.14, 75), (0.52, 0.14, 20), (0.90, 0.06, 85), (0.40, 0.09, 330))
COOL = ((0.62, 0.13, 240), (0.78, 0.10, 200), (0.46, 0.13, 265), (0.92, 0.04, 210), (0.72, 0.15, 40))
LEAFY = ((0.60, 0.12, 145), (0.78, 0.13, 115), (0.42, 0.08, 165), (0.92, 0.06, 105), (0.72, 0.16, 50))
BLOOM = ((0.70, 0.17, 5), (0.82, 0.12, 350), (0.62, 0.19, 20), (0.88, 0.10, 80), (0.55, 0.16, 320))
GLOWING = ((0.72, 0.23, 345), (0.80, 0.14, 205), (0.62, 0.24, 300), (0.88, 0.17, 110), (0.66, 0.22, 25))
SOFT = ((0.82, 0.09, 20), (0.86, 0.08, 90), (0.82, 0.08, 160), (0.80, 0.08, 240), (0.80, 0.09, 310))
CLASSIC = ((0.62, 0.20, 32), (0.82, 0.15, 85), (0.45, 0.13, 255), (0.93, 0.03, 85), (0.25, 0.03, 265))

PALETTES: dict[str, Palette] = {
    "dawn": Palette(
        sky=((0.46, 0.10, 278), (0.66, 0.11, 330), (0.82, 0.11, 40), (0.93, 0.08, 85)),
        light=(0.98, 0.06, 95),
        far=(0.74, 0.08, 350),
        near=(0.26, 0.07, 285),
        accents=WARM,
    ),
    "golden": Palette(
        sky=((0.38, 0.11, 300), (0.60, 0.17, 12), (0.77, 0.16, 52), (0.91, 0.12, 88)),
        light=(0.98, 0.08, 95),
        far=(0.64, 0.14, 25),
        near=(0.20, 0.06, 335),
        accents=WARM,
    ),
    "day": Palette(
        sky=((0.60, 0.12, 250), (0.77, 0.09, 235), (0.91, 0.045, 220), (0.97, 0.02, 100)),
        light=(0.99, 0.02, 100),
        far=(0.80, 0.06, 235),
        near=(0.34, 0.08, 165),
        accents=COOL,
    ),
    "dusk": Palette(
        sky=((0.20, 0.07, 276), (0.36, 0.11, 292), (0.58, 0.14, 345), (0.80, 0.12, 50)),
        light=(0.96, 0.06, 85),
        far=(0.48, 0.10, 315),
        near=(0.13, 0.04, 285),
        accents=WARM,
        is_dark=True,
    ),
    "night": Palette(
        sky=((0.13, 0.045, 272), (0.22, 0.07, 265), (0.36, 0.08, 250), (0.50, 0.07, 225)),
        light=(0.96, 0.03, 95),
        far=(0.36, 0.07, 252),
        near=(0.10, 0.03, 268),
        accents=COOL,
        is_dark=True,
    ),
    "winter": Palette(
        sky=((0.66, 0.06, 250), (0.80, 0.04, 255), (0.91, 0.03, 330), (0.96, 0.03, 60)),
        light=(0.99, 0.02, 80),
        far=(0.82, 0.035, 250),
        near=(0.40, 0.055, 255),
        accents=COOL,
    ),
    "green": Palette(
        sky=((0.76, 0.05, 175), (0.87, 0.05, 140), (0.95, 0.06, 110)),
        light=(0.985, 0.06, 110),
        far=(0.80, 0.06, 150),
        near=(0.21, 0.05, 168),
        accents=LEAFY,
    ),
    "autumn": Palette(
        sky=((0.68, 0.06, 230), (0.84, 0.05, 80), (0.94, 0.06, 85)),
        light=(0.985, 0.05, 90),
        far=(0.76, 0.11, 62),
        near=(0.26, 0.07, 32),
        accents=WARM,
    ),
    "desert": Palette(
        sky=((0.58, 0.09, 225), (0.80, 0.06, 90), (0.90, 0.07, 65), (0.95, 0.06, 80)),
        light=(0.99, 0.05, 90),
        far=(0.80, 0.10, 55),
        near=(0.38, 0.12, 32),
        accents=WARM,
    ),
    "ocean": Palette(
        sky=((0.58, 0.11, 245), (0.78, 0.08, 225), (0.92, 0.04, 190), (0.97, 0.03, 95)),
        light=(0.99, 0.03, 95),
        far=(0.66, 0.10, 215),
        near=(0.28, 0.09, 245),
        accents=COOL,
    ),
    "neon": Palette(
        sky=((0.11, 0.05, 282), (0.24, 0.12, 295), (0.42, 0.20, 325), (0.66, 0.20, 355)),
        light=(0.86, 0.14, 350),
        far=(0.38, 0.16, 305),
        near=(0.09, 0.04, 282),
        accents=GLOWING,
        is_dark=True,
    ),
    "linen": Palette(
        sky=((0.80, 0.03, 65), (0.89, 0.03, 72), (0.95, 0.02, 80)),
        light=(0.99, 0.02, 85),
        far=(0.80, 0.05, 60),
        near=(0.33, 0.05, 40),
        accents=((0.62, 0.14, 38), (0.80, 0.09, 75), (0.56, 0.06, 150), (0.93, 0.03, 80), (0.38, 0.06, 250)),
    ),
    "blush": Palette(
        sky=((0.78, 0.07, 15), (0.87, 0.06, 25), (0.94, 0.04, 50)),
        light=(0.99, 0.02, 70),
        far=(0.82, 0.07, 15),
        near=(0.40, 0.10, 5),
        accents=BLOOM,
    ),
    "ink": Palette(
        sky=((0.17, 0.02, 260), (0.23, 0.025, 255), (0.33, 0.03, 245)),
        light=(0.96, 0.03, 85),
        far=(0.40, 0.04, 250),
        near=(0.12, 0.02, 265),
        accents=CLASSIC,
        is_dark=True,
    ),
    "pastel": Palette(
        sky=((0.83, 0.07, 290), (0.88, 0.06, 340), (0.93, 0.05, 60)),
        light=(0.99, 0.03, 90),
        far=(0.84, 0.07, 320),
        near=(0.55, 0.10, 290),
        accents=SOFT,
    ),
    "poster": Palette(
        sky=((0.93, 0.03, 85), (0.95, 0.025, 88)),
        light=(0.98, 0.02, 90),
        far=(0.82, 0.09, 60),
        near=(0.25, 0.04, 265),
        accents=CLASSIC,
    ),
}


def varied(palette: Palette, rng: random.Random) -> Palette:
    """The palette with a few degrees of its own, so that two pictures of one theme differ a little."""
    return palette.with_hue_shift(rng.uniform(-9, 9))
