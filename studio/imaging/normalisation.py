"""Uploads made plain: upright, sRGB, 8 bit, of a size that can be used and without metadata, with the least loss.

Where nothing but metadata has to go, the compressed pixels stay as they are. Otherwise what was compressed with loss
becomes a JPEG of high quality and full colour resolution, and everything else a PNG.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from studio.images import MAX_IMAGE_BYTES

from .colour import eight_bit, needs_conversion, profile_name, to_srgb
from .containers import CONTAINERS, MAX_EDGE, MAX_PIXELS, foreign_name
from .decoding import (
    EDGE_SWAPS,
    UPRIGHT_TRANSPOSES,
    Unreadable,
    check_frames,
    check_pixels,
    open_picture,
    upright_transpose,
)
from .metadata import bit_depth, check_photo, check_scans, found_metadata, is_single_frame, page_count
from .metadata_stripping import MalformedFile, strip_metadata
from .repair import repair

JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Normalised:
    """A picture ready to be stored: its bytes and px, the sha256 of the upload, and what had to be changed.

    `changes` are those that `upload_changes` has words for.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    format: str
    upload_sha256: str
    changes: Mapping[str, Any]


def normalise(data: bytes, *, declared_type: str | None = None) -> Normalised:
    """Normalise an uploaded picture, or raise Unreadable; takes up to some seconds.

    `declared_type` is the media type the browser sent; it only chooses the sentence where the bytes are no picture.
    """
    if not data:
        raise Unreadable("empty")
    if len(data) >= MAX_IMAGE_BYTES:
        raise Unreadable("too_heavy")
    try:
        return normalise_picture(data)
    except Unreadable as error:
        if error.kind == "not_a_picture":
            raise unknown(data, declared_type) from None
        repaired = repair(data) if error.kind == "broken" else None
        if repaired is None:
            raise
        return normalise_picture(repaired.data, upload=data, changes={"missing": round(repaired.missing, 3)})


def unknown(data: bytes, declared_type: str | None) -> Unreadable:
    if name := foreign_name(data):
        return Unreadable("foreign", name=name)
    return Unreadable("disguised" if (declared_type or "").startswith("image/") else "not_a_picture")


def normalise_picture(
    data: bytes, *, upload: bytes | None = None, changes: Mapping[str, Any] | None = None
) -> Normalised:
    """Normalise bytes that can be decoded; `upload` are those that came, where these were mended."""
    upload = data if upload is None else upload
    with open_picture(data, containers=CONTAINERS, check=lambda image: check_upload(image, data)) as image:
        found = {**(changes or {}), **page_count(image), **is_single_frame(data), **bit_depth(image, data)}
        transpose = turn(image, data)
        picture = loaded(image, transpose, found)
        if transpose is not None:
            found["orientation"] = True
        profile = image.info.get("icc_profile")
        plain = eight_bit(picture)
        if needs_conversion(plain.mode, profile):
            found["colour"] = profile_name(plain.mode, profile)
        stored, kind, size = kept_as_it_is(data, image, found) or compressed(
            plain,
            image,
            found,
            transpose=None if image.format == "TIFF" else transpose,  # Pillow turned a TIFF
        )
        return Normalised(
            data=stored,
            width=size[0],
            height=size[1],
            format=kind,
            upload_sha256=hashlib.sha256(upload).hexdigest(),
            changes=found | found_metadata(image, upload, is_other=stored != upload and not found),
        )


def check_upload(image: Image.Image, data: bytes) -> None:
    """Check the header of an upload, which may be larger than what is stored; raise Unreadable."""
    check_pixels(image, CONTAINERS[str(image.format)].max_pixels)
    check_scans(image, data)
    check_photo(image, data)
    check_frames(image)


def turn(image: Image.Image, data: bytes) -> Image.Transpose | None:
    """What sets the picture upright: a HEIC has properties for that, and only without them its EXIF counts."""
    if image.format == "HEIF" and not (b"irot" in data or b"imir" in data):
        return UPRIGHT_TRANSPOSES.get(image.info.get("original_orientation") or 1)
    return upright_transpose(image)


def loaded(image: Image.Image, transpose: Image.Transpose | None, found: dict[str, Any]) -> Image.Image:
    """Decode the picture, halved until it is no larger than what is stored; notes the size it had."""
    if getattr(image, "default_image", False):
        image.seek(1)  # of an APNG; browsers show its frame instead of what stands in for it
        found["single_frame"] = "APNG"
    size, factor = image.size, 1
    while size[0] * size[1] > MAX_PIXELS * factor**2 or max(size) > MAX_EDGE * factor:
        factor *= 2
    if factor > 1:
        # Lets libjpeg decode at a fraction of the size; other formats are decoded whole.
        image.draft(None, (size[0] // factor, size[1] // factor))
        found["scaled"] = "{}x{}".format(*(size[::-1] if transpose in EDGE_SWAPS else size))
    image.load()
    if image.format == "BMP" and image.mode == "RGBA" and not image.getchannel("A").getbbox():
        return image.convert("RGB")  # the fourth channel is unused
    if factor == 1 or image.size != size:
        return image
    return (image.convert("I") if image.mode.startswith("I") else eight_bit(image)).reduce(factor)


def kept_as_it_is(
    data: bytes, image: Image.Image, found: Mapping[str, Any]
) -> tuple[bytes, str, tuple[int, int]] | None:
    """The file without its metadata, its format and px; None where its pixels have to be compressed anew.

    Raise Unreadable for one that has to be mended first.
    """
    kind = CONTAINERS[str(image.format)].stored
    if not kind or found.keys() & {"scaled", "orientation", "colour", "depth", "palette"} or "APNG" in found.values():
        return None
    try:
        stored = strip_metadata(data, kind)
        # A damaged one may have been readable only with the removed parts.
        with Image.open(io.BytesIO(stored), formats=[kind.upper()]) as check:
            check.load()
            return (stored, kind, image.size) if check.size == image.size else None
    except (MalformedFile, OSError, SyntaxError, ValueError):
        if "missing" in found:
            return None
        raise Unreadable("broken") from None


def compressed(
    plain: Image.Image, image: Image.Image, found: dict[str, Any], *, transpose: Image.Transpose | None
) -> tuple[bytes, str, tuple[int, int]]:
    """The picture upright and in sRGB as a JPEG or PNG, its format and px."""
    container = CONTAINERS[str(image.format)]
    picture = to_srgb(plain, image.info.get("icc_profile") if "colour" in found else None)
    picture = picture if transpose is None else picture.transpose(transpose)
    kind = "jpeg" if container.is_lossy and "A" not in picture.getbands() else "png"
    if kind != container.stored:
        found["container"] = container.name
    return encoded(picture, kind), kind, picture.size


def encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.info = {}
    if kind == "jpeg":
        image.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    else:
        image.save(out, "PNG", compress_level=1)
    return out.getvalue()
