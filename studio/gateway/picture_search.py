"""Finds pictures in a reply of no known shape: wherever a text is a picture, or leads to what can only be one.

What a reply repeats of its request, previews and thumbnails are never a result.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pybase64

from .found_picture import FoundPicture
from .lenient_json import parse_json
from .picture_base64 import SHORTEST, looks_like_picture
from .picture_formats import picture_format

MAX_FOUND = 10
MAX_DEPTH = 14
MAX_NODES = 20_000
MAX_SHORT_TEXT = 64 * 1024  # characters of a text that is looked through for addresses

type Rank = Literal["picture", "address", "link", "doubtful"]

_NO_RESULT = re.compile(
    r"input|request|prompt|mask|reference|preview|thumb|partial|avatar|logo|icon|poll|status|cancel|callback|webhook|"
    r"docs?$|help|parameters|usage|error|^user|^tools?$|tool_choice|signature|upload|init_?image|instructions|"
    r"^source_?(image|url|picture)?s?$|control_?image|metadata_?url|homepage|website|publisher|profile",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(r"original|before|small|low_?res|blur|placeholder|watermark|cover", re.IGNORECASE)
_PICTURE_KEY = re.compile(
    r"url|uri|image|img|picture|photo|link|output|result|sample|src|href|file|art|data|content|path|generat",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_PICTURE_NAME = re.compile(r"\.(?:png|jpe?g|webp|avif|gif)(?:[?#]|$)", re.IGNORECASE)
_RELATIVE = re.compile(r"/?[\w.%~-]+(?:/[\w.%~-]+)*\.(?:png|jpe?g|webp|avif|gif)(?:\?\S*)?", re.IGNORECASE)
_DATA_URL = re.compile(
    r"data:image/[\w.+-]+(?:;[\w=.+-]+)*;base64,[A-Za-z0-9+/_%-]+={0,2}"
    r"(?:\r?\n(?:[A-Za-z0-9+/_-]{16,}={0,2}|[A-Za-z0-9+/_-]*={1,2}))*",
    re.IGNORECASE,
)
_SHOWN_DATA = re.compile(rf"!\[[^\]]*\]\(\s*<?{_DATA_URL.pattern}[^)]*\)|{_DATA_URL.pattern}", re.IGNORECASE)
_SHOWN = re.compile(r"!\[[^\]]*\]\(\s*<?([^\s)>]+)|<img[^>]{0,500}?\ssrc\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_PIECE = re.compile(r"(?:data:image/[\w.+-]+;base64,)?[A-Za-z0-9+/_=\s-]+")
_WORDS = re.compile(
    r"^(message|msg|detail|details|reason|title|description|hint|code|type|id|name|model)$", re.IGNORECASE
)
_FOREIGN_ROLES = ("user", "system", "developer", "tool")


@dataclass(kw_only=True)
class _Search:
    """The candidates of one reply by rank, in their order, and how much of it may still be looked at."""

    found: dict[Rank, list[FoundPicture]] = field(
        default_factory=lambda: {"picture": [], "address": [], "link": [], "doubtful": []}
    )
    nodes_left: int = MAX_NODES

    def add(self, rank: Rank, picture: FoundPicture) -> None:
        known = self.found[rank]
        if len(known) < MAX_FOUND and picture not in known:
            known.append(picture)


def search_pictures(value: Any, *, is_whole: bool = False) -> tuple[FoundPicture, ...]:
    """The pictures of a parsed value: those in it, else those at addresses that can only be a picture's.

    In a reply that `is_whole` and no error, an address that is the only one can only be its picture's.
    """
    search = _Search()
    _walk(search, value, key="", depth=0)
    found = search.found
    links = found["link"] if is_whole and len(found["link"]) == 1 else []
    return tuple(found["picture"] or found["address"] or found["doubtful"] or links)


def without_data_urls(text: str) -> str:
    """A text without the pictures that are written into it."""
    return _SHOWN_DATA.sub("", text).strip()


def _walk(search: _Search, value: Any, *, key: str, depth: int) -> None:
    search.nodes_left -= 1
    if depth > MAX_DEPTH or search.nodes_left < 0:
        return
    if isinstance(value, str):
        _look_at_text(search, value, key=key, depth=depth)
    elif isinstance(value, Mapping):
        _look_at_mapping(search, value, key=key, depth=depth)
    elif isinstance(value, list):
        if picture := _picture_of_numbers(value) or _picture_in_pieces(value):
            search.add("picture", picture)
            return
        for item in value:
            _walk(search, item, key=key, depth=depth + 1)


def _look_at_mapping(search: _Search, value: Mapping[str, Any], *, key: str, depth: int) -> None:
    kind = str(value.get("type", ""))[:40]
    if value.get("role") in _FOREIGN_ROLES or kind.startswith("input"):
        return
    for name, inner in value.items():
        if isinstance(inner, str) and (name == "delta" or (name == "content" and key.endswith("delta"))):
            continue  # a piece of a text: `late_search` reads them together
        is_block = name == "source" and isinstance(inner, Mapping)  # {"type": "image", "source": {"data": …}}
        if not is_block and _NO_RESULT.search(name):
            continue
        inherits = name in ("data", "url", "value", "uri", "src") or not name
        _walk(search, inner, key=f"{key}.{name}" if inherits and key else name, depth=depth + 1)


def _look_at_text(search: _Search, text: str, *, key: str, depth: int) -> None:
    if looks_like_picture(text):
        search.add("doubtful" if _DOUBTFUL.search(key) else "picture", FoundPicture(base64=text))
        return
    is_found = False
    for match in _DATA_URL.finditer(text) if "data:image/" in text else ():
        if len(match[0]) >= SHORTEST:
            search.add("picture", FoundPicture(base64=match[0]))
            is_found = True
    if is_found or len(text) > MAX_SHORT_TEXT:
        if not is_found and text.lstrip()[:1] in ("{", "["):
            _walk(search, parse_json(text), key=key, depth=depth + 1)
        return
    if text.lstrip()[:1] in ("{", "[") and (inner := parse_json(text)) is not None:
        _walk(search, inner, key=key, depth=depth + 1)
        return
    _look_for_addresses(search, text, key=key)


def _look_for_addresses(search: _Search, text: str, *, key: str) -> None:
    if _WORDS.match(key):
        return
    shown = [url for pair in _SHOWN.findall(text) if (url := pair[0] or pair[1])[:5].lower() != "data:"]
    for address in shown:
        search.add("address", FoundPicture(url=address, is_guessed=True))
    stripped = text.strip()
    if not shown and _RELATIVE.fullmatch(stripped) and "/" in stripped and _PICTURE_KEY.search(key):
        search.add(_rank(stripped, key=key), FoundPicture(url=stripped, is_guessed=True))
        return
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(").,;]")
        if address not in shown:
            is_alone = match[0] == stripped
            search.add(_rank(address, key=key if is_alone else ""), FoundPicture(url=address, is_guessed=True))


def _rank(address: str, *, key: str) -> Rank:
    if _DOUBTFUL.search(key):
        return "doubtful"
    return "address" if _PICTURE_NAME.search(address) or _PICTURE_KEY.search(key) else "link"


def _picture_of_numbers(value: Sequence[Any]) -> FoundPicture | None:
    """A picture written as a list of bytes, as JavaScript's buffers are."""
    if len(value) < SHORTEST or not all(isinstance(byte, int) and 0 <= byte < 256 for byte in value[:16]):
        return None
    if not picture_format(bytes(value[:16])):
        return None
    try:
        return FoundPicture(base64=pybase64.b64encode_as_string(bytes(value)))
    except (TypeError, ValueError):
        return None


def _picture_in_pieces(value: Sequence[Any]) -> FoundPicture | None:
    """A picture whose text is cut into pieces: only the first begins as a picture does, and none is an address."""
    if len(value) < 2 or not all(isinstance(piece, str) and _PIECE.fullmatch(piece[:200]) for piece in value):
        return None
    if not looks_like_picture(value[0] + value[1]) or any(looks_like_picture(piece) for piece in value[1:]):
        return None
    return FoundPicture(base64="".join(value))
