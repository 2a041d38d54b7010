"""Running `manage.py` beside a studio, and looking at what it left running."""

import subprocess
import sys
from pathlib import Path

from tests.browser.process import ROOT, Studio


def run_command(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command with the environment of a studio, to its end."""
    return run(studio, "manage.py", *arguments)


def run_uvicorn(studio: Studio) -> subprocess.CompletedProcess[str]:
    """A web process as one of many machines starts it, to its end."""
    return run(studio, "-m", "uvicorn", "studio.server.asgi:application", "--port", str(studio.port))


def run(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*studio.wrapper, sys.executable, *arguments],
        cwd=ROOT,
        env=studio.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def sandboxes(studio: Studio) -> list[int]:
    """The sandbox processes that paint for a studio."""
    return [pid for pid, command in commands() if "studio.sandbox" in command and f"{studio.data}/sandbox" in command]


def commands() -> list[tuple[int, str]]:
    """Every process of this machine that is not a zombie: its number and its command line."""
    if Path("/proc/self").exists():
        folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return [(int(folder.name), command_line(folder)) for folder in folders]
    listing = subprocess.run(["ps", "-Ao", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [(int(line.split()[0]), line) for line in listing.splitlines()]


def command_line(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
