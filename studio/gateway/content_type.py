"""Detects what a reply is from its first bytes; its Content-Type header is only a claim."""

import re
from pathlib import Path
from typing import Literal

from .picture_base64 import SHORTEST, looks_like_picture
from .picture_formats import HEAD_BYTES, picture_format

ContentType = Literal["blank", "json", "events", "html", "picture", "text", "unknown"]

BLANKS = b"\xef\xbb\xbf \t\r\n"  # a BOM, and the blanks a gateway sends as a heartbeat before its JSON
_BY_FIRST_BYTE: dict[bytes, ContentType] = {b"{": "json", b"[": "json", b"<": "html", b":": "events"}
_ENOUGH_BYTES = 16
_ENOUGH_TEXT = SHORTEST + 40  # with the prefix of a data: URL
_DATA_URL = re.compile(rb"data:image/", re.IGNORECASE)  # a stream's line of data is no picture
_BOUNDARY = re.compile(rb"--[\w'()+,./:=?-]{1,70}\r?\n(?i:content-)")
_ENCODED = re.compile(rb"--[^\r\n]*[\r\n]{0,2}[a-zA-Z-]*|[\"']?(?:data:[\w/+;=.-]*,?)?[A-Za-z0-9+/_=\r\n-]*")
_CHUNK_BYTES = 1024 * 1024
_EVENT_LINE = re.compile(rb"(?::|(?:data|event|id|retry)\s*(?::|[\r\n]|$))")


def detect_content_type(head: bytes, *, is_whole: bool = False) -> ContentType:
    """The type of a body from its beginning; `blank` means that more bytes are needed, if more can come.

    `text` is a picture in base64 or another encoding, alone or quoted, or a body in parts.
    """
    if is_picture(head):
        return "picture"
    body = head.lstrip(BLANKS)
    if first := _BY_FIRST_BYTE.get(body[:1]):
        return first
    if not body or (len(body) < _ENOUGH_BYTES and not is_whole):
        return "blank"
    if _DATA_URL.match(body) or _is_picture_text(body) or _BOUNDARY.match(body):
        return "text"
    if _EVENT_LINE.match(body):
        return "events"
    is_unsure = len(body) < _ENOUGH_TEXT and not is_whole and _ENCODED.fullmatch(body)
    return "blank" if is_unsure else "unknown"


def is_picture(head: bytes | bytearray) -> bool:
    """Whether the bytes begin as a picture file does."""
    return picture_format(head) != ""


def _is_picture_text(body: bytes) -> bool:
    text = body[:HEAD_BYTES].decode("ascii", "replace")
    return looks_like_picture(text.lstrip("\"'"))


def reply_type(path: Path) -> str:
    """The ending of a name for a reply's file (blocking): "json", "txt", that of its picture, or "bin"."""
    content_type = detect_file_type(path)
    if content_type == "picture":
        with path.open("rb") as file:
            return picture_format(file.read(HEAD_BYTES))
    names = {"json": "json", "events": "txt", "text": "txt", "html": "txt"}
    return names.get(content_type, "bin")


def detect_file_type(path: Path) -> ContentType:
    """The type of a complete body in a file (blocking), however many heartbeat blanks come first."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if (content_type := detect_content_type(chunk, is_whole=True)) != "blank":
                return content_type
    return "blank"
