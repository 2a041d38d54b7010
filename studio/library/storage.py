"""The configured storage: atomic writes, and whether it can be reached."""

import errno
import io
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from studio.core.dependencies import Dependency

PATIENCE = 3.0  # seconds that the storage may take to say whether it is there


class StorageFull(Exception):
    """The storage refused a file; `kind` is full, read_only or unreachable. Nothing half-written is left behind."""

    SENTENCES: dict[str, Promise] = {
        "full": _("The studio's storage is full, so the picture could not be saved. Free some space and try again."),
        "read_only": _("The studio may not write to its storage, so the picture could not be saved."),
        "unreachable": _("The studio's storage did not answer, so the picture could not be saved."),
    }
    KINDS = {
        errno.ENOSPC: "full",
        errno.EDQUOT: "full",
        errno.EROFS: "read_only",
        errno.EACCES: "read_only",
        errno.EPERM: "read_only",
    }

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.kind = self.KINDS.get(getattr(error, "errno", None) or 0, "unreachable")

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        return str(self.SENTENCES[self.kind])


def is_remote() -> bool:
    """Whether files lie on a server, not in the data folder."""
    return local_path("pictures") is None


def is_unreachable(error: BaseException) -> bool:
    """Whether a remote storage could not be asked, or answered with a fault of its own."""
    if not is_remote():
        return False
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return isinstance(error, BotoCoreError)


def probe() -> None:
    storage: Any = default_storage
    storage.connection.meta.client.head_bucket(Bucket=storage.bucket_name)


STORAGE = Dependency(
    "storage",
    sentence=_(
        "The studio’s storage cannot be reached right now. Nothing is lost: new pictures wait, and all are there again "
        "as soon as it is back."
    ),
    probe=probe,
    is_used=is_remote,
    is_lost=is_unreachable,
)


class StorageAway(StorageFull):
    """The storage is known to be away, so it was not asked."""

    def __init__(self) -> None:
        super().__init__(TimeoutError(STORAGE.reason))


def round_trip() -> None:
    """Write, read, compare and delete a small file; raise whatever stands against it."""
    name, content = f"checks/{secrets.token_hex(8)}", secrets.token_bytes(64)
    default_storage.save(name, ContentFile(content))
    with default_storage.open(name) as file:
        if file.read() != content:
            raise OSError("it gives back other bytes than were written")
    default_storage.delete(name)


def local_path(name: str) -> Path | None:
    """Where a stored file lies on this machine's disk, or None on a remote storage."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def disk_usage() -> Any | None:
    """`total`, `used` and `free` bytes of the disk that the files lie on; None for a remote storage."""
    folder = local_path("")
    while folder and not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder) if folder else None


def write(name: str, content: bytes) -> None:
    """Put bytes on the storage under exactly this name, whole or not at all; raise StorageFull."""
    path = local_path(name)
    if path is None and STORAGE.is_away:
        raise StorageAway
    try:
        if path is None:
            default_storage.save(name, ContentFile(content))
        else:
            write_atomically(path, lambda file: file.write(content))
    except Exception as error:  # each remote storage brings its own exceptions
        raise refused(error) from error


def refused(error: Exception) -> StorageFull:
    """What a write that failed means; asks a remote storage that gave no answer whether it is there."""
    if is_unreachable(error):
        STORAGE.check(seconds=PATIENCE)
    return StorageFull(error)


def write_stream(name: str, source: Path) -> None:
    """Put a local file on the storage under exactly this name, whole or not at all; raise StorageFull."""
    path = local_path(name)
    if path is None and STORAGE.is_away:
        raise StorageAway
    try:
        with source.open("rb") as file:
            if path is None:
                default_storage.save(name, File(file))
            else:
                write_atomically(path, lambda copy: shutil.copyfileobj(file, copy, 1 << 20))
    except Exception as error:  # each remote storage brings its own exceptions
        raise refused(error) from error


def write_atomically(path: Path, fill: Callable[[io.BufferedWriter], object]) -> None:
    """Write a local file beside its place, flush it to the disk and move it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
