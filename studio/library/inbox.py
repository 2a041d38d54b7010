"""The inbox: an attempt's reply lies here, whole, from its last byte until its picture has a row."""

import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from .storage import StorageFull, local_path, write_whole


def folder() -> Path:
    """The local folder; with a remote storage it is a spool in the data folder, and the inbox proper is remote."""
    return local_path("inbox") or settings.DATA / "inbox"


def free_bytes() -> int:
    """The room on the disk that replies are written to."""
    return shutil.disk_usage(path(0).parent).free


def remote_name(attempt_id: int) -> str:
    return f"inbox/{attempt_id}"


def is_remote() -> bool:
    return local_path("inbox") is None


def path(attempt_id: int) -> Path:
    """Where the finished reply of an attempt belongs; it is written as `<path>.part` and renamed when complete."""
    folder().mkdir(parents=True, exist_ok=True)
    return folder() / str(attempt_id)


def keep(attempt_id: int) -> None:
    """Make a complete reply outlive this machine: a copy on the remote storage; on a local one nothing is to do."""
    if not is_remote():
        return
    try:
        with path(attempt_id).open("rb") as file:
            default_storage.save(remote_name(attempt_id), File(file))
    except Exception as error:
        raise StorageFull(error) from error


def find(attempt_id: int) -> Path | None:
    """The complete reply of an attempt, fetched from the remote storage when it is not here; None if there is none."""
    here = path(attempt_id)
    if here.is_file():
        return here
    if not is_remote() or not default_storage.exists(remote_name(attempt_id)):
        return None
    with default_storage.open(remote_name(attempt_id)) as reply:
        write_whole(here, lambda file: shutil.copyfileobj(reply, file, 1 << 20))
    return here


def remove(attempt_id: int) -> None:
    """Forget an attempt's reply, the incomplete one as well."""
    path(attempt_id).unlink(missing_ok=True)
    remove_part(attempt_id)
    if is_remote():
        default_storage.delete(remote_name(attempt_id))


def remove_part(attempt_id: int) -> None:
    """Forget a reply that was still growing; only for attempts whose worker is surely dead."""
    here = path(attempt_id)
    here.with_name(here.name + ".part").unlink(missing_ok=True)


def set_aside(attempt_id: int) -> None:
    """Keep a reply that holds no usable picture for whoever looks into it, where nobody finds it again by itself."""
    here = find(attempt_id)
    if here is None:
        return
    here.replace(here.with_name(here.name + ".aside"))
    remove(attempt_id)


def leftovers() -> list[int]:
    """The attempts that have a complete reply lying here, oldest first."""
    names = {entry.name for entry in folder().iterdir()} if folder().is_dir() else set()
    if is_remote():
        with suppress(FileNotFoundError):
            names |= set(default_storage.listdir("inbox")[1])
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())
