"""A real sandbox process for the session, and a client that calls it over real HTTP."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = {
    "model": "gpt-image-2",
    "size": "1024x640",
    "quality": "low",
    "output_format": "jpeg",
    "output_compression": 60,
}
"""The fastest valid request, without its prompt."""


@dataclass
class Running:
    """A sandbox process: its base URL, its billing log and its pid."""

    url: str
    log: Path
    process: subprocess.Popen[str]

    def lines(self, **wanted: object) -> list[dict[str, Any]]:
        """The lines of the log whose fields have these values."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if all(line[key] == value for key, value in wanted.items())]

    def wait_for_line(self, **wanted: object) -> dict[str, Any]:
        """The first such line; waits until it is written."""
        for _ in range(200):
            if found := self.lines(**wanted):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no line with {wanted} in the billing log")


@dataclass
class Answer:
    """A reply: status and bytes, or the error of a broken connection."""

    status: int | None = None
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    broke: type[Exception] | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[tuple[str | None, Any]]:
        """The stream's events as name and data; comments and [DONE] left out."""
        found: list[tuple[str | None, Any]] = []
        for block in self.body.replace(b"\r\n", b"\n").split(b"\n\n"):
            lines = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and line[:1] != b":")
            if b"data" in lines and lines[b"data"] != b"[DONE]":
                name = lines.get(b"event")
                found.append((name.decode() if name else None, json.loads(lines[b"data"])))
        return found


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    """Start a sandbox on a free port; terminate it at the end."""
    command = [sys.executable, "-m", "studio.sandbox", "--port", "0", "--data", str(folder), *arguments]
    env = os.environ | {"SANDBOX_SPEED": "0", "SANDBOX_FAULT": ""} | environment
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("Easel sandbox at http://127.0.0.1:"), line
    try:
        yield Running(line.split()[-1], folder / "requests.jsonl", process)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox at speed 0."""
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


class Caller:
    """Posts generations, without retries or redirects."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(headers={"Authorization": "Bearer sk-test"}, timeout=20, trust_env=False)

    def draw(self, prompt: str, *, timeout: float = 20, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """One generation; `more` overrides fields of the small request; None removes one."""
        body = {key: value for key, value in (SMALL | {"prompt": prompt} | more).items() if value is not None}
        return self.post(json.dumps(body).encode(), timeout=timeout, headers=headers)

    def post(self, data: bytes, *, timeout: float = 20, headers: dict[str, str] | None = None) -> Answer:
        """A raw body."""
        answer, received = Answer(), bytearray()
        address = f"{self.url}/images/generations"
        try:
            with self.http.stream("POST", address, content=data, timeout=timeout, headers=headers) as response:
                answer.status, answer.headers = response.status_code, response.headers
                for chunk in response.iter_raw():
                    received += chunk
        except httpx.TransportError as error:
            answer.broke = type(error)
        answer.body = bytes(received)
        return answer


@pytest.fixture(scope="session")
def caller(sandbox: Running) -> Iterator[Caller]:
    """A caller of the session's sandbox with a valid key."""
    made = Caller(sandbox.url)
    yield made
    made.http.close()


def run_node(script: str, sandbox: Running) -> dict[str, Any]:
    """The output of a script that uses the Node SDK, which is installed once into a folder that git ignores."""
    npm, program = shutil.which("npm"), shutil.which("node")
    if not npm or not program:
        pytest.skip("Node and npm are not installed, so the Node SDK was not tried.")
    module = _installed(npm, ROOT / "var" / "test-node")
    env = os.environ | {"OPENAI_BASE_URL": sandbox.url, "OPENAI_MODULE": module.as_uri()}
    command = [program, str(Path(__file__).with_name(script))]
    result = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    understood: dict[str, Any] = json.loads(result.stdout)
    return understood


def _installed(npm: str, folder: Path) -> Path:
    """The SDK's module; one process installs it, and the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    module = folder / "node_modules" / "openai" / "index.mjs"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not module.exists():
            command = [
                npm,
                "install",
                "openai",
                "--prefix",
                str(folder),
                "--no-audit",
                "--no-fund",
                "--loglevel",
                "error",
            ]
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
            assert result.returncode == 0, result.stderr
    return module
