"""Words as they stream in, gathered so that they are written and shown a few times a second, not a hundred."""

import asyncio
from collections.abc import Callable

SHOWN_EVERY = 0.25  # seconds


class Hearing:
    """Listens to one call; `show` gets all that was said so far, the first words at once. On the loop only."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._text = self._shown = ""
        self._rest: asyncio.TimerHandle | None = None

    async def on_text(self, piece: str) -> None:
        self._text += piece
        if self._rest is None:
            self._tell()

    def close(self) -> None:
        """Nothing more will come, and what was not shown yet is in the reply itself."""
        if self._rest:
            self._rest.cancel()

    def _tell(self) -> None:
        self._rest = None
        if self._text == self._shown:
            return
        self._shown = self._text
        self._show(self._text)
        self._rest = asyncio.get_running_loop().call_later(SHOWN_EVERY, self._tell)
