"""Parses server-sent events from bytes in chunks of any size (WHATWG HTML §9.2.6), in linear time and under a cap."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .content_type import BLANKS
from .errors import ReplyTooLarge

MAX_EVENT_BYTES = 96 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class Event(NamedTuple):
    """One event: its name ("" when the stream gave none) and its data lines joined by line feeds."""

    name: str
    data: str


class EventParser:
    """Turns bytes into events; CR, LF and CRLF end lines, comments are skipped, a BOM is dropped."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []  # pieces of the unfinished line: joined once, so long lines stay linear
        self._name = b""
        self._data: list[bytes] = []
        self._byte_count = 0
        self._is_first_line = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events this chunk completes; raises ReplyTooLarge when one event passes the cap."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._add(end)
            yield from self._end_line()
        self._add(rest)

    def finish(self) -> Iterator[Event]:
        """Yield the event that the stream's end cut off before its blank line, if there is one."""
        yield from self._end_line()
        yield from self._dispatch()

    def _add(self, piece: bytes) -> None:
        self._byte_count += len(piece)
        if self._byte_count > self._max_event_bytes:
            raise ReplyTooLarge("one event of the stream passed the cap")
        if piece:
            self._line.append(piece)

    def _end_line(self) -> Iterator[Event]:
        line = b"".join(self._line)
        self._line.clear()
        if self._is_first_line:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self._is_first_line = False
        if not line:
            yield from self._dispatch()
            return
        field, _, value = line.partition(b":")
        del line  # the line may be a whole picture: never hold it twice
        self._add_field(field, value.removeprefix(b" "))

    def _add_field(self, field: bytes, value: bytes) -> None:
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value
        elif not field:
            self._byte_count -= len(value)  # a comment is a sign of life and does not count

    def _dispatch(self) -> Iterator[Event]:
        name, lines = self._name, self._data
        self._name, self._data, self._byte_count = b"", [], 0
        if not lines:
            return
        yield Event(name.decode("utf-8", "replace"), _text(lines))  # no local name: the consumer alone holds the text


def _text(lines: list[bytes]) -> str:
    data = b"\n".join(lines)
    lines.clear()
    return data.decode("utf-8", "replace")


def events_in_file(path: Path) -> Iterator[Event]:
    """The events of a stream in a file (blocking)."""
    parser = EventParser()
    has_begun = False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if not has_begun:
                chunk = chunk.lstrip(BLANKS)
                has_begun = bool(chunk)
            yield from parser.feed(chunk)
    yield from parser.finish()
