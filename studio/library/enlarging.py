"""A picture enlarged to the size that was wanted, where the model drew it smaller."""

import io

import numpy as np
from PIL import Image

from .pixels import Levels, Pixels, png, read

MOST_CUT = 0.02  # share of an edge that may be cut off so that the ratio fits
LOSSY_QUALITY = {"jpeg": 95, "webp": 92}  # where the wish names no compression; of 100

type Box = tuple[float, float, float, float]


class Unlike(Exception):
    """The picture's proportions are not those of the size it is to have."""


def enlarged(data: bytes, *, size: tuple[int, int], kind: str, compression: int | None = None) -> bytes:
    """The picture in `size` px (width, height) by Lanczos, written as `kind` ("png" | "jpeg" | "webp").

    What juts out by a hair, because edges are multiples of 16, is cut off evenly. Raises Unlike or Unreadable.
    """
    drawn = read(data)
    box = covering(drawn.size, size)
    colours = resampled(drawn.colours, box, size)
    alpha = None if drawn.alpha is None else resampled(drawn.alpha, box, size)
    return written(Pixels(colours, alpha, drawn.profile), kind=kind, compression=compression)


def covering(drawn: tuple[int, int], wanted: tuple[int, int]) -> Box:
    """The middle part of what was drawn that has the proportions wanted, in px of what was drawn."""
    scale = min(drawn[0] / wanted[0], drawn[1] / wanted[1])
    width, height = wanted[0] * scale, wanted[1] * scale
    if width < drawn[0] * (1 - MOST_CUT) or height < drawn[1] * (1 - MOST_CUT):
        raise Unlike(f"{drawn} is not shaped like {wanted}")
    left, top = (drawn[0] - width) / 2, (drawn[1] - height) / 2
    return (left, top, left + width, top + height)


def resampled(levels: Levels, box: Box, size: tuple[int, int]) -> Levels:
    return np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.LANCZOS, box=box))


def written(pixels: Pixels, *, kind: str, compression: int | None) -> bytes:
    if kind == "png":
        return png(pixels)
    image = Image.fromarray(pixels.colours)
    if pixels.alpha is not None and kind == "webp":
        image.putalpha(Image.fromarray(pixels.alpha))
    file = io.BytesIO()
    image.save(
        file, kind, quality=LOSSY_QUALITY[kind] if compression is None else compression, icc_profile=pixels.profile
    )
    return file.getvalue()
