"""Files as people bring them, made byte by byte where no library writes them so."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif  # noqa: F401, writes HEIC
from PIL import Image

from studio.imaging import containers  # noqa: F401, registers HEIC with Pillow

from .sample_pictures import saved, scene


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with further chunks behind its header."""
    return png[:33] + b"".join(chunk(*one) for one in chunks) + png[33:]


def one_frame_webp(image: Image.Image, **options: Any) -> bytes:
    """A WebP that says it is animated and has a single frame."""
    plain, at, parts = saved(image, "WEBP", **options), 12, []
    while at < len(plain):
        name, length = struct.unpack_from("<4sI", plain, at)
        parts.append((name, plain[at : at + 8 + length + length % 2]))
        at += 8 + length + length % 2
    inner = b"".join(part for name, part in parts if name in (b"VP8 ", b"VP8L", b"ALPH"))
    edges = [struct.pack("<I", edge - 1)[:3] for edge in image.size]
    frame = bytes(6) + b"".join(edges) + struct.pack("<I", 100)[:3] + b"\0" + inner
    flags = 0x12 if image.mode == "RGBA" else 0x02
    body = b"WEBP" + b"VP8X" + struct.pack("<II", 10, flags) + b"".join(edges)
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6) + b"ANMF" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def one_frame_apng(image: Image.Image) -> bytes:
    """A PNG that says it is animated and has a single frame."""
    control = struct.pack(">IIIIIHHBB", 0, *image.size, 0, 0, 1, 10, 0, 0)
    return with_chunks(saved(image), (b"acTL", struct.pack(">II", 1, 0)), (b"fcTL", control))


def phone_photo(size: tuple[int, int] = (400, 300), *, gain_map: bool = True) -> bytes:
    """A JPEG as telephones write it, with a second picture behind the first (MPO)."""
    further = [scene((size[0] // 4, size[1] // 4))] if gain_map else []
    return saved(scene(size), "MPO", save_all=True, append_images=further, quality=92)


def hidden_magenta(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture whose middle is transparent, with magenta under it."""
    levels = np.dstack([np.array(scene(size)), np.full(size[::-1], 255, np.uint8)])
    levels[..., 0] //= 2  # nothing else in it is magenta
    levels[size[1] // 4 : 3 * size[1] // 4, size[0] // 4 : 3 * size[0] // 4] = (255, 0, 255, 0)
    return Image.fromarray(levels)


def line_on_nothing(colour: tuple[int, int, int], size: tuple[int, int] = (256, 256)) -> bytes:
    """A ring of one colour, with the same colour under all that is transparent."""
    across, down = np.meshgrid(np.arange(size[0]) - size[0] / 2, np.arange(size[1]) - size[1] / 2)
    distance = np.hypot(across, down)
    levels = np.empty((*size[::-1], 4), np.uint8)
    levels[..., :3] = colour
    levels[..., 3] = np.where(abs(distance - size[0] / 3) < 3, 255, 0)
    return saved(Image.fromarray(levels))


def large_jpeg(width: int, height: int) -> bytes:
    """A JPEG of any size in a moment: grey, its rows repeated from a narrow strip."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (120, 130, 140)).save(out, "JPEG", quality=30)
    return out.getvalue()
