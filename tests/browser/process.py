"""A studio of its own for the browser tests: `manage.py up` as a person runs it, on a free port and its own data."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
OURS = ("STUDIO_", "GATEWAY_", "SANDBOX_", "DATABASE_URL", "STORAGE_URL", "VALKEY_URL", "EMAIL_URL", "DJANGO_")
PATIENCE = 240.0  # seconds; a busy machine may take long to start, a dead process is noticed at once


class Studio:
    """`manage.py up` between `with` and its end; extra variables of its environment are keyword arguments."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.data = data
        self.port = free_port()
        self.address = environ.get("STUDIO_URL", "http://localhost") + f":{self.port}"
        self.local_address = f"http://localhost:{self.port}"
        if "STUDIO_URL" in environ:
            environ["STUDIO_URL"] = self.address
        self.log = data / "up.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        mine = {"STUDIO_DATA": str(data), "STUDIO_DOTENV": "off", "SANDBOX_SPEED": "0.05"}
        self.environ = kept | mine | environ
        self.wrapper: list[str] = []  # a command that runs the studio, such as one that gives it disks of its own

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until its first page answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, sys.executable, "manage.py", "up", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.wait_for(self.answers, "answer /healthz")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it as Ctrl-C would; whoever does not listen is killed with its whole group."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """`kill -9` for the process and its group, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def sign_in_link(self) -> str:
        """The latest link that `up` printed."""
        self.wait_for(self.links, "print a sign-in link")
        return self.links()[-1]

    def links(self) -> list[str]:
        return re.findall(r"http://\S+/sign-in/\S+", self.log.read_text())

    def empty_composers(self) -> None:
        """Delete the drafts that earlier tests left to the same people."""
        with contextlib.closing(sqlite3.connect(self.data / "easel.sqlite3", timeout=20)) as database, database:
            database.execute("DELETE FROM generations_composerdraft")

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.local_address}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def wait_for(self, is_there: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"`manage.py up` did not {what}:\n{self.log.read_text()}")
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
