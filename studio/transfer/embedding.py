"""What a picture's file says beside its pixels: its recipe and its resolution, written in and read out.

The compressed pixels stay as they are. A PNG carries the recipe as international text and its resolution as pHYs; JPEG
and WebP carry XMP and EXIF, a JPEG its resolution in JFIF too. Whatever else a file said is left out, but its colours.
"""

import base64
import html
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

from PIL import Image

from studio.imaging.metadata_stripping import (
    JFIF,
    PNG_CHUNKS,
    PNG_SIGNATURE,
    START_OF_SCAN,
    WEBP_ALPHA_FLAG,
    WEBP_CHUNKS,
    MalformedFile,
    is_metadata,
    jpeg_segments,
    png_chunks,
    webp_chunks,
)

from .recipes import Recipe

PNG_COLOURS = (b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"sBIT")
PNG_KEYWORD = b"easel"
XMP_OF_JPEG, ICC_OF_JPEG, EXIF = b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"Exif\0\0"
MAX_SEGMENT = 65_533  # bytes of a JPEG's segment behind its length
MAX_XMP = 1 << 20  # bytes that are read
MAX_PARTS = 1000  # chunks or segments that are looked through
INCHES_A_METRE = 1 / 0.0254
ICC_FLAG, EXIF_FLAG, XMP_FLAG = 0x20, 0x08, 0x04
PACKED = "z:"  # before a recipe that is compressed, since a JPEG has room for 64 KB
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
IN_XMP = re.compile(r"""easel:recipe(?:\s*=\s*"([^"]*)"|\s*=\s*'([^']*)'|\s*>([^<]*)<)""")


class RecipeTooLong(Exception):
    """A JPEG has no room for this recipe."""


def embedded(data: bytes, kind: str, *, recipe: Recipe | None = None, dpi: float | None = None) -> bytes:
    """Return a file of kind "png", "jpeg" or "webp" with this recipe and resolution and nothing else but its picture.

    Raise MalformedFile where the file does not have the structure of its format, and RecipeTooLong.
    """
    writers: dict[str, Callable[..., bytes]] = {"png": png_with, "jpeg": jpeg_with, "webp": webp_with}
    try:
        return writers[kind](data, recipe=recipe, dpi=dpi)
    except (struct.error, IndexError) as error:
        raise MalformedFile(kind) from error


def cleaned(data: bytes, kind: str) -> bytes:
    """Return a file without anything but its picture; raise MalformedFile."""
    return embedded(data, kind)


def recipe_in(data: bytes) -> Recipe | None:
    """The recipe that a PNG, JPEG or WebP file carries; None where there is none, or the file is no such file."""
    try:
        for text in texts_in(data):
            if recipe := Recipe.parse(unpacked(text)):
                return recipe
    except (struct.error, IndexError, ValueError, zlib.error):
        return None
    return None


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def png_with(data: bytes, *, recipe: Recipe | None, dpi: float | None) -> bytes:
    added = [png_chunk(b"pHYs", struct.pack(">IIB", *[round(dpi * INCHES_A_METRE)] * 2, 1))] if dpi else []
    if recipe:
        added += [png_text(PNG_KEYWORD, recipe.as_text()), png_text(b"Description", recipe.prompt)]
    parts, is_over = [PNG_SIGNATURE], False
    for name, content in png_chunks(data):
        is_over = is_over or name == b"IEND"
        if name in PNG_CHUNKS or name in PNG_COLOURS:
            parts.append(png_chunk(name, content))
        if name == b"IHDR":
            parts += added
    if not is_over:
        raise MalformedFile("png")
    return b"".join(parts)


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_text(keyword: bytes, text: str) -> bytes:
    """An iTXt chunk: not compressed, no language, no translated keyword."""
    return png_chunk(b"iTXt", keyword + b"\0\0\0\0\0" + text.encode())


def jpeg_with(data: bytes, *, recipe: Recipe | None, dpi: float | None) -> bytes:
    parts, added = [b"\xff\xd8"], []
    if dpi:
        added.append(jpeg_segment(0xE1, EXIF + exif_of(dpi)))
    if recipe:
        added.append(jpeg_segment(0xE1, XMP_OF_JPEG + xmp_of(recipe, limit=MAX_SEGMENT - len(XMP_OF_JPEG))))
    for marker, segment in jpeg_segments(data):
        if marker == 0xE0 and segment[4:9] == b"JFIF\0" and len(parts) == 1:
            parts.append(jfif_with(dpi))
        elif not is_metadata(marker) or is_colour(marker, segment):
            parts += [*added, segment]
            added = []
    return b"".join([*parts, b"\xff\xd9"])


def is_colour(marker: int, segment: bytes) -> bool:
    """Whether a JPEG's segment says what its colours mean: a profile, or Adobe's."""
    return (marker == 0xE2 and segment[4:16] == ICC_OF_JPEG) or (marker == 0xEE and segment[4:9] == b"Adobe")


def jfif_with(dpi: float | None) -> bytes:
    if not dpi:
        return JFIF
    return JFIF[:11] + struct.pack(">BHH", 1, *[min(round(dpi), 65_535)] * 2) + JFIF[16:]


def jpeg_segment(marker: int, content: bytes) -> bytes:
    if len(content) > MAX_SEGMENT:
        raise RecipeTooLong
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def webp_with(data: bytes, *, recipe: Recipe | None, dpi: float | None) -> bytes:
    kept, flags, size = [], 0, b""
    for name, chunk in webp_chunks(data):
        if name == b"VP8X":
            flags |= chunk[8] & WEBP_ALPHA_FLAG
            size = chunk[12:18]
        elif name in WEBP_CHUNKS or name == b"ICCP":
            flags |= ICC_FLAG if name == b"ICCP" else 0
            kept.append(chunk)
            if name in (b"VP8 ", b"VP8L") and not size:
                size, has_alpha = webp_facts(name, chunk)
                flags |= WEBP_ALPHA_FLAG if has_alpha else 0
    if not size:
        raise MalformedFile("webp")
    if dpi:
        flags |= EXIF_FLAG
        kept.append(riff_chunk(b"EXIF", exif_of(dpi)))
    if recipe:
        flags |= XMP_FLAG
        kept.append(riff_chunk(b"XMP ", xmp_of(recipe, limit=MAX_XMP)))
    header = riff_chunk(b"VP8X", struct.pack("<I", flags) + size)
    body = b"WEBP" + b"".join([header, *kept])
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_facts(name: bytes, chunk: bytes) -> tuple[bytes, bool]:
    """The size of a plain WebP as its extended header writes it, and whether it has alpha."""
    if name == b"VP8L":
        (bits,) = struct.unpack_from("<I", chunk, 9)
        return webp_size(bits & 0x3FFF, bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    width, height = struct.unpack_from("<HH", chunk, 14)
    return webp_size((width & 0x3FFF) - 1, (height & 0x3FFF) - 1), False


def webp_size(*edges: int) -> bytes:
    """Edges in px, each less one, as three bytes each."""
    return b"".join(struct.pack("<I", edge)[:3] for edge in edges)


def riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def exif_of(dpi: float) -> bytes:
    """EXIF that says nothing but the resolution."""
    exif = Image.Exif()
    exif[0x011A] = exif[0x011B] = dpi
    exif[0x0128] = 2  # inches
    return exif.tobytes().removeprefix(EXIF)


def xmp_of(recipe: Recipe, *, limit: int) -> bytes:
    """XMP with the recipe, and with the prompt where programs look for a description; raise RecipeTooLong."""
    text = recipe.as_text()
    packed = PACKED + base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    described = (
        "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>"
        f"{escape(NOT_XML.sub(' ', recipe.prompt))}</rdf:li></rdf:Alt></dc:description>"
    )
    for words in (described + written(text), written(text), written(packed)):
        if len(packet := XMP.format(words).encode()) <= limit:
            return packet
    raise RecipeTooLong


def written(text: str) -> str:
    return f"<easel:recipe>{escape(NOT_XML.sub(' ', text))}</easel:recipe>"


XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:easel="urn:easel:1.0:">'
    '{}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def texts_in(data: bytes) -> Iterator[str]:
    """What stands in a file where a recipe may stand; stops before the pixels, and after so many parts."""
    if data.startswith(PNG_SIGNATURE):
        for _number, (name, content) in zip(range(MAX_PARTS), png_chunks(data), strict=False):
            if name == b"IDAT":
                return
            if name == b"iTXt":
                yield from png_texts(content)
    elif data.startswith(b"\xff\xd8"):
        for marker, start, end in jpeg_heads(data):
            if marker == 0xE1 and data.startswith(XMP_OF_JPEG, start):
                yield from xmp_texts(data[start + len(XMP_OF_JPEG) : end])
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        for _number, (name, chunk) in zip(range(MAX_PARTS), webp_chunks(data), strict=False):
            if name == b"XMP ":
                yield from xmp_texts(chunk[8:])


def png_texts(content: bytes) -> Iterator[str]:
    keyword, _, rest = content.partition(b"\0")
    if keyword not in (PNG_KEYWORD, b"XML:com.adobe.xmp") or len(rest) < 4:
        return
    is_compressed, text = rest[0] == 1, rest[2:].split(b"\0", 2)[2]
    if is_compressed:
        text = inflated(text, limit=MAX_XMP)
    if keyword == PNG_KEYWORD:
        yield text[:MAX_XMP].decode()
    else:
        yield from xmp_texts(text)


def jpeg_heads(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker before the pixels, and where its content begins and ends."""
    at = 2
    for _number in range(MAX_PARTS):
        if data[at] != 0xFF or data[at + 1] == START_OF_SCAN:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2:
            return
        yield data[at + 1], at + 4, at + 2 + length
        at += 2 + length


def xmp_texts(packet: bytes) -> Iterator[str]:
    """Recipes in an XMP packet, whichever way a program wrote the property; no XML reader meets what a file says."""
    for match in IN_XMP.finditer(packet[:MAX_XMP].decode(errors="replace")):
        yield html.unescape(next(filter(None, match.groups()), ""))


def unpacked(text: str) -> str:
    if not text.startswith(PACKED):
        return text
    return inflated(base64.b64decode(text.removeprefix(PACKED)), limit=MAX_XMP).decode()


def inflated(data: bytes, *, limit: int) -> bytes:
    """At most `limit` bytes of what was compressed; raise ValueError where there is more."""
    unpacking = zlib.decompressobj()
    found = unpacking.decompress(data, limit)
    if unpacking.unconsumed_tail:
        raise ValueError("more than is read")
    return found
