"""Circuit breakers: what was learned from failures in a row holds for the kind of call that failed. Pure over values.

A breaker belongs to a set of capabilities (`edit+stream`) and holds every call that uses all of them; another one
belongs to a lane that met a limit. While it is open, no such call starts. When its time has passed, one call at a time
tries again: the others follow its outcome.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from .capabilities import from_key, to_key

UNHEALTHY = 3  # failures in a row after which calls are held
LIMIT = "limit:"  # begins the key of a lane's breaker


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """Failures in a row of one kind of call, and until when it is held."""

    count: int
    failed_at: str  # ISO 8601
    reason: str = ""  # the kind of error
    until: str = ""  # ISO 8601

    @property
    def held_until(self) -> datetime | None:
        return datetime.fromisoformat(self.until) if self.until else None


class Breakers:
    """An upstream's breakers by key; never changed, but replaced."""

    def __init__(self, by_key: Mapping[str, Breaker] | None = None) -> None:
        self.by_key: Mapping[str, Breaker] = by_key or {}

    @classmethod
    def from_data(cls, data: Mapping[str, Mapping[str, Any]]) -> Self:
        return cls({key: Breaker(**breaker) for key, breaker in data.items()})

    def as_data(self) -> dict[str, dict[str, Any]]:
        return {key: vars(breaker).copy() for key, breaker in self.by_key.items()}

    # ── What may start ──

    def held_until(self, used: Collection[str], *, lane: str, now: datetime) -> datetime | None:
        """Until when a call that uses these is held; None where nothing holds it now."""
        times = (breaker.held_until for key, breaker in self.by_key.items() if covers(key, used, lane=lane))
        return max((time for time in times if time and time > now), default=None)

    def on_trial(self, used: Collection[str], *, lane: str, now: datetime) -> list[str]:
        """The keys of the breakers whose time has passed and that this call would try."""
        return [
            key
            for key, breaker in self.by_key.items()
            if covers(key, used, lane=lane) and breaker.held_until and breaker.held_until <= now
        ]

    # ── What calls have shown ──

    def failed(self, key: str, *, reason: str, now: datetime) -> Self:
        """One more failure in a row; a pause that was set before stays."""
        known = self.by_key.get(key)
        count, until = (known.count, known.until) if known else (0, "")
        return self._with(key, Breaker(count=count + 1, failed_at=now.isoformat(), reason=reason, until=until))

    def held(self, key: str, *, until: datetime) -> Self:
        """Hold calls until then; a longer pause stays."""
        known = self.by_key[key]
        longest = max(until, known.held_until or until)
        return self._with(
            key,
            Breaker(count=known.count, failed_at=known.failed_at, reason=known.reason, until=longest.isoformat()),
        )

    def worked(self, used: Collection[str], *, lane: str) -> Self:
        """After a call that used these brought its picture: whatever needs no more than it works, too."""
        return self._without(
            key
            for key in self.by_key
            if key == LIMIT + lane or (not key.startswith(LIMIT) and from_key(key) <= frozenset(used))
        )

    def answered(self, *, lane: str) -> Self:
        """After any answer that is no limit: the lane's limit is over."""
        return self._without([LIMIT + lane])

    def _with(self, key: str, breaker: Breaker) -> Self:
        return type(self)({**self.by_key, key: breaker})

    def _without(self, keys: Iterable[str]) -> Self:
        gone = set(keys)
        return type(self)({key: breaker for key, breaker in self.by_key.items() if key not in gone})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Breakers) and self.by_key == other.by_key

    __hash__ = None  # type: ignore[assignment]


def covers(key: str, used: Collection[str], *, lane: str) -> bool:
    """Whether a breaker holds a call of this lane that uses these capabilities."""
    return key == LIMIT + lane if key.startswith(LIMIT) else from_key(key) <= frozenset(used)


def limit_key(lane: str) -> str:
    return LIMIT + lane


def call_key(used: Collection[str]) -> str:
    return to_key(used)
