"""Reads a complete reply from its file: pure of network, the same for a fresh reply and for one found days later."""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pybase64

from studio.images import EditRequest, ImageRequest, Usage

from .complaint import loads
from .errors import ConnectionCut, GatewayError, NoPicture, PictureUnreadable, ReplyUnreadable, StorageFailed
from .findings import MAX_PICTURES, Facts, Find, Finding, read_body, read_event
from .sniff import BLANKS, Nature, sniff
from .sse import Event, EventParser
from .verdict import verdict

_CHUNK = 1024 * 1024
_URLSAFE = bytes.maketrans(b"-_", b"+/")
_LAYOUT = b" \t\r\n\v\f="


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The pictures of one call as encoded files, and what the gateway says about them (None where it is silent).

    `reported_cost` is what the body says the call cost, in USD; headers are read by `Received`.
    """

    picture: bytes
    pictures: tuple[bytes, ...]
    usage: Usage | None = None
    model: str | None = None
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    background: str | None = None
    revised_prompt: str | None = None
    reported_cost: Decimal | None = None


def read_reply(path: Path, *, asked: ImageRequest | None = None) -> Reply:
    """Read a whole reply (JSON, event stream or bare picture) from disk; blocking.

    What was `asked` says how to read a usage without details: the input of an EditRequest counts as image.
    Raises NoPicture, PictureUnreadable, ConnectionCut or what the gateway complained about.
    """
    try:
        nature = nature_of(path)
        if nature == "picture":
            return _reply(Gathered(pictures=[path.read_bytes()]), asked)
        if nature == "events":
            return _reply(_gather_events(path), asked)
        if nature == "json":
            return _reply(_gather_body(path), asked)
    except OSError as error:
        raise StorageFailed(type(error).__name__, maybe_billed=True) from None
    raise NoPicture() if nature == "blank" else ReplyUnreadable(nature)


@dataclass(kw_only=True)
class Gathered:
    """Pictures and facts on their way into a Reply."""

    pictures: list[bytes]
    facts: Facts = field(default_factory=Facts)
    revised_prompt: str | None = None

    def add(self, finding: Finding) -> None:
        """Take over a final finding's pictures (repeats are dropped) and facts."""
        self.facts |= finding.facts
        for find in finding.finds:
            self._add_find(find)

    def _add_find(self, find: Find) -> None:
        self.revised_prompt = self.revised_prompt or find.revised_prompt
        if len(self.pictures) == MAX_PICTURES:
            return
        picture = decode_base64(find.base64 or _inline(find.url))
        if picture and picture not in self.pictures:
            self.pictures.append(picture)


def nature_of(path: Path) -> Nature:
    """Sniff a file, however many blanks its heartbeat left at the beginning."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if (nature := sniff(chunk, is_whole=True)) != "blank":
                return nature
    return "blank"


def read_json(path: Path) -> Finding:
    """Say what a file with a JSON body amounts to (blocking); raises ConnectionCut where the JSON breaks off."""
    value = loads(str(path.read_bytes(), "utf-8", "replace"))
    if value is None:
        raise ConnectionCut("the reply's JSON breaks off")
    return read_body(value)


def decode_base64(text: str) -> bytes:
    """Decode a picture's base64, with or without a `data:` prefix, line breaks or padding; raises PictureUnreadable."""
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return _decode_loosely(text)


def _decode_loosely(text: str) -> bytes:
    plain = text.encode("ascii", "replace").translate(_URLSAFE, delete=_LAYOUT)
    try:
        return pybase64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise PictureUnreadable("the base64 is damaged") from None


def _gather_body(path: Path) -> Gathered:
    finding = read_json(path)
    if finding.role == "error":
        raise verdict(status=200, complaint=finding.complaint)
    gathered = Gathered(pictures=[])
    gathered.add(finding)
    return gathered


def _gather_events(path: Path) -> Gathered:
    gathered = Gathered(pictures=[])
    try:
        for finding in map(read_event, events_of(path)):
            if finding.role == "error":
                raise verdict(status=200, complaint=finding.complaint)
            if finding.role == "final":
                gathered.add(finding)
    except GatewayError:
        if not gathered.pictures:  # whatever follows a finished picture cannot take it away
            raise
    return gathered


def events_of(path: Path) -> Iterator[Event]:
    """The events of a stream that lies in a file (blocking)."""
    parser = EventParser()
    has_begun = False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if not has_begun:
                chunk = chunk.lstrip(BLANKS)
                has_begun = bool(chunk)
            yield from parser.feed(chunk)
    yield from parser.finish()


def _inline(url: str) -> str:
    """The base64 of a `data:` address; an address elsewhere holds no picture for a reader without a network."""
    return url if url[:5].lower() == "data:" else ""


def _reply(gathered: Gathered, asked: ImageRequest | None) -> Reply:
    if not gathered.pictures:
        raise NoPicture()
    claims = vars(gathered.facts) | {
        "usage": Usage.from_wire(gathered.facts.usage, is_edit=isinstance(asked, EditRequest))
    }
    return Reply(
        picture=gathered.pictures[0],
        pictures=tuple(gathered.pictures),
        revised_prompt=gathered.revised_prompt,
        **claims,
    )
