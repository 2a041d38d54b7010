"""What `manage.py up` takes for a request on a kept-alive connection, beside uvicorn's own command, in one run.

`uv run python -m tests.benchmarks.kept_alive`; fails where the median is more than FACTOR times that of the command.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.browser.process import ROOT, Studio, free_port

from .measure import middle

REQUESTS = 1000
FACTOR = 1.3


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder,
        Studio(Path(folder)) as studio,
        uvicorn_command(studio) as command,
    ):
        # In turns, so that what else the machine does falls on both.
        ours, theirs = in_turns(studio.address, command)
    print(f"up {ours * 1000:.2f} ms, uvicorn's command {theirs * 1000:.2f} ms: {ours / theirs:.2f} ×")
    if ours > theirs * FACTOR:
        raise SystemExit(f"more than {FACTOR} ×")


@contextmanager
def uvicorn_command(studio: Studio) -> Iterator[str]:
    """Its address; it serves the same studio."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "studio.server.asgi:application", "--port", str(port)]
    options = ["--lifespan", "off", "--no-access-log", "--log-level", "error"]
    process = subprocess.Popen([*command, *options], cwd=ROOT, env=studio.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("uvicorn's command did not start")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False


def in_turns(*addresses: str) -> list[float]:
    """The median of each in seconds, over one connection each."""
    took: list[list[float]] = [[] for _ in addresses]
    clients = [httpx.Client(base_url=address, trust_env=False) for address in addresses]
    for client in clients:
        client.get("/healthz").raise_for_status()
    for _ in range(REQUESTS):
        for client, times in zip(clients, took, strict=True):
            began = time.perf_counter()
            client.get("/healthz").raise_for_status()
            times.append(time.perf_counter() - began)
    return [middle(times) for times in took]


if __name__ == "__main__":
    main()
