"""What a picture file says beside its pixels: told to its owner, and what it takes to decode it."""

from contextlib import suppress
from typing import Any

from PIL import ExifTags, Image

from .containers import MAX_COEFFICIENTS, MAX_SCANNED
from .decoding import Unreadable
from .metadata_stripping import MalformedFile, jpeg_segments, png_chunks, webp_chunks

PNG_BIT_DEPTH_OFFSET = 24
WEBP_FLAGS_OFFSET, WEBP_ANIMATION_FLAG = 20, 0x02
SCAN = b"\xff\xda"
APP11 = 0xEB
DNG_VERSION, SUBFILE_TYPE, CFA = 50706, 254, 32803
PLAIN_MODES = ("L", "LA", "RGB", "RGBA", "CMYK")
TEXTS = ("xmp", "XML:com.adobe.xmp", "comment", "photoshop")


def bit_depth(image: Image.Image, data: bytes) -> dict[str, Any]:
    """{"depth": bits} for more than 8 a channel, {"palette": True} for a palette or fewer; else nothing."""
    bits = bits_of(image, data)
    if bits > 8:
        return {"depth": bits}
    is_plain = image.format != "PNG" or (image.mode in PLAIN_MODES and bits == 8)
    return {} if is_plain else {"palette": True}


def bits_of(image: Image.Image, data: bytes) -> int:
    if image.format == "PNG":
        return data[PNG_BIT_DEPTH_OFFSET]
    if image.format == "TIFF":
        return max(getattr(image, "tag_v2", {}).get(ExifTags.Base.BitsPerSample) or (8,))
    return int(image.info.get("bit_depth") or 8)  # told of HEIC


def page_count(image: Image.Image) -> dict[str, int]:
    """{"pages": n} for a file with further pictures of the same rank, of which only the first is used."""
    count = getattr(image, "n_frames", 1) if image.format in ("TIFF", "HEIF") else 1
    return {"pages": count} if count > 1 else {}


def is_single_frame(data: bytes) -> dict[str, str]:
    """{"single_frame": container} for an animation with one frame only."""
    if data[12:16] == b"VP8X" and data[WEBP_FLAGS_OFFSET] & WEBP_ANIMATION_FLAG:
        return {"single_frame": "WebP"}
    if data.startswith(b"\x89PNG") and any(name == b"acTL" for name, _content in png_chunks(data)):
        return {"single_frame": "PNG"}
    return {}


def check_scans(image: Image.Image, data: bytes) -> None:
    """Check that a progressive JPEG can be decoded within the caps of memory and time; raise Unreadable."""
    if not image.info.get("progressive"):
        return
    pixels = image.width * image.height
    layers = getattr(image, "layer", [])
    most = max((across * down for _name, across, down, _table in layers), default=1)
    coefficients = sum(pixels * across * down // most for _name, across, down, _table in layers)
    if coefficients > MAX_COEFFICIENTS or pixels * data.count(SCAN) > MAX_SCANNED:
        raise Unreadable("too_many_steps")


def check_photo(image: Image.Image, data: bytes) -> None:
    """Check that a TIFF is no camera's raw file, whose first picture is a thumbnail; raise Unreadable."""
    if image.format != "TIFF":
        return
    tags = getattr(image, "tag_v2", {})
    is_raw = DNG_VERSION in tags or data[8:10] == b"CR" or tags.get(ExifTags.Base.PhotometricInterpretation) == CFA
    if is_raw or (tags.get(SUBFILE_TYPE, 0) & 1 and ExifTags.Base.SubIFDs in tags):
        raise Unreadable("foreign", name="camera's raw file")


def found_metadata(image: Image.Image, data: bytes, *, is_other: bool) -> dict[str, list[str]]:
    """{"metadata": kinds} of what the file says, e.g. "camera" or "location"; nothing where there is none.

    `is_other` says that something was removed in any case.
    """
    exif: dict[int, Any] = {}
    with suppress(Exception):
        exif = dict(image.getexif())
    exif.pop(ExifTags.Base.Orientation, None)
    located = None
    with suppress(Exception):
        located = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    found = {
        "camera": bool(exif) and image.format != "TIFF",
        "location": bool(located),
        "credentials": has_credentials(data),
        "pictures": image.format == "MPO" or bool(image.info.get("aux") or image.info.get("thumbnails")),
        "text": bool(image.info.keys() & TEXTS) or bool(getattr(image, "text", None)),
    }
    kinds = [kind for kind, is_found in found.items() if is_found]
    return {"metadata": kinds or ["other"]} if kinds or is_other else {}


def has_credentials(data: bytes) -> bool:
    """Whether the file carries content credentials (C2PA), where each format has its own place for them."""
    with suppress(MalformedFile, IndexError, ValueError):
        if data.startswith(b"\x89PNG"):
            return any(name == b"caBX" for name, _content in png_chunks(data))
        if data.startswith(b"\xff\xd8"):
            segments = jpeg_segments(data, is_whole=False)
            return any(marker == APP11 and segment[4:6] == b"JP" for marker, segment in segments)
        if data.startswith(b"RIFF"):
            return any(name == b"C2PA" for name, _chunk in webp_chunks(data))
    return b"jumb" in data and b"c2pa" in data
