"""Tells what a reply is by its first bytes; its content type is only a claim."""

import re
from typing import Literal

Nature = Literal["blank", "json", "events", "html", "picture", "noise"]

BLANKS = b"\xef\xbb\xbf \t\r\n"  # a BOM, and the blanks a gateway's heartbeat sends before its JSON
_BY_FIRST_BYTE: dict[bytes, Nature] = {b"{": "json", b"[": "json", b"<": "html", b":": "events"}
_ENOUGH = 16
_EVENT_LINE = re.compile(rb"(?::|(?:data|event|id|retry)\s*(?::|[\r\n]|$))")


def sniff(head: bytes, *, is_whole: bool = False) -> Nature:
    """Name the nature of a body from its beginning; `blank` means that more bytes are needed, if more can come."""
    if is_picture(head):
        return "picture"
    body = head.lstrip(BLANKS)
    if first := _BY_FIRST_BYTE.get(body[:1]):
        return first
    if not body or (len(body) < _ENOUGH and not is_whole):
        return "blank"
    return "events" if _EVENT_LINE.match(body) else "noise"


def is_picture(head: bytes | bytearray) -> bool:
    """Whether the bytes begin as PNG, JPEG, GIF, WebP or AVIF do."""
    return (
        head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or head[4:12] in (b"ftypavif", b"ftypavis")
    )
