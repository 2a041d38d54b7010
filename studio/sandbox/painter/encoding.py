"""From a picture to the bytes of a PNG, JPEG or WebP file."""

import io

from PIL import Image


def encode(image: Image.Image, *, output_format: str, compression: int | None = None) -> bytes:
    """The file's bytes; `compression` 0–100 is the encoder's quality, as the API means it for jpeg and webp."""
    file = io.BytesIO()
    level = 100 if compression is None else compression
    if output_format == "jpeg":
        image.save(file, "JPEG", quality=max(1, level))
    elif output_format == "webp":
        image.save(file, "WEBP", quality=level, method=0)
    else:
        image.save(file, "PNG", compress_level=1)
    return file.getvalue()
