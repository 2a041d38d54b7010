"""A small chaos run, so that the run itself keeps working; `python -m tests.chaos --jobs 500` is the real one."""

import subprocess
import sys

from tests.browser.process import ROOT


def test_a_small_run_finds_every_bill_accounted_for() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--jobs", "30", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
