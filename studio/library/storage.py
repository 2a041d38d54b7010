"""Writing to the configured storage, whole or not at all."""

import errno
import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class StorageFull(Exception):
    """The storage took nothing: `kind` is full, read_only or unreachable. Nothing half-written is left behind."""

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


def local_path(name: str) -> Path | None:
    """Where a stored file lies on this machine's disk, or None on a remote storage."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def write(name: str, content: bytes) -> None:
    """Put bytes on the storage under exactly this name, whole or not at all; raise StorageFull."""
    path = local_path(name)
    try:
        if path is None:
            default_storage.save(name, ContentFile(content))
        else:
            write_whole(path, lambda file: file.write(content))
    except Exception as error:  # each remote storage brings its own exceptions
        raise StorageFull(error) from error


def write_whole(path: Path, fill: Callable[[io.BufferedWriter], object]) -> None:
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
