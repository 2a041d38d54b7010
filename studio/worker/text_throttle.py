"""Throttles streamed text, so that it is written and shown a few times a second instead of a hundred."""

import asyncio
from collections.abc import Callable

INTERVAL = 0.25  # seconds


class TextThrottle:
    """Collects the text of one call; `show` gets all of it so far, the first piece at once. On the loop only."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._text = self._shown = ""
        self._timer: asyncio.TimerHandle | None = None

    async def on_text(self, piece: str) -> None:
        self._text += piece
        if self._timer is None:
            self._report()

    def close(self) -> None:
        """Stop; what was not shown yet is in the reply itself."""
        if self._timer:
            self._timer.cancel()

    def _report(self) -> None:
        self._timer = None
        if self._text == self._shown:
            return
        self._shown = self._text
        self._show(self._text)
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._report)
