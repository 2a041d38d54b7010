"""Reads a reply while it arrives: every byte goes into its body, and stream events are parsed as they pass."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from studio.images import TextUsage

from .content_type import BLANKS, ContentType, detect_content_type
from .error_body import ErrorBody
from .errors import ConnectionCut, GatewayError, NoPicture
from .found_picture import FoundPicture
from .image_extraction import Extraction, Facts, extract_from_event, find_usage
from .parsed_reply import MemoryBudget, ParsedReply
from .sse import Event, EventParser
from .transcript import EventUpdate, Transcript
from .usage_tally import UsageTally

logger = logging.getLogger(__name__)

type OnPartial = Callable[[str, int], Awaitable[None]]
type OnText = Callable[[str], Awaitable[None]]


class Body(Protocol):
    """Where a reply's bytes go; `may_be_billed` is set once the call has been sent."""

    may_be_billed: bool

    @property
    def byte_count(self) -> int: ...

    def write(self, chunk: bytes) -> None: ...


class Grace(NamedTuple):
    """Seconds that a stream with a finished picture may be silent, and may go on in all."""

    silence: float
    total: float


FINISHED = Grace(2.0, 10.0)  # for a connection that the gateway leaves open
LOOSE = Grace(60.0, 300.0)  # for the finished picture after one that may have been a preview
UNFINISHED = Grace(20.0, 120.0)  # for the text after a picture, and the usage


class ErrorEvent(Exception):
    """An error event came before any finished picture."""

    def __init__(self, error_body: ErrorBody | None) -> None:
        super().__init__()
        self.error_body = error_body


class ResponseReader:
    """Reads one HTTP response; subclasses know what its events mean."""

    def __init__(self, body: Body, *, on_partial: OnPartial | None = None, parsed: ParsedReply | None = None) -> None:
        self.body = body
        self.parsed = parsed or MemoryBudget().new_reply()
        self.content_type: ContentType = "blank"
        self.head = b""
        self.partial_count = 0
        self.is_over = False
        self._on_partial = on_partial
        self._parser = EventParser()

    @property
    def has_picture(self) -> bool:
        """Whether a finished picture, or its URL, was in the stream."""
        raise NotImplementedError

    @property
    def has_output(self) -> bool:
        """Whether the gateway has produced something that is surely billed."""
        return self.partial_count > 0

    @property
    def grace(self) -> Grace | None:
        """How long the stream may still go on; None while its end is not near."""
        return FINISHED if self.has_picture else None

    async def feed(self, chunk: bytes) -> None:
        """Store a chunk and read the events it completes; raises ErrorEvent and what the body raises."""
        self.body.write(chunk)
        if self.content_type == "blank":
            chunk = self._detect_type(self.head + chunk)
        if self.content_type == "events":
            for event in self._parser.feed(chunk):
                await self._dispatch(event)

    async def finish(self) -> None:
        """Read what was still incomplete when the response ended or was cut; raises ErrorEvent."""
        if self.content_type == "blank":
            self.content_type = detect_content_type(self.head, is_whole=True)
            for event in self._parser.feed(self.head) if self.content_type == "events" else ():
                await self._dispatch(event)
        if self.content_type == "events" and not self.is_over:
            for event in self._parser.finish():
                await self._dispatch(event)

    def missing_answer_error(self) -> GatewayError:
        """The error for a stream that ended without an answer."""
        raise NotImplementedError

    def add_bill(self, error: GatewayError) -> None:
        """Add to an error what the reply has told of its cost so far."""

    def add_bill_of(self, error: GatewayError, value: Any) -> None:
        """Add to an error what its parsed body tells of the call's cost."""

    def _detect_type(self, head: bytes) -> bytes:
        self.content_type = detect_content_type(head)
        body = head.lstrip(BLANKS)
        self.head = body[:2000]
        return body

    async def _dispatch(self, event: Event) -> None:
        if event.data.startswith("[DONE]"):
            self.is_over = True
        else:
            await self._read_event(event)

    async def _read_event(self, event: Event) -> None:
        raise NotImplementedError

    async def _report_partial(self, base64: str, index: int | None) -> None:
        index = self.partial_count if index is None else index
        self.partial_count += 1
        if self._on_partial is None or not base64:
            return
        try:
            await self._on_partial(base64.partition(",")[2] if base64[:5].lower() == "data:" else base64, index)
        except Exception:  # a preview that cannot be shown must not cost the paid picture
            logger.exception("A partial picture could not be reported")


class ImagesApiReader(ResponseReader):
    """Reads a reply of the Images API; keeps the URLs and facts of finished pictures, and hands on what it parsed.

    A picture of an event that is called neither partial nor completed is loose: it counts where no completed one comes.
    """

    def __init__(self, body: Body, *, on_partial: OnPartial | None = None, parsed: ParsedReply | None = None) -> None:
        super().__init__(body, on_partial=on_partial, parsed=parsed)
        self._completed = _Pictures()
        self._loose = _Pictures()
        self._facts = Facts()
        self._usage = UsageTally()
        self._has_final = False

    @property
    def facts(self) -> Facts:
        """What the reply has claimed so far, with the usage of all its parts."""
        return replace(self._facts, usage=self._usage.total(size=self._facts.size, quality=self._facts.quality))

    @property
    def has_picture(self) -> bool:
        return bool(self._completed) or bool(self._loose)

    @property
    def has_base64(self) -> bool:
        """Whether a picture that counts is in the reply itself."""
        return self._counting.is_inline

    @property
    def remote_pictures(self) -> list[FoundPicture]:
        """The pictures that count and have to be fetched."""
        return list(self._counting.remote.values())

    @property
    def grace(self) -> Grace | None:
        if self._completed:
            return FINISHED
        return LOOSE if self._loose else None

    def add_bill(self, error: GatewayError) -> None:
        error.add_bill(usage=self.facts.usage, reported_cost=self.facts.reported_cost)

    def add_bill_of(self, error: GatewayError, value: Any) -> None:
        if isinstance(value, Mapping):
            error.add_bill(usage=find_usage(value))

    def missing_answer_error(self) -> GatewayError:
        if self._has_final or self.is_over:
            return NoPicture()
        return ConnectionCut("the stream ended before the picture was finished")

    @property
    def _counting(self) -> "_Pictures":
        return self._completed or self._loose

    async def _read_event(self, event: Event) -> None:
        extraction = extract_from_event(event)
        if extraction.role == "partial" and extraction.pictures:
            await self._report_partial(extraction.pictures[0].base64, extraction.index)
        self.add_extraction(extraction, byte_count=len(event.data))
        if extraction.role == "error" and not self.has_picture:
            raise ErrorEvent(extraction.error_body)

    def add_extraction(self, extraction: Extraction, *, byte_count: int) -> None:
        """Take in what an event or a JSON body holds."""
        if extraction.role == "partial":
            return
        first = next(iter(extraction.pictures), FoundPicture())
        self._facts |= extraction.facts
        self._usage.add(extraction.facts.usage, picture=first.inline_text or first.url)
        if extraction.role == "error":
            self.parsed.discard()  # what counts then is decided where the whole file is read
        elif extraction.role == "final":
            self._has_final = True
            (self._completed if extraction.is_completed else self._loose).add(extraction)
            self.parsed.add(extraction, byte_count=byte_count)
        elif extraction.facts.usage:
            self.parsed.add(extraction)


@dataclass
class _Pictures:
    """Which pictures a stream has brought: whether one of them is inline, and those at addresses."""

    is_inline: bool = False
    remote: dict[tuple[int, int] | str, FoundPicture] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.is_inline or bool(self.remote)

    def add(self, extraction: Extraction) -> None:
        self.is_inline = self.is_inline or extraction.has_inline_picture
        for number, picture in enumerate(extraction.pictures):
            if not picture.is_inline:
                # A loose one takes the place of the one before it, which was a preview then.
                key = picture.url if extraction.is_completed else (extraction.index or 0, number)
                self.remote[key] = picture


class ResponsesApiReader(ResponseReader):
    """Reads a reply of the Responses API; text and partial pictures are reported as they come."""

    def __init__(
        self,
        body: Body,
        *,
        on_partial: OnPartial | None = None,
        on_text: OnText | None = None,
        parsed: ParsedReply | None = None,
    ) -> None:
        super().__init__(body, on_partial=on_partial, parsed=parsed)
        self.transcript = Transcript(reserve=self.parsed.reserve)
        self._on_text = on_text

    @property
    def has_picture(self) -> bool:
        return self.transcript.has_picture

    @property
    def has_output(self) -> bool:
        return self.partial_count > 0 or self.transcript.has_cost

    @property
    def grace(self) -> Grace | None:
        if self.transcript.is_complete and self.transcript.has_answer:
            return FINISHED
        return UNFINISHED if self.has_picture else None

    def add_bill(self, error: GatewayError) -> None:
        self.transcript.add_bill(error)

    def add_bill_of(self, error: GatewayError, value: Any) -> None:
        usage = value.get("usage") if isinstance(value, Mapping) else None
        error.add_bill(text_usage=usage if TextUsage.from_wire(usage) else None)

    def missing_answer_error(self) -> GatewayError:
        return self.transcript.missing_answer_error()

    async def _read_event(self, event: Event) -> None:
        update = self.transcript.add_event(event)
        if update.error_body and not self.transcript.has_answer:
            raise ErrorEvent(update.error_body)
        if update.partial:
            await self._report_partial(update.partial, update.index)
        await self._report_text(update)

    async def _report_text(self, update: EventUpdate) -> None:
        if self._on_text is None or not update.text:
            return
        try:
            await self._on_text(update.text)
        except Exception:  # text that cannot be shown yet must not cost the answer
            logger.exception("The text of an answer could not be reported")
