"""What Ctrl-C and SIGTERM do: finish what runs the first time, leave the second."""

import os
import time
from collections.abc import Callable

from .runner import Runner

# Seconds in which a signal is the same one again: a supervisor signals the whole group, and `uv run` passes it on.
ECHO = 0.1


class Stop:
    """A signal handler for a process with a runner; `leaving` is called before it leaves at once."""

    def __init__(
        self, runner: Runner, *, say: Callable[[str], object], leaving: Callable[[], object] = lambda: None
    ) -> None:
        self.runner, self.say, self.leaving = runner, say, leaving
        self.heard_at = -ECHO

    def __call__(self) -> None:
        is_echo = time.monotonic() - self.heard_at < ECHO
        self.heard_at = time.monotonic()
        if is_echo:
            return
        if self.runner.is_draining:
            self.leaving()
            os._exit(130)
        count = self.runner.call_count
        if count:
            pictures = "picture" if count == 1 else "pictures"
            self.say(f"Finishing {count} running {pictures}; Ctrl-C again leaves at once.")
        self.runner.drain()
