"""The processes of a chaos run: three sandboxes, a web process and a worker, which may be killed at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.process import OURS, ROOT, free_port

PATIENCE = 60.0
TASKER = "west"  # the gateway that takes its calls as tasks
SPEED = "0.06"  # the quickest picture takes a third of a second


@dataclass
class Process:
    """A command that can be killed and started again; its output goes to `log`."""

    command: list[str]
    environ: dict[str, str]
    log: Path
    deaths: int = 0
    running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """`kill -9`, as a power cut would."""
        assert self.running
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.deaths += 1

    def stop(self, *, patience: float = 30) -> None:
        """SIGTERM, and SIGKILL for whoever does not listen."""
        if self.running is None or self.running.poll() is not None:
            return
        self.running.send_signal(signal.SIGTERM)
        try:
            self.running.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_for(self, words: str) -> None:
        """Until it has printed these words since its last start."""
        deadline = time.monotonic() + PATIENCE
        seen = self.log.read_text().count(words) if self.running is None else 0
        while self.log.read_text().count(words) <= seen:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no “{words}”:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)


@dataclass
class Gateway:
    """A sandbox at a fixed port with a billing log that outlives its process."""

    name: str
    folder: Path
    process: Process
    url: str
    key: str

    @classmethod
    def begin(cls, name: str, folder: Path) -> "Gateway":
        port, data = free_port(), folder / name
        data.mkdir()
        command = ["studio.sandbox", "--port", str(port), "--data", str(data)]
        process = Process(command, clean_environ(SANDBOX_SPEED=SPEED), folder / f"{name}.log")
        gateway = cls(name, data, process, f"http://127.0.0.1:{port}/v1", f"sk-{name}-0123456789abcdef")
        process.log.touch()
        process.start()
        process.wait_for("Easel sandbox at")
        return gateway

    @property
    def takes_tasks(self) -> bool:
        return self.name == TASKER

    def lines(self) -> list[dict[str, Any]]:
        """Its billing log, one line a request that asked for something; a line still being written is left out."""
        text = (self.folder / "requests.jsonl").read_text().rpartition("\n")[0]
        lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
        return [line | {"is_task": self.takes_tasks} for line in lines if line["endpoint"]]


def clean_environ(**mine: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"STUDIO_DOTENV": "off", "PYTHONUNBUFFERED": "1"} | mine


@dataclass
class Town:
    """Everything that runs, and where it keeps its things."""

    folder: Path
    gateways: list[Gateway]
    web: Process
    worker: Process
    address: str

    def unplug(self, gateway: Gateway, *, seconds: float) -> None:
        """A gateway goes away for a while; what it was drawing is billed."""
        gateway.process.stop()
        time.sleep(seconds)
        gateway.process.start()


@contextmanager
def town(folder: Path, *, plant: str = "") -> Iterator[Town]:
    with ExitStack() as stack:
        gateways = []
        for name in ("north", "south", TASKER):
            gateway = Gateway.begin(name, folder)
            stack.callback(gateway.process.stop)
            gateways.append(gateway)
        environ = clean_environ(
            **studio_variables(folder),
            GATEWAY_BASE_URL=gateways[0].url,
            GATEWAY_API_KEY=gateways[0].key,
            GATEWAY_SLOTS="24,6",
            CHAOS_PLANT=plant,
        )
        port = free_port()
        manage = "tests.chaos.plants"
        web = Process([manage, "up", "--port", str(port)], environ, folder / "web.log")
        worker = Process([manage, "worker"], environ, folder / "worker.log")
        for process in (web, worker):
            process.log.touch()
            stack.callback(process.stop)
        yield Town(folder, gateways, web, worker, f"http://localhost:{port}")


def studio_variables(folder: Path) -> dict[str, str]:
    """What tells the studio's processes, and whoever reads its rows beside them, where its data is."""
    return {"STUDIO_DATA": str(folder / "studio")}
