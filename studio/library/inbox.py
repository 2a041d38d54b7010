"""The inbox: an attempt's reply is kept here from its last byte until its picture has a row.

A reply that brought no picture is kept at a place of its own on the storage, from where it can be read again.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from .storage import STORAGE, StorageAway, is_remote, local_path, refused, write_atomically, write_stream


def folder() -> Path:
    """The local folder; with a remote storage it is a spool in the data folder, and the inbox proper is remote."""
    return local_path("inbox") or settings.DATA / "inbox"


def free_bytes() -> int:
    """The room on the disk that replies are written to."""
    return shutil.disk_usage(path(0).parent).free


def remote_name(attempt_id: int) -> str:
    return f"inbox/{attempt_id}"


def path(attempt_id: int) -> Path:
    """Where the finished reply of an attempt belongs; it is written as `<path>.part` and renamed when complete."""
    folder().mkdir(parents=True, exist_ok=True)
    return folder() / str(attempt_id)


def copy_to_remote(attempt_id: int) -> None:
    """Copy a complete reply to the remote storage, so that it outlives this machine; raise StorageFull.

    Does nothing where the storage is local.
    """
    if not is_remote():
        return
    if STORAGE.is_away:
        raise StorageAway
    try:
        with path(attempt_id).open("rb") as file:
            default_storage.save(remote_name(attempt_id), File(file))
    except Exception as error:
        raise refused(error) from error


def find(attempt_id: int) -> Path | None:
    """The complete reply of an attempt, fetched from the remote storage when it is not here; None if there is none."""
    here = path(attempt_id)
    if here.is_file():
        return here
    if not is_remote() or not default_storage.exists(remote_name(attempt_id)):
        return None
    with default_storage.open(remote_name(attempt_id)) as reply:
        write_atomically(here, lambda file: shutil.copyfileobj(reply, file, 1 << 20))
    return here


def remove(attempt_id: int) -> None:
    """Delete an attempt's reply, complete or not."""
    here = path(attempt_id)
    for file in (here, here.with_name(here.name + ".part")):
        file.unlink(missing_ok=True)
    if is_remote():
        default_storage.delete(remote_name(attempt_id))


def adopt_part(attempt_id: int) -> None:
    """Count what came of a reply as the whole of it; only for attempts whose worker is known to be dead."""
    here = path(attempt_id)
    part = here.with_name(here.name + ".part")
    with suppress(FileNotFoundError):
        if part.stat().st_size and not here.exists():
            part.replace(here)
        else:
            part.unlink()


def remove_part(attempt_id: int) -> None:
    """Delete what came of a reply that is asked for again; only for attempts whose worker is known to be dead."""
    here = path(attempt_id)
    here.with_name(here.name + ".part").unlink(missing_ok=True)


def copy_to(attempt_id: int, name: str) -> None:
    """Copy the reply in the inbox to this name on the storage; raise StorageFull."""
    if here := find(attempt_id):
        write_stream(name, here)


def copy_from(name: str, attempt_id: int) -> None:
    """Put a reply that was kept elsewhere back into the inbox."""
    with default_storage.open(name) as reply:
        write_atomically(path(attempt_id), lambda file: shutil.copyfileobj(reply, file, 1 << 20))


def complete_replies() -> list[int]:
    """The ids of attempts with a complete reply in the inbox, oldest first."""
    names = {entry.name for entry in folder().iterdir()} if folder().is_dir() else set()
    if is_remote():
        with suppress(FileNotFoundError):
            names |= set(default_storage.listdir("inbox")[1])
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())
