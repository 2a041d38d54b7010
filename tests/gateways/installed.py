"""Gateways that others have written, each installed into an environment of its own and run in front of a sandbox."""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

# Git ignores it; what is installed stays for the next run.
FOLDER = Path(__file__).resolve().parents[2] / "var" / "test-gateways"
INSTALL_SECONDS, START_SECONDS = 900, 300
KEY = "sk-master-0123456789abcdef"
LITELLM, AIMOCK = "litellm[proxy]==1.109.*", "@copilotkit/aimock@1"
MODELS = ("gpt-image-2", "gpt-5.5")


@contextmanager
def litellm(url: str, folder: Path) -> Iterator[str]:
    """LiteLLM as a team would set it up: one key, no database; yields its address."""
    program = install_litellm()
    entries = "\n".join(
        f"  - model_name: {model}\n"
        f"    litellm_params: {{model: openai/{model}, api_base: {url}, api_key: sk-behind-0123456789abcdef}}"
        for model in MODELS
    )
    config = folder / "litellm.yaml"
    config.write_text(f"model_list:\n{entries}\ngeneral_settings: {{master_key: {KEY}}}\n")
    port = free_port()
    command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    with running(command, port=port, path="/health/liveliness", folder=folder, environment=environment):
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def aimock(url: str, folder: Path) -> Iterator[str]:
    """aimock as a relay; yields its address."""
    program = install_aimock()
    port, fixtures = free_port(), folder / "fixtures"
    fixtures.mkdir()
    origin = url.removesuffix("/v1")
    command = [
        *("node", str(program), "--host", "127.0.0.1", "--port", str(port), "--fixtures", str(fixtures)),
        *("--proxy-only", "--provider-openai", origin, "--log-level", "warn"),
    ]
    with running(command, port=port, path="/health", folder=folder):
        yield f"http://127.0.0.1:{port}/v1"


GATEWAYS = {"litellm": litellm, "aimock": aimock}


def install_litellm() -> Path:
    uv = program_or_skip("uv")
    folder = FOLDER / "litellm"
    program = folder / "bin" / "litellm"
    # Only its database needs this package, whose pinned version is not to be had everywhere.
    overrides = FOLDER / "overrides.txt"
    FOLDER.mkdir(parents=True, exist_ok=True)
    overrides.write_text("litellm-proxy-extras>=0.4\n")
    make = [uv, "venv", "--quiet", "--allow-existing", "--python", "3.13", str(folder)]
    add = [uv, "pip", "install", "--quiet", "--python", str(folder), "--overrides", str(overrides), LITELLM]
    return install(program, [make, add])


def install_aimock() -> Path:
    npm = program_or_skip("npm")
    folder = FOLDER / "aimock"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = ["--no-audit", "--no-fund", "--loglevel", "error"]
    program = folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    return install(program, [[npm, "install", AIMOCK, "--prefix", str(folder), *quiet]])


def program_or_skip(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so the gateway cannot be.")
    return found


def install(program: Path, commands: Sequence[Sequence[str]]) -> Path:
    """Run the commands unless the program is there; one process does, and the others wait. Skips where it cannot be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in [] if program.exists() else commands:
            result = subprocess.run(
                command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
            if result.returncode:
                pytest.skip(f"The gateway cannot be installed here: {result.stderr[-300:]}")
    return program


@contextmanager
def running(
    command: Sequence[str], *, port: int, path: str, folder: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a gateway until it answers, then until the end."""
    with (folder / "output.txt").open("wb") as output:
        # The studio's own database, where a run of the tests names one, is none of the gateway's.
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | (environment or {})
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(f"http://127.0.0.1:{port}{path}", process, folder / "output.txt")
            yield
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, output.read_text()[-2000:]
        try:
            httpx.get(url, timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the gateway did not start: {output.read_text()[-2000:]}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
