"""Hands a reply's parsed value from the call to its reader, so that the body is not parsed again from its file.

Parsed pictures are large, and many calls can end at the same moment, so what waits to be read is bounded: beyond the
bound a reply is read from its file, as after a crash.
"""

from typing import Any
from weakref import WeakSet

MAX_WAITING_BYTES = 256 * 1024 * 1024


class MemoryBudget:
    """Bounds the bytes that parsed replies hold together while they wait to be read; used by one event loop."""

    def __init__(self, max_bytes: int = MAX_WAITING_BYTES) -> None:
        self.max_bytes = max_bytes
        self._replies: WeakSet[ParsedReply] = WeakSet()

    @property
    def byte_count(self) -> int:
        return sum(reply.byte_count for reply in self._replies)

    def new_reply(self) -> "ParsedReply":
        """An empty reply that counts towards the budget until it is taken or garbage."""
        reply = ParsedReply(self)
        self._replies.add(reply)
        return reply


class ParsedReply:
    """The parsed parts of one reply, to be taken once; empty when the reply has to be read from its file."""

    def __init__(self, budget: MemoryBudget) -> None:
        self.byte_count = 0
        self._budget = budget
        self._parts: list[Any] = []
        self._is_open = True

    def reserve(self, byte_count: int) -> bool:
        """Whether this much more may be held; a refusal discards what is there for good."""
        if self._is_open and self._budget.byte_count + byte_count > self._budget.max_bytes:
            self.discard()
        if self._is_open:
            self.byte_count += byte_count
        return self._is_open

    def add(self, part: Any, *, byte_count: int = 0) -> None:
        """Keep one part if there is room for it."""
        if self.reserve(byte_count):
            self._parts.append(part)

    def discard(self) -> None:
        """Let the reply be read from its file."""
        self.take()

    def take(self) -> tuple[Any, ...]:
        """The parts, once; nothing is kept from now on."""
        parts, self._parts = tuple(self._parts), []
        self._is_open, self.byte_count = False, 0
        return parts
