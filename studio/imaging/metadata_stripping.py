"""Removing metadata from picture files without compressing their pixels again."""

import struct
from collections.abc import Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
WEBP_CHUNKS = (b"ALPH", b"VP8 ", b"VP8L")
WEBP_ALPHA_FLAG = 0x10
WEBP_HEADER, WEBP_FRAME_HEADER = 12, 24  # bytes before the first chunk of a file, and of an animation's frame
JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"  # no thumbnail, no resolution
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
MARKERS_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))  # have no length; 0xD0 to 0xD7 stand inside scans


class MalformedFile(ValueError):
    """The file does not have the structure of its format."""


def strip_metadata(data: bytes, kind: str) -> bytes:
    """Return a file of kind "png", "jpeg" or "webp" without anything but its pixels; or raise MalformedFile."""
    try:
        return {"png": strip_png, "jpeg": strip_jpeg, "webp": strip_webp}[kind](data)
    except (struct.error, IndexError) as error:
        raise MalformedFile(kind) from error


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's name and content, as far as there are any; the last one may be short."""
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def strip_png(data: bytes) -> bytes:
    """Keep the header, palette, transparency and pixels."""
    chunks, at, name = [PNG_SIGNATURE], len(PNG_SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + length + 12]
        if len(chunk) != length + 12:
            raise MalformedFile("png")
        if name in PNG_CHUNKS:
            chunks.append(chunk)
        at += len(chunk)
    return b"".join(chunks)


def strip_jpeg(data: bytes) -> bytes:
    """Keep tables and scans of the first picture, and what tells its colour space: JFIF and Adobe's segment."""
    parts = [b"\xff\xd8"]
    for marker, segment in jpeg_segments(data):
        if marker == 0xE0 and segment[4:9] == b"JFIF\0" and len(parts) == 1:
            parts.append(JFIF)
        elif not is_metadata(marker) or (marker == 0xEE and segment[4:9] == b"Adobe"):
            parts.append(segment)
    return b"".join([*parts, b"\xff\xd9"])


def is_metadata(marker: int) -> bool:
    """Whether a JPEG's marker begins an application's segment or a comment."""
    return 0xE0 <= marker <= 0xEF or marker == 0xFE


def jpeg_segments(data: bytes, *, is_whole: bool = True) -> Iterator[tuple[int, bytes]]:
    """Each marker with its whole segment, a scan with the compressed data behind it.

    Where the file need not be whole, a last scan may end with the data; else that raises MalformedFile.
    """
    at = 2
    while True:
        if data[at] != 0xFF:
            raise MalformedFile("jpeg")
        while data[at + 1] == 0xFF:  # filling
            at += 1
        marker = data[at + 1]
        if marker == END_OF_IMAGE:
            return
        length = 0 if marker in MARKERS_WITHOUT_LENGTH else struct.unpack_from(">H", data, at + 2)[0]
        end = at + 2 + length
        if marker == START_OF_SCAN:
            end = end_of_scan(data, end, is_whole=is_whole)
        if end > len(data):
            raise MalformedFile("jpeg")
        yield marker, data[at:end]
        at = end


def end_of_scan(data: bytes, at: int, *, is_whole: bool) -> int:
    """Where the next marker stands that ends compressed data."""
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        follower = data[at + 1]
        if follower and follower != 0xFF and not 0xD0 <= follower <= 0xD7:
            return at
        at += 1 if follower == 0xFF else 2
    if is_whole:
        raise MalformedFile("jpeg")
    return len(data)


def strip_webp(data: bytes) -> bytes:
    """Keep the pixels and their alpha, and of the extended header what they need.

    An animation's only frame becomes the picture itself.
    """
    chunks = []
    for name, chunk in webp_chunks(data):
        if name == b"VP8X":
            flags = struct.pack("<I", chunk[8] & WEBP_ALPHA_FLAG)
            chunks.append(chunk[:8] + flags + chunk[12:18])
        elif name == b"ANMF":
            chunks += [part for inner, part in riff_chunks(chunk, WEBP_FRAME_HEADER) if inner in WEBP_CHUNKS]
        elif name in WEBP_CHUNKS:
            chunks.append(chunk)
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's name and all of it, padded to an even length."""
    return riff_chunks(data[: struct.unpack_from("<I", data, 4)[0] + 8], WEBP_HEADER)


def riff_chunks(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length]
        yield name, chunk + bytes(length % 2)
        at += 8 + length + length % 2
