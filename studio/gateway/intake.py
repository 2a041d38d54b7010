"""Takes a reply in while it arrives: every byte into the inbox file, stream events read as they pass."""

import logging
from collections.abc import Awaitable, Callable

from .errors import ConnectionCut, NoPicture
from .findings import Facts, Find, Finding, read_event
from .inbox import BodyFile
from .sniff import BLANKS, Nature, sniff
from .sse import Event, EventParser

logger = logging.getLogger(__name__)

type OnPartial = Callable[[str, int], Awaitable[None]]


class Complained(Exception):
    """An error event came before any finished picture."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding


class Intake:
    """One reply on its way in; keeps addresses and facts of finished pictures, never their base64."""

    def __init__(self, file: BodyFile, *, on_partial: OnPartial | None = None) -> None:
        self.file = file
        self.nature: Nature = "blank"
        self.head = b""
        self.partial_count = 0
        self.addresses: list[Find] = []
        self.facts = Facts()
        self.has_base64 = False
        self.is_over = False
        self._has_final = False
        self._on_partial = on_partial
        self._parser = EventParser()

    @property
    def has_picture(self) -> bool:
        """Whether a finished picture, or its address, has passed by in the stream."""
        return self.has_base64 or bool(self.addresses)

    async def take(self, chunk: bytes) -> None:
        """Store a chunk and read the events it completes; raises Complained and what the file raises."""
        self.file.write(chunk)
        if self.nature == "blank":
            chunk = self._begin(self.head + chunk)
        if self.nature == "events":
            for event in self._parser.feed(chunk):
                await self._take_event(event)

    async def end(self) -> None:
        """The body ended, or was cut: read what was still waiting for its end."""
        if self.nature == "blank":
            self.nature = sniff(self.head, is_whole=True)
            for event in self._parser.feed(self.head) if self.nature == "events" else ():
                await self._take_event(event)
        if self.nature == "events" and not self.has_picture:
            for event in self._parser.finish():
                await self._take_event(event)

    def missing(self) -> NoPicture | ConnectionCut:
        """The error for a stream that ended without a finished picture."""
        if self._has_final or self.is_over:
            return NoPicture()
        return ConnectionCut("the stream ended before the picture was finished")

    def _begin(self, head: bytes) -> bytes:
        self.nature = sniff(head)
        body = head.lstrip(BLANKS)
        self.head = body[:2000]
        return body

    async def _take_event(self, event: Event) -> None:
        if event.data.startswith("[DONE]"):
            self.is_over = True
            return
        finding = read_event(event)
        if finding.role == "error" and not self.has_picture:
            raise Complained(finding)
        if finding.role == "partial" and finding.finds:
            await self._announce(finding)
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

    async def _announce(self, finding: Finding) -> None:
        index = self.partial_count if finding.index is None else finding.index
        self.partial_count += 1
        base64 = finding.finds[0].base64
        if self._on_partial is None or not base64:
            return
        try:
            await self._on_partial(base64.partition(",")[2] if base64[:5].lower() == "data:" else base64, index)
        except Exception:  # a preview that cannot be shown must not cost the paid picture
            logger.exception("A partial picture could not be announced")
