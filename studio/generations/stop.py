"""What Ctrl-C and SIGTERM do: finish what runs the first time, leave the second."""

import os
from collections.abc import Callable

from .runner import Runner


class Stop:
    """A signal handler for a process with a runner; `leaving` is called before it leaves at once."""

    def __init__(
        self, runner: Runner, *, say: Callable[[str], object], leaving: Callable[[], object] = lambda: None
    ) -> None:
        self.runner, self.say, self.leaving = runner, say, leaving

    def __call__(self) -> None:
        if self.runner.is_draining:
            self.leaving()
            os._exit(130)
        count = self.runner.call_count
        if count:
            pictures = "picture" if count == 1 else "pictures"
            self.say(f"Finishing {count} running {pictures}; Ctrl-C again leaves at once.")
        self.runner.drain()
