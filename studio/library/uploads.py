"""What people upload, made plain: upright, sRGB, 8 bit and without metadata, at the least loss.

Where nothing but metadata has to go, the compressed pixels stay as they are. Otherwise a JPEG is compressed once more,
at high quality and full colour resolution, and everything else becomes a PNG.
"""

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image

from studio.images import MAX_IMAGE_BYTES

from .colour import needs_conversion, to_srgb
from .decoding import FORMATS, TURNS, Unreadable, opened, orientation
from .stripping import Malformed, stripped

TYPES = ("image/png", "image/jpeg", "image/webp")
QUALITY = 95
BIT_DEPTH_AT = 24  # in a PNG


@dataclass(frozen=True, slots=True)
class Normalised:
    """A picture ready to be stored: its bytes and px, the sha256 of the upload, and what had to be changed.

    `changes` holds any of "orientation", "colour" and "depth" (palettes too), else "metadata" or nothing.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    format: str
    upload_sha256: str
    changes: tuple[str, ...]


def normalise(data: bytes, *, declared_type: str | None = None) -> Normalised:
    """Make an uploaded PNG, JPEG or WebP plain, or raise Unreadable; takes up to some seconds at 40 megapixels.

    `declared_type` is the browser's word for it; it only makes the sentence better where the bytes are something else.
    """
    if not data:
        raise Unreadable("empty")
    if len(data) >= MAX_IMAGE_BYTES:
        raise Unreadable("too_heavy")
    try:
        return plain(data)
    except Unreadable as error:
        if error.kind == "not_a_picture" and declared_type in TYPES:
            raise Unreadable("disguised") from None
        raise


def plain(data: bytes) -> Normalised:
    with opened(data) as image:
        kind = FORMATS[str(image.format)]
        turn = TURNS.get(orientation(image))
        profile = image.info.get("icc_profile")
        is_plain = has_plain_pixels(image, kind, data)
        image.load()
        reasons = {
            "orientation": turn is not None,
            "colour": needs_conversion(image.mode, profile),
            "depth": not is_plain,
        }
        changes = [name for name, applies in reasons.items() if applies]
        if changes:
            picture = to_srgb(image, profile if changes != ["orientation"] else None)
            picture = picture if turn is None else picture.transpose(turn)
            kind = kind if kind == "jpeg" else "png"
            kept = encoded(picture, kind)
        else:
            picture, kept = image, pixels_only(data, kind)
            check_readable(kept)
        if not changes and kept != data:
            changes = ["metadata"]
        return Normalised(
            data=kept,
            width=picture.width,
            height=picture.height,
            format=kind,
            upload_sha256=hashlib.sha256(data).hexdigest(),
            changes=tuple(changes),
        )


def has_plain_pixels(image: Image.Image, kind: str, data: bytes) -> bool:
    """Whether the pixels are stored with 8 bits a channel, without a palette."""
    return image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and (kind != "png" or data[BIT_DEPTH_AT] == 8)


def pixels_only(data: bytes, kind: str) -> bytes:
    try:
        return stripped(data, kind)
    except Malformed:
        raise Unreadable("broken") from None


def check_readable(data: bytes) -> None:
    """Decode what was cut together: a damaged file may have passed only by what was cut away."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.info = {}
    if kind == "jpeg":
        image.save(out, "JPEG", quality=QUALITY, subsampling=0)
    else:
        image.save(out, "PNG", compress_level=1)
    return out.getvalue()
