"""The file a reply streams into: named `.part` while it grows, and by its own name only when it is complete."""

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Self

import pybase64

from .errors import GatewayError, ReplyTooLarge, StorageFailed, StorageFull

MAX_BODY_BYTES = 128 * 1024 * 1024
MAX_RESPONSE_BYTES = 3 * MAX_BODY_BYTES  # a stream that ends by repeating its picture, after three partial ones
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BLANKS = b" \t\r\n\0"
_SLICE = 3 * 256 * 1024  # divisible by three, so that slices of base64 join without padding


class BodyFile:
    """Stores one reply's bytes (at most 128 MiB).

    When the context ends before it was committed, the file is deleted, unless what has come may have been paid for.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BODY_BYTES) -> None:
        self.path = path
        self.part = path.with_name(path.name + ".part")
        self.byte_count = 0
        self._has_content = False  # more than the blanks that gateways send as a sign of life
        self.may_be_billed = False  # once the call is sent, a failing disk may cost money
        self._max_bytes = max_bytes
        with self._as_storage_error():
            self._file = self.part.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is not None and self._may_be_paid(error):
            self._keep()
            return
        with contextlib.suppress(OSError, ValueError):
            self._file.close()
        with contextlib.suppress(OSError):
            self.part.unlink(missing_ok=True)

    def _keep(self) -> None:
        """Keep what has come, even where the disk cannot promise that it lasts."""
        try:
            self.commit()
        except (GatewayError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                self._file.close()
            with contextlib.suppress(OSError):
                self.part.replace(self.path)

    def _may_be_paid(self, error: BaseException) -> bool:
        """Whether what has come of the reply may have been paid for, so that it has to be kept."""
        may_be_billed = error.maybe_billed if isinstance(error, GatewayError) else self.may_be_billed
        return may_be_billed and self._has_content

    def write(self, chunk: bytes) -> None:
        """Append bytes; raises ReplyTooLarge beyond the cap, StorageFull or StorageFailed for the disk's refusals."""
        self.byte_count += len(chunk)
        self._has_content = self._has_content or bool(chunk.strip(_BLANKS))
        if self.byte_count > self._max_bytes:
            raise ReplyTooLarge("the reply passed the cap")
        with self._as_storage_error():
            self._file.write(chunk)

    def restart(self) -> None:
        """Empty the file (blocking)."""
        self.rewrite([], [])
        self.byte_count, self._has_content = 0, False

    def flush(self) -> None:
        """Make every byte so far visible to readers of the file (blocking)."""
        with self._as_storage_error():
            self._file.flush()

    def rewrite(self, pieces: Sequence[bytes], pictures: Sequence[bytes]) -> None:
        """Replace the contents by the pieces with a picture, as base64, after each but the last (blocking)."""
        with self._as_storage_error():
            self._file.seek(0)
            self._file.truncate()
            for piece, picture in zip_longest(pieces, pictures, fillvalue=b""):
                self._file.write(piece)
                for start in range(0, len(picture), _SLICE):
                    self._file.write(pybase64.b64encode(picture[start : start + _SLICE]))

    def commit(self) -> None:
        """Make the body durable under its own name (blocking)."""
        self.flush()
        with self._as_storage_error():
            os.fsync(self._file.fileno())
            self._file.close()
            self.part.replace(self.path)
            _sync_folder(self.path.parent)

    @contextlib.contextmanager
    def _as_storage_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kind = StorageFull if error.errno in _FULL else StorageFailed
            raise kind(os.strerror(error.errno or errno.EIO), maybe_billed=self.may_be_billed) from None


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
