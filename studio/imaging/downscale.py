"""Downscaling pictures with too many bytes for a form: only what is sent, never what is stored."""

import io
from math import isqrt, sqrt

from PIL import Image

from .alpha import flattened
from .decoding import read_pixels
from .masking import PaintedMask
from .pixels import Pixels, encode_png, resized

MAX_PART_BYTES = 19 << 20  # some gateways cut a part at 20 MiB without an error
JPEG_QUALITY = 95
SIZE_STEP = 16  # both edges of a picture the model draws are multiples of this many px


def opaque(
    data: bytes, *, ground: str, max_size: tuple[int, int], max_bytes: int = MAX_PART_BYTES
) -> tuple[bytes, str]:
    """A picture on its ground in its own size as a PNG, smaller only where that has too many bytes; with its format."""
    whole = encode_png(flattened(read_pixels(data), ground))
    return (whole, "png") if len(whole) <= max_bytes else downscale(whole, max_size=max_size, max_bytes=max_bytes)


def downscale(
    data: bytes, *, max_size: tuple[int, int], max_bytes: int = MAX_PART_BYTES, ground: str = ""
) -> tuple[bytes, str]:
    """A picture with as many px as `max_size` (width, height), and smaller while it has more than `max_bytes` bytes.

    Transparent parts are put on the ground. Returns its bytes and their format: PNG, or JPEG where a PNG would have too
    many bytes.
    """
    pixels = flattened(read_pixels(data), ground)
    area = max_size[0] * max_size[1]
    while True:
        smaller = scaled(pixels, size_within(pixels.size, area))
        made, kind = encode_png(smaller), "png"
        if len(made) > max_bytes:
            made, kind = jpeg(smaller), "jpeg"
        if len(made) <= max_bytes or area <= SIZE_STEP * SIZE_STEP:
            return made, kind
        area = area * 3 // 4


def downscale_pair(picture: bytes, mask: PaintedMask, *, max_bytes: int = MAX_PART_BYTES) -> tuple[bytes, PaintedMask]:
    """A PNG and its mask, scaled together so that the picture has at most `max_bytes` bytes.

    In sixteenths, so that both keep their ratio to the px; the mask by nearest neighbour.
    """
    if len(picture) <= max_bytes:
        return picture, mask
    pixels = read_pixels(picture)
    steps = min(SIZE_STEP - 1, int(SIZE_STEP * sqrt(max_bytes / len(picture))))
    for step in range(max(steps, 1), 0, -1):
        size = (pixels.size[0] * step // SIZE_STEP, pixels.size[1] * step // SIZE_STEP)
        picture = encode_png(scaled(pixels, size))
        if len(picture) <= max_bytes:
            break
    return picture, mask.resized(size)


def size_within(size: tuple[int, int], area: int) -> tuple[int, int]:
    """The size in px, scaled down to an area where it has more."""
    width, height = size
    if width * height <= area:
        return size
    return (max(1, isqrt(area * width // height)), max(1, isqrt(area * height // width)))


def scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The pixels of an opaque picture in another size."""
    return Pixels(resized(pixels.colours, size), None, pixels.profile)


def jpeg(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels.colours).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, icc_profile=pixels.profile)
    return out.getvalue()
