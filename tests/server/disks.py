"""Disks a studio cannot write to: each a command that gives the process mounts of its own before it starts."""

import os
import subprocess
from pathlib import Path

import pytest

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
SMALL = 'mount -t tmpfs -o size=32m tmpfs "$0" && exec "$@"'


def read_only(folder: Path) -> list[str]:
    """The folder cannot be written to; root is not held by a file's mode, so for root it lies on a read-only mount."""
    if os.geteuid() == 0:
        return with_mount(READ_ONLY, folder)
    folder.chmod(0o500)
    return []


def small(folder: Path) -> list[str]:
    """The folder is a disk of 32 MiB."""
    return with_mount(SMALL, folder)


def with_mount(script: str, folder: Path) -> list[str]:
    own = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    wrapper = ["unshare", *own, "sh", "-c", script, str(folder)]
    try:
        subprocess.run([*wrapper, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine does not let a test mount a disk of its own")
    return wrapper
