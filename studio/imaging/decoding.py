"""Picture bytes decoded: fully, within caps, and once for all that is made from them."""

import hashlib
import io
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from .alpha import ground_of, mean_colour
from .colour import UnknownColours
from .containers import CONTAINERS, MAX_EDGE, MAX_PIXELS, MOVING, STORED, is_begun, isobmff_format
from .pixels import Pixels, encode_png, image_of, pixels_of
from .thumbnails import THUMBNAIL_WIDTHS

log = logging.getLogger(__name__)

WEBP_MAX_EDGE = 16_383  # px, a limit of the WebP format
Image.MAX_IMAGE_PIXELS = None  # `open_picture` checks each header itself, for what is allowed depends on the container

# What sets a rotated or mirrored picture upright, by EXIF orientation.
UPRIGHT_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Those that exchange width and height.
EDGE_SWAPS = {UPRIGHT_TRANSPOSES[number] for number in (5, 6, 7, 8)}

# A 4K picture takes some 60 MB while it is decoded, so never more than two at once in a process.
_decoders = threading.BoundedSemaphore(2)


class PictureRefused(Exception):
    """A picture that cannot be used, with a sentence for people; `kind` is a key of SENTENCES."""

    SENTENCES: ClassVar[dict[str, Promise]]

    def __init__(self, kind: str, **values: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        return str(self.SENTENCES[self.kind]) % self.values


class Unreadable(PictureRefused):
    """Bytes that are not a supported picture; `kind` is a key of SENTENCES."""

    SENTENCES: ClassVar[dict[str, Promise]] = {
        "not_a_picture": _("This is not a picture. PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF and BMP can be used."),
        "foreign": _("This is a %(name)s, which cannot be used here. Save it as PNG, JPEG or WebP."),
        "broken": _("The picture is damaged or was cut off on its way."),
        "too_large": _(
            "The picture has %(megapixels)s megapixels; at most %(limit)s can be read from a %(container)s file."
        ),
        "too_long": _("The picture is %(edge)s pixels long; at most %(limit)s can be used."),
        "too_many_steps": _("The picture would take too long to read. Save it once more and try again."),
        "colours": _("Its colours are stored in a way that cannot be read here. Save it as PNG, JPEG or WebP in sRGB."),
        "animated": _("Moving pictures cannot be used; a picture with a single frame can."),
        "empty": _("The file is empty."),
        "too_heavy": _("The file has 50 MB or more."),
        "disguised": _("The file is named like a picture, but it is none."),
    }


@dataclass(frozen=True, slots=True)
class Decoded:
    """A whole picture: its bytes, its px as shown, "png" | "jpeg" | "webp", mean colour "#rrggbb", WebP thumbnails.

    `ground` is the colour that its transparent parts are sent on, "" where nothing is transparent.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    format: str
    colour: str
    ground: str
    sha256: str
    thumbnails: dict[int, bytes] = field(repr=False)  # by their width in px

    @property
    def byte_count(self) -> int:
        return len(self.data)


def decode(data: bytes) -> Decoded:
    """Decode a picture fully and once, or raise Unreadable; runs in a worker thread, for it takes up to 0.2 s."""
    with open_picture(data) as image:
        return describe(image, data, format_name=STORED[str(image.format)])


def decode_with_pixels(data: bytes) -> tuple[Decoded, Pixels | None]:
    """Decode a picture fully and once, or raise Unreadable; its pixels are None where making them failed."""
    with open_picture(data) as image:
        transpose = upright_transpose(image)
        image.load()
        # Before `describe`, which may drop the image's information on transparency.
        pixels = pixels_or_none(image, transpose)
        return describe(image, data, format_name=STORED[str(image.format)]), pixels


def pixels_or_none(image: Image.Image, transpose: Image.Transpose | None) -> Pixels | None:
    """The pixels of a decoded image; a fault here is logged and does not make the image unreadable."""
    try:
        return pixels_of(image, transpose=transpose)
    except Exception:
        log.exception("the pixels of a decoded picture could not be read")
        return None


def read_pixels(data: bytes) -> Pixels:
    """Decode a picture within the caps to its pixels alone, or raise Unreadable."""
    with open_picture(data) as image:
        transpose = upright_transpose(image)
        image.load()
        return pixels_of(image, transpose=transpose)


def encode(pixels: Pixels) -> Decoded:
    """The pixels as a PNG, described from the pixels, so that the PNG is not decoded again."""
    data = encode_png(pixels)
    with _decoders:
        return describe(image_of(pixels), data, format_name="png")


def describe(image: Image.Image, data: bytes, *, format_name: str) -> Decoded:
    """The facts and thumbnails of an opened image; decodes it, at a reduced size where the format allows that."""
    transpose = upright_transpose(image)
    width, height = image.size
    if transpose in EDGE_SWAPS:
        width, height = height, width
    large = scaled_down(image, THUMBNAIL_WIDTHS[1], of=width)
    ground = ground_of(image, large)
    large = large if transpose is None else large.transpose(transpose)
    small = scaled_down(large, THUMBNAIL_WIDTHS[0], of=large.width)
    return Decoded(
        data=data,
        width=width,
        height=height,
        format=format_name,
        colour=mean_colour(small),
        ground=ground,
        sha256=hashlib.sha256(data).hexdigest(),
        thumbnails=dict(zip(THUMBNAIL_WIDTHS, (encode_webp(small), encode_webp(large)), strict=True)),
    )


def shrink(data: bytes, *, width: int = 512) -> bytes:
    """Return a picture as a WebP at most `width` px wide, for partial pictures; or raise Unreadable."""
    with open_picture(data) as image:
        return encode_webp(scaled_down(image, width, of=image.width))


type HeaderCheck = Callable[[Image.Image], None]


@contextmanager
def open_picture(
    data: bytes, *, containers: Iterable[str] = STORED, check: HeaderCheck | None = None
) -> Iterator[Image.Image]:
    """Open untrusted bytes within the caps, two at a time at most; any error inside the block becomes Unreadable.

    `containers` are those that may be opened; `check` looks at the header before a pixel is decoded.
    """
    with _decoders:
        try:
            with Image.open(io.BytesIO(data), formats=formats_to_try(data, containers)) as image:
                (check or check_header)(image)
                yield image
        except Unreadable:
            raise
        except UnidentifiedImageError:
            raise Unreadable("broken" if is_begun(data, containers) else "not_a_picture") from None
        except UnknownColours:
            raise Unreadable("colours") from None
        except Exception as error:  # Pillow's readers raise a dozen types on damaged bytes
            raise Unreadable("broken") from error


def formats_to_try(data: bytes, containers: Iterable[str]) -> list[str]:
    """Pillow's readers to try: HEIC and AVIF share their first bytes, so that only one of them is asked."""
    other = {"AVIF": "HEIF", "HEIF": "AVIF"}.get(isobmff_format(data))
    return [name for name in containers if name not in ("MPO", other)]


def check_header(image: Image.Image) -> None:
    """Check the header of a picture to be kept as it is; raise Unreadable."""
    check_size(image)
    check_frames(image)


def check_size(image: Image.Image) -> None:
    """Check that a picture can be stored in the size its header claims; raise Unreadable."""
    check_pixels(image, MAX_PIXELS)
    if max(image.size) > MAX_EDGE:
        raise Unreadable("too_long", edge=max(image.size), limit=MAX_EDGE)


def check_pixels(image: Image.Image, limit: int) -> None:
    """Check how many pixels the header claims; raise Unreadable."""
    count = image.width * image.height
    if count > limit:
        name = CONTAINERS[str(image.format)].name if image.format in CONTAINERS else image.format
        values = {"megapixels": -(-count // 1_000_000), "limit": limit // 1_000_000}
        raise Unreadable("too_large", container=name, **values)


def check_frames(image: Image.Image) -> None:
    """Check that nothing moves; a camera's file may carry further pictures (a preview, a gain map) and be one."""
    # An APNG may hold another picture for programs that know no animation.
    most = 2 if getattr(image, "default_image", False) else 1
    if image.format in MOVING and getattr(image, "n_frames", 1) > most:
        raise Unreadable("animated")


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where the EXIF data is missing or damaged."""
    with suppress(Exception):
        return int(image.getexif().get(0x0112, 1))
    return 1


def upright_transpose(image: Image.Image) -> Image.Transpose | None:
    """What sets the image upright, by its EXIF orientation; None where it is upright."""
    return UPRIGHT_TRANSPOSES.get(orientation(image))


def scaled_down(image: Image.Image, width: int, *, of: int) -> Image.Image:
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


def encode_webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=1, icc_profile=image.info.get("icc_profile"))
    return out.getvalue()
