"""Reads a complete reply of the Images API without a network: a fresh one, or one found in its file days later."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from studio.images import EditRequest, ImageRequest, Usage

from .content_type import detect_file_type
from .error_classification import classify_error
from .errors import ConnectionCut, GatewayError, NoPicture, ReplyUnreadable, StorageFailed
from .found_picture import FoundPicture
from .image_extraction import (
    MAX_PICTURES,
    Extraction,
    Facts,
    extract_from_body,
    extract_from_event,
    extract_from_payload,
)
from .late_search import search_file
from .lenient_json import parse_json_values
from .picture_base64 import decode_base64
from .received import Received
from .sse import events_in_file
from .usage_tally import UsageTally


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The pictures of one call as encoded files, and what the gateway claims about them (None where it is silent).

    `reported_cost` is the cost in USD that the body reports; `Received` has the one of the headers.
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


def read_reply(path: Path, *, request: ImageRequest | None = None, received: Received | None = None) -> Reply:
    """Read a whole reply, whatever it is written as; blocking.

    `received` hands on what the call has parsed already; without it, or when it was read before, the file is parsed.
    A usage without details is read by the `request`: the input of an EditRequest counts as image.
    Raises NoPicture, PictureUnreadable, ConnectionCut or the error in the reply, with the usage that was told.
    """
    if received and (extractions := received.take_parsed(Extraction)):
        with suppress(GatewayError):  # the file decides what is wrong with it
            return _reply(_collect(extractions), request)
    try:
        return _reply(_collect_from_file(path), request)
    except OSError as error:
        raise StorageFailed(type(error).__name__, maybe_billed=True) from None


def _collect_from_file(path: Path) -> "CollectedPictures":
    content_type = detect_file_type(path)
    if content_type == "picture":
        return CollectedPictures(pictures=[path.read_bytes()])
    if content_type == "events":
        collected = _collect_from_events(path)
    elif content_type == "json":
        collected = _collect(extract_from_json_file(path))
    else:
        collected = CollectedPictures()
    if not collected.pictures and content_type in ("events", "text", "unknown"):
        collected.add(search_file(path))
        collected.finish()
    if not collected.pictures and content_type in ("html", "unknown"):
        raise ReplyUnreadable(content_type)
    return collected


@dataclass(kw_only=True)
class CollectedPictures:
    """Pictures and facts that become a Reply; `finish` says that there are no more."""

    pictures: list[bytes] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    revised_prompt: str | None = None
    error: GatewayError | None = None  # of a picture that cannot be read, or of the reply
    _usage: UsageTally = field(default_factory=UsageTally)
    # Pictures of events that are called neither partial nor completed, the last of each number.
    _loose: dict[int, Extraction] = field(default_factory=dict)
    _has_completed: bool = False

    def add(self, extraction: Extraction) -> None:
        """Add an extraction's facts, and its pictures where they count; repeats are dropped."""
        self.facts |= extraction.facts
        first = next(iter(extraction.pictures), FoundPicture())
        self._usage.add(extraction.facts.usage, picture=first.inline_text or first.url)
        if not extraction.pictures:
            return
        if extraction.is_completed:
            self._has_completed = True
            self._loose.clear()
            self._add_pictures(extraction)
        elif not self._has_completed:
            self._loose[extraction.index or 0] = extraction

    def finish(self) -> None:
        """Without a completed picture the loose ones count; then the usage of all parts is known."""
        for extraction in self._loose.values():
            self._add_pictures(extraction)
        self._loose.clear()
        usage = self._usage.total(size=self.facts.size, quality=self.facts.quality)
        self.facts = replace(self.facts, usage=usage)

    def _add_pictures(self, extraction: Extraction) -> None:
        for found in extraction.pictures:
            self.revised_prompt = self.revised_prompt or found.revised_prompt
            if len(self.pictures) == MAX_PICTURES:
                return
            try:
                picture = decode_base64(found.inline_text)
            except GatewayError as error:
                self.error = error
                continue
            if picture and picture not in self.pictures:
                self.pictures.append(picture)


def extract_from_json_file(path: Path) -> list[Extraction]:
    """What a file with a JSON body holds (blocking); raises ConnectionCut where the JSON breaks off.

    Several objects one after the other are read like the events of a stream.
    """
    text = str(path.read_bytes(), "utf-8", "replace")
    values = [value for number, value in enumerate(parse_json_values(text)) if not number or isinstance(value, Mapping)]
    del text
    if not values:
        raise ConnectionCut("the reply's JSON breaks off")
    if len(values) == 1 or not isinstance(values[0], Mapping):
        return [extract_from_body(values[0])]
    return [extract_from_payload(value) for value in values]


def _collect(extractions: Iterable[Extraction]) -> CollectedPictures:
    collected = CollectedPictures()
    for extraction in extractions:
        if extraction.role == "error":
            collected.facts |= extraction.facts
            collected.error = collected.error or classify_error(status=200, error_body=extraction.error_body)
        elif extraction.role != "partial":
            collected.add(extraction)
    collected.finish()
    return collected


def _collect_from_events(path: Path) -> CollectedPictures:
    return _collect(map(extract_from_event, events_in_file(path)))


def _reply(collected: CollectedPictures, request: ImageRequest | None) -> Reply:
    if not collected.pictures:
        error = collected.error or NoPicture()
        error.add_bill(usage=collected.facts.usage, reported_cost=collected.facts.reported_cost)
        raise error
    claims = vars(collected.facts) | {
        "usage": Usage.from_wire(collected.facts.usage, is_edit=isinstance(request, EditRequest))
    }
    return Reply(
        picture=collected.pictures[0],
        pictures=tuple(collected.pictures),
        revised_prompt=collected.revised_prompt,
        **claims,
    )
