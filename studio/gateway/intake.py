"""Takes a reply in while it arrives: every byte into the inbox file, stream events read as they pass."""

import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from .complaint import Complaint
from .errors import ConnectionCut, GatewayError, NoPicture
from .findings import Facts, Find, read_event
from .sniff import BLANKS, Nature, sniff
from .sse import Event, EventParser
from .transcript import News, Transcript

logger = logging.getLogger(__name__)

type OnPartial = Callable[[str, int], Awaitable[None]]
type OnText = Callable[[str], Awaitable[None]]


class Body(Protocol):
    """Where a reply's bytes go; `is_paid_for` once the call is out."""

    is_paid_for: bool

    @property
    def byte_count(self) -> int: ...

    def write(self, chunk: bytes) -> None: ...


class Grace(NamedTuple):
    """Seconds a stream that could end may be quiet, and may go on in all."""

    silence: float
    total: float


FINISHED = Grace(2.0, 10.0)  # a line that is not closed
UNFINISHED = Grace(20.0, 120.0)  # the words after a picture, and what all of it cost


class Complained(Exception):
    """An error event came before any finished picture."""

    def __init__(self, complaint: Complaint | None) -> None:
        super().__init__()
        self.complaint = complaint


class Intake:
    """One reply on its way in, of either API; what its events mean its heirs know."""

    def __init__(self, file: Body, *, on_partial: OnPartial | None = None) -> None:
        self.file = file
        self.nature: Nature = "blank"
        self.head = b""
        self.partial_count = 0
        self.is_over = False
        self._on_partial = on_partial
        self._parser = EventParser()

    @property
    def has_picture(self) -> bool:
        """Whether a finished picture, or its address, has passed by in the stream."""
        raise NotImplementedError

    @property
    def has_drawn(self) -> bool:
        """Whether work has been done that is surely charged."""
        return self.partial_count > 0

    @property
    def grace(self) -> Grace | None:
        """How long the stream may still go on; None while it is not known to be near its end."""
        return FINISHED if self.has_picture else None

    async def take(self, chunk: bytes) -> None:
        """Store a chunk and read the events it completes; raises Complained and what the file raises."""
        self.file.write(chunk)
        if self.nature == "blank":
            chunk = self._begin(self.head + chunk)
        if self.nature == "events":
            for event in self._parser.feed(chunk):
                await self._take(event)

    async def end(self) -> None:
        """The body ended, or was cut: read what was still waiting for its end."""
        if self.nature == "blank":
            self.nature = sniff(self.head, is_whole=True)
            for event in self._parser.feed(self.head) if self.nature == "events" else ():
                await self._take(event)
        if self.nature == "events" and not self.is_over:
            for event in self._parser.finish():
                await self._take(event)

    def missing(self) -> GatewayError:
        """The error for a stream that ended without an answer."""
        raise NotImplementedError

    def _begin(self, head: bytes) -> bytes:
        self.nature = sniff(head)
        body = head.lstrip(BLANKS)
        self.head = body[:2000]
        return body

    async def _take(self, event: Event) -> None:
        if event.data.startswith("[DONE]"):
            self.is_over = True
        else:
            await self._take_event(event)

    async def _take_event(self, event: Event) -> None:
        raise NotImplementedError

    async def _announce(self, base64: str, index: int | None) -> None:
        index = self.partial_count if index is None else index
        self.partial_count += 1
        if self._on_partial is None or not base64:
            return
        try:
            await self._on_partial(base64.partition(",")[2] if base64[:5].lower() == "data:" else base64, index)
        except Exception:  # a preview that cannot be shown must not cost the paid picture
            logger.exception("A partial picture could not be announced")


class PictureIntake(Intake):
    """A reply of the Images API; keeps addresses and facts of finished pictures, never their base64."""

    def __init__(self, file: Body, *, on_partial: OnPartial | None = None) -> None:
        super().__init__(file, on_partial=on_partial)
        self.addresses: list[Find] = []
        self.facts = Facts()
        self.has_base64 = False
        self._has_final = False

    @property
    def has_picture(self) -> bool:
        return self.has_base64 or bool(self.addresses)

    def missing(self) -> GatewayError:
        if self._has_final or self.is_over:
            return NoPicture()
        return ConnectionCut("the stream ended before the picture was finished")

    async def _take_event(self, event: Event) -> None:
        finding = read_event(event)
        if finding.role == "error" and not self.has_picture:
            raise Complained(finding.complaint)
        if finding.role == "partial" and finding.finds:
            await self._announce(finding.finds[0].base64, finding.index)
        elif finding.role == "final":
            self._has_final = True
            self.facts |= finding.facts
            self._note(finding.finds)

    def _note(self, finds: tuple[Find, ...]) -> None:
        for find in finds:
            if find.is_inline:
                self.has_base64 = True
            else:
                self.addresses.append(find)


class ResponseIntake(Intake):
    """A response of the Responses API on its way in: words and partial pictures are passed on as they come."""

    def __init__(self, file: Body, *, on_partial: OnPartial | None = None, on_text: OnText | None = None) -> None:
        super().__init__(file, on_partial=on_partial)
        self.transcript = Transcript()
        self._on_text = on_text

    @property
    def has_picture(self) -> bool:
        return self.transcript.has_picture

    @property
    def has_drawn(self) -> bool:
        return self.partial_count > 0 or self.transcript.has_cost

    @property
    def grace(self) -> Grace | None:
        if self.transcript.is_complete and self.transcript.has_answer:
            return FINISHED
        return UNFINISHED if self.has_picture else None

    def missing(self) -> GatewayError:
        return self.transcript.missing()

    async def _take_event(self, event: Event) -> None:
        news = self.transcript.take_event(event)
        if news.complaint and not self.transcript.has_answer:
            raise Complained(news.complaint)
        if news.partial:
            await self._announce(news.partial, news.index)
        await self._speak(news)

    async def _speak(self, news: News) -> None:
        if self._on_text is None or not news.text:
            return
        try:
            await self._on_text(news.text)
        except Exception:  # words that cannot be shown yet must not cost the answer
            logger.exception("The words of an answer could not be passed on")
