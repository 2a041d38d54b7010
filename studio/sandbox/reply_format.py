"""The interface of reply formats; the Images API and the Responses API have one each."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

type Body = dict[str, Any]


class ReplyFormat(Protocol):
    """Formats a drawing as one of the APIs does; all methods but `closing_events` block."""

    def body(self) -> bytes:
        """The whole reply as JSON."""

    def opening_events(self) -> Iterable[bytes]:
        """The events before the first picture."""

    def partial_event(self, picture: bytes, index: int) -> bytes:
        """The event of a partial picture."""

    def error_event(self, name: str | None, data: Body) -> bytes:
        """An error event, with or without a name."""

    def closing_events(self, *, pause: float) -> AsyncIterator[bytes]:
        """The events once the drawing is done, with `pause` seconds between pieces of text."""
