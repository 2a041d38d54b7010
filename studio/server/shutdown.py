"""Ctrl-C and SIGTERM: the first signal drains the runner, the second exits at once."""

import os
import time
from collections.abc import Callable

from studio.worker.runner import Runner

# Seconds; a signal within this time is the same one, since a supervisor signals the group and `uv run` forwards it.
REPEAT_WITHIN = 0.1


class StopHandler:
    """A signal handler for a process with a runner; `before_exit` is called before it exits at once."""

    def __init__(
        self, runner: Runner, *, write_line: Callable[[str], object], before_exit: Callable[[], object] = lambda: None
    ) -> None:
        self.runner, self.write_line, self.before_exit = runner, write_line, before_exit
        self.last_signal_at = -REPEAT_WITHIN

    def __call__(self) -> None:
        is_repeat = time.monotonic() - self.last_signal_at < REPEAT_WITHIN
        self.last_signal_at = time.monotonic()
        if is_repeat:
            return
        if self.runner.is_draining:
            self.before_exit()
            os._exit(130)
        count = self.runner.call_count
        if count:
            pictures = "picture" if count == 1 else "pictures"
            self.write_line(f"Finishing {count} running {pictures}; Ctrl-C again leaves at once.")
        self.runner.drain()
