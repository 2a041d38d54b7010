"""Finds a Chromium for the browser tests, or installs one where it may."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Error, Playwright

# A name that is not this machine's, though it leads there: over plain HTTP it is no secure context.
FOREIGN_NAME = "easel.test"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--host-resolver-rules=MAP {FOREIGN_NAME} 127.0.0.1",
]
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"]
MISSING = (
    "No browser could be started or installed; "
    "run `uv run playwright install --with-deps chromium`, or install Chromium or Google Chrome."
)


class NoBrowser(Exception):
    """Nothing to drive; the text says what to install."""


def launch(playwright: Playwright) -> Browser:
    """Start the first browser that starts, installing one only when there is none."""
    for options in candidates():
        try:
            return playwright.chromium.launch(args=ARGS, **options)
        except Error:
            continue
    raise NoBrowser(MISSING)


def candidates() -> Iterator[dict[str, Any]]:
    """Ways to launch, best first; an installation is only begun when it is asked for."""
    yield {}
    yield from found()
    for install in (install_with_playwright, install_with_apt):
        if install():
            yield {}
            yield from found()


def found() -> Iterator[dict[str, Any]]:
    yield from ({"executable_path": path} for path in map(shutil.which, NAMES) if path)
    yield {"channel": "chrome"}  # where Chrome lives in /Applications or /opt


def install_with_playwright() -> bool:
    return succeeds([sys.executable, "-m", "playwright", "install", "chromium"])


def install_with_apt() -> bool:
    """Debian's own package brings every library it needs; only root may install it."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    update, install = ["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium"]
    return succeeds(update) and succeeds(install)


def succeeds(command: list[str]) -> bool:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return (
            subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=600).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
