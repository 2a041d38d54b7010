"""The containers of pictures: which are kept as they are, which are converted, and how others are recognised.

The keys of CONTAINERS are Pillow's names; a phone's JPEG with further pictures in it is called MPO.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pillow_heif

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

MAX_PIXELS = 40_000_000  # of a picture that is stored
MAX_EDGE = 16_384  # px, of a picture that is stored
# Steps in which a progressive JPEG arrives, times its pixels: each step goes over the whole picture again.
MAX_SCANNED = 1_500_000_000
MAX_COEFFICIENTS = 200_000_000  # of a progressive JPEG, which are held at two bytes each whatever the scale


@dataclass(frozen=True, slots=True)
class Container:
    """`name` as people call it; `stored` is "png" | "jpeg" | "webp", or "" where the picture is converted.

    `max_pixels` is what the memory for one picture allows, see tests/library/test_memory.py.
    """

    name: str
    stored: str = ""
    max_pixels: int = 64_000_000
    is_lossy: bool = False


CONTAINERS = {
    "PNG": Container("PNG", "png"),
    "JPEG": Container("JPEG", "jpeg", max_pixels=250_000_000, is_lossy=True),
    "MPO": Container("JPEG", "jpeg", max_pixels=250_000_000, is_lossy=True),
    "WEBP": Container("WebP", "webp", max_pixels=MAX_PIXELS),
    "AVIF": Container("AVIF", max_pixels=50_000_000, is_lossy=True),
    "HEIF": Container("HEIC", max_pixels=50_000_000, is_lossy=True),
    "GIF": Container("GIF"),
    "TIFF": Container("TIFF"),
    "BMP": Container("BMP"),
}
STORED = {name: container.stored for name, container in CONTAINERS.items() if container.stored}

# For the file dialog: extensions too, because few systems know the newer media types.
ACCEPTED = ",".join((
    "image/png", "image/apng", "image/jpeg", "image/webp", "image/avif", "image/heic", "image/heif", "image/gif",
    "image/tiff", "image/bmp", ".png", ".apng", ".jpg", ".jpeg", ".jfif", ".mpo", ".webp", ".avif", ".heic", ".heif",
    ".hif", ".gif", ".tif", ".tiff", ".bmp",
))  # fmt: skip

# Files that people take for pictures, by their first bytes.
SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop file"),
    (b"\xff\x0a", "JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 picture"),
    (b"\0\0\1\0", "Windows icon"),
    (b"qoif", "QOI picture"),
    (b"gimp xcf", "GIMP file"),
    (b"%!PS", "PostScript file"),
    (b"FUJIFILMCCD-RAW", "camera's raw file"),
    (b"IIRO", "camera's raw file"),
    (b"IIU\0", "camera's raw file"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"PK\3\4", "archive or document"),
)
ISO_BRANDS = {b"crx ": "camera's raw file"}
STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"mif2", b"msf1", b"avif", b"avis", b"miaf"}
# First bytes by which a damaged picture is told from a file that is none.
MAGIC = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8\xff",),
    "WEBP": (b"RIFF",),
    "GIF": (b"GIF8",),
    "TIFF": (b"II*\0", b"MM\0*"),
    "BMP": (b"BM",),
}
MOVING = ("PNG", "WEBP", "GIF", "AVIF")  # containers whose further frames are an animation's


def isobmff_format(data: bytes) -> str:
    """ "AVIF" or "HEIF", which share a container and Pillow tells apart too late; "" for everything else."""
    if data[4:8] != b"ftyp":
        return ""
    length = min(int.from_bytes(data[:4]), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))]
    if brands[0] not in STILL_BRANDS:
        return ""
    own = [brand for brand in brands if brand[:3] in (b"avi", b"hei", b"hev")]
    return "AVIF" if own and own[0].startswith(b"avi") else "HEIF"


def is_begun(data: bytes, formats: Iterable[str]) -> bool:
    """Whether the first bytes are those of a picture of these formats, so that it must be damaged."""
    kinds = [magic for name in formats for magic in MAGIC.get(name, ())]
    return data.startswith(tuple(kinds)) or isobmff_format(data) in formats


def foreign_name(data: bytes) -> str:
    """What a file that is no picture for us is called; "" where that is not known."""
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return name
    if data[4:8] == b"ftyp" and not isobmff_format(data):
        return ISO_BRANDS.get(data[8:12], "video")
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head and head.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")):
        return "SVG drawing"
    return "web page" if head.startswith((b"<!doctype html", b"<html")) else ""
