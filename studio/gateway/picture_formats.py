"""Tells picture files from anything else by their first bytes, also those that the studio cannot show."""

import re
import struct

HEAD_BYTES = 1024  # enough of a file to tell

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"qoif", "qoi"),
    (b"8BPS", "psd"),
    (b"\x76\x2f\x31\x01", "exr"),
)
_BRANDS = {b"avif": "avif", b"avis": "avif"} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "heic"
)
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # bytes, by the version of the format
_SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]", re.DOTALL)


def picture_format(head: bytes | bytearray) -> str:
    """The format of a picture file ("png", "jpeg", "avif", …) by its first bytes; empty for anything else."""
    start = bytes(head[:HEAD_BYTES])
    for signature, name in _SIGNATURES:
        if start.startswith(signature):
            return name
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "")
    if _is_bitmap(start):
        return "bmp"
    return "svg" if _SVG.match(start) else ""


def _is_bitmap(start: bytes) -> bool:
    """Two letters alone are no proof: the reserved bytes and the header's length must fit as well."""
    if start[:2] != b"BM" or len(start) < 18 or start[6:10] != bytes(4):
        return False
    return struct.unpack_from("<I", start, 14)[0] in _BITMAP_HEADERS


def has_its_end(data: bytes, name: str) -> bool:
    """Whether a file of this format ends as such a file does, so that nothing of it is missing."""
    tail = data[-64:].rstrip(b"\0\r\n ")
    if name == "png":
        return b"IEND" in tail
    if name == "jpeg":
        return tail.endswith(b"\xff\xd9")
    return name == "webp" and len(data) >= int.from_bytes(data[4:8], "little") + 8
