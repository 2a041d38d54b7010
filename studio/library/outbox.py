"""Temporary files made for one call, in a folder for each attempt, deleted when the call is over."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.storage import default_storage

from .storage import is_remote


def folder(attempt_id: int) -> Path:
    return Path(settings.DATA) / "sending" / str(attempt_id)


def make_folder(attempt_id: int) -> Path:
    made = folder(attempt_id)
    made.mkdir(parents=True, exist_ok=True)
    return made


def stored_source(name: str, *, folder: Path) -> Path | Callable[[], BinaryIO]:
    """A stored file to be sent: opened where it lies, or fetched now from a remote storage, which may be away later.

    Raise FileNotFoundError where the storage does not have it.
    """
    if not is_remote():
        if not name or not default_storage.exists(name):
            raise FileNotFoundError(name)
        return lambda: cast("BinaryIO", default_storage.open(name))
    path = folder / name.replace("/", "-")
    with default_storage.open(name) as stored, path.open("wb") as copy:
        shutil.copyfileobj(stored, copy, 1 << 20)
    return path


def clear(attempt_id: int) -> None:
    shutil.rmtree(folder(attempt_id), ignore_errors=True)
