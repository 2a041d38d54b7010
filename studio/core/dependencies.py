"""The servers the studio depends on: whether each answers, and since when it does not.

One that is away is asked again by a thread of its own until it answers, so that no page waits for it. Knows no Django.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

log = logging.getLogger(__name__)

ASK_AGAIN = 0.5  # seconds between two questions to a server that is away
LOOK_AGAIN = 0.1  # seconds until a task on a loop notices that it is back
TRUSTED_FOR = 1.0  # seconds that an answer counts for


class Dependency:
    """One server; `probe` returns when it answers and raises otherwise, and has time limits of its own.

    `name` is for probes and logs; `sentence` says to people what does not work while it is away. `is_lost` tells its
    errors that mean so from others. Only admins are told of one that `is_felt` by nobody.
    """

    def __init__(
        self,
        name: str,
        *,
        sentence: object,
        probe: Callable[[], object],
        is_used: Callable[[], bool],
        is_lost: Callable[[BaseException], bool] = lambda _error: False,
        is_felt: bool = True,
    ) -> None:
        self.name = name
        self.is_lost = is_lost
        self.is_felt = is_felt
        self._sentence = sentence
        self._probe = probe
        self._is_used = is_used
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._answered_at = -TRUSTED_FOR
        self._is_watching = False
        self._on_return: list[Callable[[], object]] = []
        self.away_since: datetime | None = None
        self.reason = ""
        _all.append(self)

    @property
    def is_used(self) -> bool:
        """Whether this studio has such a server at all."""
        return self._is_used()

    @property
    def is_away(self) -> bool:
        return self.away_since is not None

    @property
    def sentence(self) -> str:
        return str(self._sentence)

    def call_on_return(self, callback: Callable[[], object]) -> None:
        """Call this from another thread each time the server answers again, before anybody else may ask it."""
        self._on_return.append(callback)

    def report(self, error: object) -> None:
        """Somebody had no answer: it is away until it answers the thread that asks it from now on."""
        self._leave(error)
        self._watch()

    def check(self, *, seconds: float, is_trusted: bool = True) -> bool:
        """Whether it answers; one that takes longer than this is away.

        One that answered a moment ago is trusted to do so again, unless the caller wants to hear it.
        """
        if self.is_away:
            return False
        if is_trusted and time.monotonic() - self._answered_at < TRUSTED_FOR:
            return True
        self._watch()
        if not self._answered.wait(seconds) and time.monotonic() - self._answered_at > seconds:
            self._leave(f"no answer within {seconds:g} s")
        return not self.is_away

    def note_answer(self) -> None:
        """Somebody had an answer just now: it is there, however long others wait for their turn."""
        self._answered_at = time.monotonic()

    async def returned(self) -> None:
        """Wait while it is away."""
        while self.is_away:  # noqa: ASYNC110 - threads change it, and an asyncio.Event belongs to one loop
            await asyncio.sleep(LOOK_AGAIN)

    def _watch(self) -> None:
        with self._lock:
            if self._is_watching:
                return
            self._is_watching = True
            self._answered.clear()
        threading.Thread(target=self._ask_until_it_answers, name=f"{self.name} watch", daemon=True).start()

    def _ask_until_it_answers(self) -> None:
        while True:
            try:
                self._probe()
                if self.is_away:
                    for callback in self._on_return:
                        callback()
                break
            except Exception as error:
                self._leave(error)
                self._answered.set()  # no: whoever waits need not wait longer
                time.sleep(ASK_AGAIN)
        with self._lock:
            self._is_watching = False
            self._answered_at = time.monotonic()
            self._return()
        self._answered.set()

    def _leave(self, error: object) -> None:
        with self._lock:
            self.reason = one_line(error)
            if self.away_since is not None:
                return
            self.away_since = datetime.now(UTC)
        log.warning("%s is away: %s", self.name, self.reason)

    def _return(self) -> None:
        if self.away_since is not None:
            seconds = (datetime.now(UTC) - self.away_since).total_seconds()
            log.warning("%s is back after %.1f s", self.name, seconds)
        self.away_since, self.reason = None, ""


_all: list[Dependency] = []


def used() -> list[Dependency]:
    """Those this studio has."""
    return [dependency for dependency in _all if dependency.is_used]


def away() -> list[Dependency]:
    """Those this studio has and cannot reach."""
    return [dependency for dependency in used() if dependency.is_away]


def lost_by(error: BaseException | None) -> Dependency | None:
    """The server whose absence an error means, if any."""
    return next((each for each in used() if error is not None and each.is_lost(error)), None)


def one_line(error: object) -> str:
    """An error's message without line breaks, or the name of its type."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether to log the answer to a request: not that of a page that a server which is away has cost."""
    return getattr(record, "status_code", 0) != 503
