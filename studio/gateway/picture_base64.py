"""Decodes a picture that is written as text, in the variants gateways send.

They are base64 with the alphabet of URLs, line breaks (also spelled `\\n`), percent escapes or no padding, in `data:`
URLs, in Python's `b'…'`, encoded twice, and hexadecimal.
"""

import binascii
import re
from urllib.parse import unquote_to_bytes

import pybase64

from .errors import PictureUnreadable
from .picture_formats import picture_format

SHORTEST = 64  # characters; no picture file is smaller

_URLSAFE = bytes.maketrans(b"-_", b"+/")
_LAYOUT = b" \t\r\n\v\f="
_HEAD = 1600  # characters that show what a text holds
_WRAPPED = re.compile(r"b?(['\"])(.*)\1", re.DOTALL)
_DATA_PREFIX = re.compile(r"(data:(?:[\w.+-]+/[\w.+-]+)?(?:\s*;\s*[\w.+=\"-]+)*)\s*,", re.IGNORECASE)
_HEX = re.compile(r"(?:0x|\\x)?[0-9a-fA-F]{16}")


def decode_base64(text: str) -> bytes:
    """Decode a picture's base64, with or without a `data:` prefix, line breaks or padding; raises PictureUnreadable."""
    head, text = _payload(text)
    if _is_plain_data_url(head):
        return unquote_to_bytes(text)
    if _is_hex_picture(text):
        return _decode_hex(text)
    try:
        data = pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = _decode_loosely(text)
    return _decoded_again(data)


def looks_like_picture(text: str) -> bool:
    """Whether a text is a picture file in one of these encodings, by its beginning alone."""
    if len(text) < SHORTEST:
        return False
    head, payload = _payload(text[:_HEAD].lstrip())
    if _is_plain_data_url(head):
        return head[:10].lower() == "data:image"
    if _is_hex_picture(payload):
        return True
    try:
        start = _decode_loosely(payload, is_head=True)
    except PictureUnreadable:
        return False
    return bool(picture_format(start)) or _is_encoded_twice(start)


def _payload(text: str) -> tuple[str, str]:
    """The prefix of a `data:` URL, empty where there is none, and what it holds."""
    if text[:2] in ("b'", 'b"') and (wrapped := _WRAPPED.fullmatch(text.strip())):
        text = wrapped[2]
    elif text[:2] in ("b'", 'b"'):
        text = text[2:]
    if text[:5].lower() == "data:" and (prefix := _DATA_PREFIX.match(text)):
        return prefix[1], text[prefix.end() :]
    return "", text


def _is_plain_data_url(head: str) -> bool:
    """Whether a `data:` URL holds its picture as it is, such as an SVG, with percent escapes."""
    return bool(head) and not head.lower().replace(" ", "").endswith(";base64")


def _is_hex_picture(text: str) -> bool:
    """Hexadecimal digits are base64 letters as well: what they decode to decides."""
    return bool(_HEX.match(text)) and bool(picture_format(_decode_hex(text[:64])))


def _decode_hex(text: str) -> bytes:
    digits = re.sub(r"0x|\\x|[\s:,]", "", text)
    try:
        return bytes.fromhex(digits[: len(digits) // 2 * 2])
    except ValueError:
        raise PictureUnreadable("the hexadecimal digits are damaged") from None


def _decode_loosely(text: str, *, is_head: bool = False) -> bytes:
    if "\\" in text:
        text = text.replace("\\r", "").replace("\\n", "").replace("\\/", "/")
    raw = unquote_to_bytes(text) if "%" in text else text.encode("ascii", "replace")
    plain = raw.translate(_URLSAFE, delete=_LAYOUT)
    if is_head:
        plain = plain[: len(plain) // 4 * 4]
    try:
        return pybase64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise PictureUnreadable("the base64 is damaged") from None


def _is_encoded_twice(start: bytes) -> bool:
    inner = start[: _HEAD // 2].decode("ascii", "ignore")
    if len(inner) < SHORTEST:
        return False
    _head, payload = _payload(inner)
    try:
        return bool(picture_format(_decode_loosely(payload, is_head=True)))
    except PictureUnreadable:
        return False


def _decoded_again(data: bytes) -> bytes:
    """What is in bytes that are base64 once more."""
    if picture_format(data) or not _is_encoded_twice(data[:_HEAD]):
        return data
    return decode_base64(data.decode("ascii", "ignore"))
