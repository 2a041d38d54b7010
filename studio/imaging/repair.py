"""Pictures whose end is missing, or whose metadata is damaged, made whole as far as browsers show them.

Only what hardly shows is mended: where more than MAX_MISSING of a picture is gone, the file counts as broken.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .metadata_stripping import PNG_SIGNATURE, MalformedFile, jpeg_segments, png_chunks

MAX_MISSING = 0.1  # share of the picture
MAX_INFLATED = 300_000_000  # bytes of a PNG's pixels
MAX_ROWS = 100_000  # of a PNG, in all its passes: its header may claim four billion
MIN_SCANS = 5  # of a progressive JPEG, after which the picture is whole and only detail is missing
MEASURED_SCALE = 8  # a JPEG is measured at an eighth of its size
END_OF_IMAGE = b"\xff\xd9"
FILLING = bytes(range(1, 200)) * 8  # compressed data that means anything
SOF_PROGRESSIVE, START_OF_SCAN = 0xC2, 0xDA

PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"iCCP", b"sRGB")
UP = 2  # the filter of a PNG's row that repeats the row above
# First column and row, and steps, of the passes of an interlaced PNG.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # a pixel, by the colour type of a PNG


@dataclass(frozen=True, slots=True)
class Repaired:
    """A file that can be decoded again, and the share of its picture that is missing, 0 to 1."""

    data: bytes = field(repr=False)
    missing: float


def repair(data: bytes) -> Repaired | None:
    """The picture made whole; None where too much is missing or the format cannot be mended."""
    with suppress(MalformedFile, struct.error, IndexError, KeyError, ValueError, zlib.error, OSError):
        repaired = repair_by_format(data)
        if repaired and repaired.missing <= MAX_MISSING:
            return repaired
    return None


def repair_by_format(data: bytes) -> Repaired | None:
    if data.startswith(b"\xff\xd8"):
        return repair_jpeg(data)
    if data.startswith(PNG_SIGNATURE):
        return repair_png(data)
    return repair_padded(data)


# ── JPEG ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def repair_jpeg(data: bytes) -> Repaired | None:
    """Put the end behind what there is, as browsers do."""
    found: list[tuple[int, bytes]] = []
    with suppress(MalformedFile, struct.error, IndexError):
        found.extend(jpeg_segments(data, is_whole=False))
    markers = [marker for marker, _segment in found]
    scans = markers.count(START_OF_SCAN)
    whole = b"\xff\xd8" + b"".join(segment for _marker, segment in found).removesuffix(b"\xff") + END_OF_IMAGE
    if not scans:
        return None
    if SOF_PROGRESSIVE in markers:
        return Repaired(whole, 0.0) if scans >= MIN_SCANS else None
    return Repaired(whole, missing_share(whole))


def missing_share(whole: bytes) -> float:
    """The share of rows at the bottom that the decoder made up: those that change with what stands before the end."""
    shown = measured(whole)
    other = measured(whole.removesuffix(END_OF_IMAGE) + FILLING + END_OF_IMAGE)
    changed = np.flatnonzero((shown != other).reshape(len(shown), -1).any(axis=1))
    return 1 - int(changed[0]) / len(shown) if len(changed) else 0.0


def measured(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.draft(None, (image.width // MEASURED_SCALE, image.height // MEASURED_SCALE))
        return np.asarray(image)


# ── PNG ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def repair_png(data: bytes) -> Repaired | None:
    """Keep the chunks that matter, with new checksums; rows that are missing repeat the last one there is."""
    needed: list[tuple[bytes, bytes]] = []
    compressed = io.BytesIO()
    for name, content in png_chunks(data):
        if name == b"IDAT":
            compressed.write(content)
        elif name in PNG_NEEDED and not compressed.tell():
            needed.append((name, content))
        elif name == b"IEND":
            break
    passes = list(row_lengths(dict(needed)[b"IHDR"]))
    total = sum(count * length for count, length in passes)
    if not 0 < total <= MAX_INFLATED or sum(count for count, _length in passes) > MAX_ROWS:
        return None
    rows = [length for count, length in passes for _row in range(count)]
    pixels = inflated(compressed.getvalue(), total)
    missing = 1 - len(pixels) / total
    chunks = [*needed, (b"IDAT", zlib.compress(with_rows_repeated(pixels, rows), 1)), (b"IEND", b"")]
    return Repaired(PNG_SIGNATURE + b"".join(png_chunk(*chunk) for chunk in chunks), missing)


def row_lengths(header: bytes) -> Iterator[tuple[int, int]]:
    """The rows of each pass, and the bytes of one as it is compressed, with its filter's byte before it."""
    width, height, depth, colour, _compression, _filter, is_interlaced = struct.unpack(">IIBBBBB", header)
    bits = depth * SAMPLES[colour]
    for left, top, across, down in PASSES if is_interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            yield rows, 1 + (columns * bits + 7) // 8


def inflated(compressed: bytes, length: int) -> bytes:
    """What can be decompressed, at most `length` bytes."""
    stream, found = zlib.decompressobj(), bytearray()
    with suppress(zlib.error):
        for at in range(0, len(compressed), 1 << 16):
            found += stream.decompress(compressed[at : at + (1 << 16)], length - len(found) or 1)
            while stream.unconsumed_tail and len(found) < length:
                found += stream.decompress(stream.unconsumed_tail, length - len(found))
            if len(found) >= length:
                break
    return bytes(found[:length])


def with_rows_repeated(pixels: bytes, rows: list[int]) -> bytes:
    at, whole = 0, bytearray(pixels)
    for length in rows:
        if len(whole) <= at:
            whole.append(UP)
        at += length
        whole.extend(bytes(max(0, at - len(whole))))
    return bytes(whole)


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


# ── WebP and BMP ────────────────────────────────────────────────────────────────────────────────────────────────────


def repair_padded(data: bytes) -> Repaired | None:
    """Fill up what the header says is missing with zeros, which decode as a plain end."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        length = int.from_bytes(data[4:8], "little") + 8
    elif data[:2] == b"BM":
        length = int.from_bytes(data[2:6], "little")
    else:
        return None
    absent = length - len(data)
    return Repaired(data.ljust(length, b"\0"), absent / length) if 0 < absent <= MAX_MISSING * length else None
