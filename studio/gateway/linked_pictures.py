"""Finds what a stored reply only links to, so that it can be fetched later."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from .content_type import detect_file_type
from .errors import GatewayError
from .found_picture import FoundPicture
from .image_extraction import Extraction, Facts, extract_from_event
from .image_reply import extract_from_json_file
from .late_search import search_file
from .response_reader import ImagesApiReader
from .sse import events_in_file


class NoBody:
    """A reply that is stored already."""

    may_be_billed = True
    byte_count = 0

    def write(self, chunk: bytes) -> None:
        """Nothing is written anew."""


def linked_pictures_in_file(path: Path) -> tuple[Sequence[FoundPicture], Facts]:
    """The pictures a reply links to, and what it claims (blocking); none where it holds its picture or no link."""
    reader = ImagesApiReader(NoBody())
    try:
        for extraction in _extractions(path):
            reader.add_extraction(extraction, byte_count=0)
    except GatewayError:
        return (), Facts()
    return (() if reader.has_base64 else reader.remote_pictures), reader.facts


def _extractions(path: Path) -> Iterable[Extraction]:
    content_type = detect_file_type(path)
    if content_type == "json":
        return extract_from_json_file(path)
    if content_type == "events":
        return [*map(extract_from_event, events_in_file(path)), search_file(path)]
    return [search_file(path)] if content_type in ("text", "unknown") else []
