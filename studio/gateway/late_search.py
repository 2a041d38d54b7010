"""Looks for pictures in a whole reply once more, where none was found while it was read.

That is text instead of JSON, a form in parts, and text that a stream brings in pieces.
"""

from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pybase64

from .content_type import BLANKS, detect_file_type
from .found_picture import FoundPicture
from .image_extraction import Extraction, extract_from_body
from .lenient_json import parse_json
from .picture_formats import picture_format
from .picture_search import search_pictures
from .sse import events_in_file

_QUOTED = ('"', "{", "[")  # anything else in JSON is no text, though digits may begin one
MAX_PIECES = 64 * 1024 * 1024  # characters of text that a stream may bring


def search_file(path: Path) -> Extraction:
    """The pictures in the file of a reply that is no JSON object (blocking); without any its role is `other`."""
    content_type = detect_file_type(path)
    if content_type == "events":
        return _found(search_pictures("".join(_text_pieces(path))))
    if content_type in ("text", "unknown"):
        body = path.read_bytes()
        if body.lstrip(BLANKS).startswith(b"--"):
            return _search_parts(body)
        text = str(body, "utf-8", "replace").strip()
        value = parse_json(text) if text[:1] in _QUOTED else None
        return _found(search_pictures(text if value is None else value, is_whole=True))
    return _found(())


def _found(pictures: tuple[FoundPicture, ...]) -> Extraction:
    return Extraction(role="final" if pictures else "other", pictures=pictures, is_completed=bool(pictures))


def _text_pieces(path: Path) -> Iterator[str]:
    """The text of a stream, such as a chat's, which may hold a picture in Markdown."""
    left = MAX_PIECES
    for event in events_in_file(path):
        payload = parse_json(event.data)
        for piece in _pieces_of(payload) if isinstance(payload, Mapping) else ():
            left -= len(piece)
            if left < 0:
                return
            yield piece


def _pieces_of(payload: Mapping[str, Any]) -> Iterator[str]:
    choices = payload.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        delta = choice.get("delta") or choice.get("message") if isinstance(choice, Mapping) else None
        content = delta.get("content") if isinstance(delta, Mapping) else None
        if isinstance(content, str):
            yield content
    for name in ("delta", "text"):
        if isinstance(piece := payload.get(name), str):
            yield piece
            return


def _search_parts(body: bytes) -> Extraction:
    """The pictures of a body in parts, which begins with the boundary between them."""
    start = body.lstrip(BLANKS)
    boundary = start[2:].splitlines()[0].strip().decode("ascii", "replace") if start[2:] else ""
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode()
    pictures: list[FoundPicture] = []
    for part in message_from_bytes(head + start, policy=HTTP).walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or part.is_multipart():
            continue
        if picture_format(content):
            pictures.append(FoundPicture(base64=pybase64.b64encode_as_string(content)))
        elif (value := parse_json(str(content, "utf-8", "replace"))) is not None:
            pictures += extract_from_body(value).pictures
    return _found(tuple(pictures))
