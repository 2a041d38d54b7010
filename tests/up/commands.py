"""Running `manage.py` commands beside a studio, and `up` where it should refuse."""

import subprocess
import sys

from tests.browser.process import ROOT, Studio


def run_command(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command with the environment of a studio, to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=studio.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
