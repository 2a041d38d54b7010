"""Pictures too heavy for a form, made lighter: only what is sent, never what is stored."""

import io
from math import isqrt, sqrt

from PIL import Image

from .masking import PaintedMask
from .pixels import Pixels, png, read, resized

MAX_PART_BYTES = 19 << 20  # some gateways cut what they are sent at 20 MiB, without a word
JPEG_QUALITY = 95
STEPS = 16  # both edges of a picture the model draws are multiples of this many px


def lightened(data: bytes, *, room: tuple[int, int], most: int = MAX_PART_BYTES) -> tuple[bytes, str]:
    """A picture with as many px as `room` (width, height), and smaller while it has more than `most` bytes.

    Returns its bytes and their format: PNG, or JPEG where a PNG would be too heavy and nothing is transparent.
    """
    pixels = read(data)
    area = room[0] * room[1]
    while True:
        smaller = scaled(pixels, within(pixels.size, area))
        made, kind = png(smaller), "png"
        if len(made) > most and smaller.alpha is None:
            made, kind = jpeg(smaller), "jpeg"
        if len(made) <= most or area <= STEPS * STEPS:
            return made, kind
        area = area * 3 // 4


def lightened_pair(picture: bytes, mask: PaintedMask, *, most: int = MAX_PART_BYTES) -> tuple[bytes, PaintedMask]:
    """A PNG and its mask, scaled together so that the picture has at most `most` bytes.

    In sixteenths, so that both keep their ratio to the px; the mask by nearest neighbour.
    """
    if len(picture) <= most:
        return picture, mask
    pixels = read(picture)
    steps = min(STEPS - 1, int(STEPS * sqrt(most / len(picture))))
    for step in range(max(steps, 1), 0, -1):
        size = (pixels.size[0] * step // STEPS, pixels.size[1] * step // STEPS)
        picture = png(scaled(pixels, size))
        if len(picture) <= most:
            break
    return picture, mask.stretched(size)


def within(size: tuple[int, int], area: int) -> tuple[int, int]:
    """The size in px, scaled down to an area where it has more."""
    width, height = size
    if width * height <= area:
        return size
    return (max(1, isqrt(area * width // height)), max(1, isqrt(area * height // width)))


def scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    alpha = None if pixels.alpha is None else resized(pixels.alpha, size)
    return Pixels(resized(pixels.colours, size), alpha, pixels.profile)


def jpeg(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels.colours).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, icc_profile=pixels.profile)
    return out.getvalue()
