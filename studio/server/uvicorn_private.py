"""The methods of uvicorn's server and protocol that the studio overrides and uvicorn does not document.

uvicorn offers neither a callback for the moment it accepts connections nor a setting that leaves signals alone. It
waits for a first request, and for the rest of a head that has begun, as long as the peer likes, so that a few hundred
silent connections use up a process's files.
`tests/server/test_uvicorn_private.py` fails when an upgrade no longer calls these methods.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers. `up` is set once connections are accepted."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGINT and SIGTERM to the caller."""
        yield


def http_protocol(idle_seconds: float) -> type[H11Protocol]:
    """HTTP/1.1 for connections that are closed when no whole head of a request has come for so long."""

    class Protocol(H11Protocol):
        closing: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def handle_events(self) -> None:
            super().handle_events()
            if not self._is_waiting():
                self._stop_watching()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            # Not where the next request was there already.
            if self._is_waiting():
                self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_watching()
            super().connection_lost(exc)

        def _is_waiting(self) -> bool:
            """Whether no request is under way, though a piece of the next one's head may have come."""
            is_over = self.cycle is None or self.cycle.response_complete
            return bool(is_over) and self.conn.their_state is not h11.ERROR

        def _watch(self) -> None:
            self._stop_watching()
            self.closing = self.loop.call_later(idle_seconds, self.timeout_keep_alive_handler)

        def _stop_watching(self) -> None:
            if self.closing:
                self.closing.cancel()
                self.closing = None

    return Protocol
