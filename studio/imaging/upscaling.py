"""Upscaling to the requested size, where a fallback step drew a smaller picture."""

import io

import numpy as np
from PIL import Image

from .pixels import Levels, Pixels, WrongRatio, encode_png, image_of

MAX_CROP = 0.02  # share of an edge that may be cropped so that the ratio fits
LOSSY_QUALITY = {"jpeg": 95, "webp": 92}  # of 100, where the request names no compression

type Box = tuple[float, float, float, float]


def upscale(drawn: Pixels, *, size: tuple[int, int], kind: str, compression: int | None = None) -> bytes:
    """The picture in `size` px (width, height) by Lanczos, encoded as `kind` ("png" | "jpeg" | "webp").

    A small difference of ratio, since edges are multiples of 16, is cropped evenly; raise WrongRatio for a larger one.
    `compression` is the API's `output_compression`, 0 to 100.
    """
    box = crop_box(drawn.size, size)
    colours = resampled(drawn.colours, box, size)
    alpha = None if drawn.alpha is None else resampled(drawn.alpha, box, size)
    return encoded(Pixels(colours, alpha, drawn.profile), kind=kind, compression=compression)


def crop_box(drawn: tuple[int, int], wanted: tuple[int, int]) -> Box:
    """The middle part of the drawn picture that has the wanted ratio, in px of the drawn picture."""
    scale = min(drawn[0] / wanted[0], drawn[1] / wanted[1])
    width, height = wanted[0] * scale, wanted[1] * scale
    if width < drawn[0] * (1 - MAX_CROP) or height < drawn[1] * (1 - MAX_CROP):
        raise WrongRatio(requested=wanted, received=drawn)
    left, top = (drawn[0] - width) / 2, (drawn[1] - height) / 2
    return (left, top, left + width, top + height)


def resampled(levels: Levels, box: Box, size: tuple[int, int]) -> Levels:
    return np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.LANCZOS, box=box))


def encoded(pixels: Pixels, *, kind: str, compression: int | None) -> bytes:
    if kind == "png":
        return encode_png(pixels)
    image = image_of(pixels if kind == "webp" else Pixels(pixels.colours, None, pixels.profile))
    file = io.BytesIO()
    image.save(
        file, kind, quality=LOSSY_QUALITY[kind] if compression is None else compression, icc_profile=pixels.profile
    )
    return file.getvalue()
