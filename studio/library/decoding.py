"""What picture bytes say: decoded once, fully and within caps, down to two WebP thumbnails."""

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from .models import THUMBNAIL_WIDTHS

MAX_PIXELS = 40_000_000
MAX_EDGE = 16_384  # px
WEBP_MAX_EDGE = 16_383  # px, a limit of the WebP format
FORMATS = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "WEBP": "webp"}

# How to set upright what a camera stored turned or mirrored, by EXIF orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

LYING = {TURNS[number] for number in (5, 6, 7, 8)}

# A 4K picture takes some 60 MB while it is decoded, so never more than two at once in a process.
_decoding = threading.BoundedSemaphore(2)


class Worded(Exception):
    """A refusal with a sentence for people; `kind` is a key of SENTENCES."""

    SENTENCES: ClassVar[dict[str, Promise]]

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        return str(self.SENTENCES[self.kind])


class Unreadable(Worded):
    """Bytes that are no picture we take; `kind` is a key of SENTENCES."""

    SENTENCES: ClassVar[dict[str, Promise]] = {
        "not_a_picture": _("This is not a PNG, JPEG or WebP picture."),
        "broken": _("The picture is damaged or was cut off on its way."),
        "too_large": _("The picture is larger than 40 megapixels or 16,384 pixels on one edge."),
        "animated": _("Moving pictures cannot be used; a picture with a single frame can."),
        "empty": _("The file is empty."),
        "too_heavy": _("The file has 50 MB or more."),
        "disguised": _("The file is named like a picture, but it is not a PNG, JPEG or WebP."),
    }


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the bytes say: px as shown, "png" | "jpeg" | "webp", mean colour "#rrggbb", WebP thumbnails by width."""

    width: int
    height: int
    format: str
    colour: str
    sha256: str
    byte_count: int
    thumbnails: dict[int, bytes] = field(repr=False)


def decode(data: bytes) -> Decoded:
    """Decode a picture fully and once, or raise Unreadable; runs in a worker thread, for it takes up to 0.2 s."""
    with opened(data) as image:
        format_name = FORMATS[str(image.format)]
        turn = TURNS.get(orientation(image))
        width, height = image.size
        if turn in LYING:
            width, height = height, width
        large = reduced(image, THUMBNAIL_WIDTHS[1], of=width)
        large = large if turn is None else large.transpose(turn)
        small = reduced(large, THUMBNAIL_WIDTHS[0], of=large.width)
        return Decoded(
            width=width,
            height=height,
            format=format_name,
            colour=mean_colour(small),
            sha256=hashlib.sha256(data).hexdigest(),
            byte_count=len(data),
            thumbnails=dict(zip(THUMBNAIL_WIDTHS, (webp(small), webp(large)), strict=True)),
        )


def shrink(data: bytes, *, width: int = 512) -> bytes:
    """Return a picture as a WebP at most `width` px wide, for partial pictures; or raise Unreadable."""
    with opened(data) as image:
        return webp(reduced(image, width, of=image.width))


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """Open foreign bytes within the caps, one of two at a time; whatever goes wrong inside is Unreadable."""
    with _decoding:
        try:
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as image:
                check(image)
                yield image
        except Unreadable:
            raise
        except UnidentifiedImageError:
            raise Unreadable("not_a_picture") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Unreadable("too_large") from None
        except Exception as error:  # Pillow's readers raise a dozen types on damaged bytes
            raise Unreadable("broken") from error


def check(image: Image.Image) -> None:
    """Hold the header against the caps before a pixel is decoded."""
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_EDGE:
        raise Unreadable("too_large")
    # A camera's JPEG may carry further frames (a preview, a gain map) and still be one picture.
    if FORMATS[str(image.format)] != "jpeg" and getattr(image, "is_animated", False):
        raise Unreadable("animated")


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; a damaged note about the picture is no reason to refuse it."""
    with suppress(Exception):
        return int(image.getexif().get(0x0112, 1))
    return 1


def reduced(image: Image.Image, width: int, *, of: int) -> Image.Image:
    """Return an RGB or RGBA copy, scaled down from `of` to at most `width` px."""
    scale = min(1, width / of, WEBP_MAX_EDGE / max(image.size))
    size = tuple(max(1, round(edge * scale)) for edge in image.size)
    image.draft(None, (size[0], size[1]))  # lets libjpeg decode at a fraction of the size
    image.load()
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    if image.mode.startswith("I"):  # 16 bits a pixel, which a conversion would clip instead of scale
        image = image.convert("I").point(lambda level: level * (1 / 256))
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    copy = image if image.size == size else image.resize((size[0], size[1]), reducing_gap=2.0)
    copy.info = {"icc_profile": profile} if profile else {}
    return copy


def webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=1, icc_profile=image.info.get("icc_profile"))
    return out.getvalue()


def mean_colour(image: Image.Image) -> str:
    red, green, blue = image.convert("RGB").resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"#{red:02x}{green:02x}{blue:02x}"
