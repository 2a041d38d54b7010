"""Picture files: verified, then stored byte for byte, with two thumbnails."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from studio.images import nearest_ratio
from studio.imaging.decoding import Decoded, Unreadable, decode, shrink
from studio.imaging.thumbnails import THUMBNAIL_WIDTHS, thumbnail_name

from .partials import remove_partials, store_partial
from .storage import StorageFull, write

__all__ = [
    "Decoded",
    "StorageFull",
    "Stored",
    "Unreadable",
    "decode",
    "discard",
    "remove",
    "remove_partials",
    "shrink",
    "store",
    "store_as_it_came",
    "store_beside",
    "store_decoded",
    "store_partial",
    "thumbnail_name",
]


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture whose files are on the storage and whose row is still to be written."""

    name: str
    sha256: str
    byte_count: int
    width: int
    height: int
    format: str
    colour: str
    ground: str = ""
    disk_bytes: int = 0  # of all its files
    has_thumbnails: bool = True

    @property
    def names(self) -> list[str]:
        """Every file it consists of: the original and its thumbnails."""
        widths = THUMBNAIL_WIDTHS if self.has_thumbnails else ()
        return [self.name, *(thumbnail_name(self.name, width) for width in widths)]

    def fields(self) -> dict[str, Any]:
        """The columns of Picture that come from the bytes."""
        return {
            "file": self.name,
            "sha256": self.sha256,
            "byte_count": self.byte_count,
            "width": self.width,
            "height": self.height,
            "ratio": nearest_ratio(self.width, self.height),
            "format": self.format,
            "colour": self.colour,
            "ground": self.ground,
            "disk_bytes": self.disk_bytes,
        }


def store(data: bytes, *, folder: str = "pictures") -> Stored:
    """Verify a picture, write it as it came, with thumbnails; or raise Unreadable or StorageFull, leaving nothing."""
    return store_decoded(decode(data), folder=folder)


def store_decoded(decoded: Decoded, *, folder: str = "pictures") -> Stored:
    """Write a picture that is known to be whole, with its thumbnails; or raise StorageFull, leaving nothing."""
    # The random part: two rows never share a file, so deleting one never takes the other's.
    stem = f"{decoded.sha256[:16]}-{secrets.token_hex(4)}.{decoded.format}"
    stored = Stored(
        name=f"{folder}/{timezone.now():%Y/%m}/{stem}",
        sha256=decoded.sha256,
        byte_count=decoded.byte_count,
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        colour=decoded.colour,
        ground=decoded.ground,
        disk_bytes=decoded.byte_count + sum(map(len, decoded.thumbnails.values())),
    )
    try:
        for name, content in zip(stored.names, (decoded.data, *decoded.thumbnails.values()), strict=True):
            write(name, content)
    except StorageFull:
        discard(stored)
        raise
    return stored


def store_as_it_came(data: bytes, *, width: int, height: int, came_as: str) -> Stored:
    """Write a picture in a container that is not shown, without thumbnails; or raise StorageFull."""
    digest = hashlib.sha256(data).hexdigest()
    name = f"pictures/{timezone.now():%Y/%m}/{digest[:16]}-{secrets.token_hex(4)}-raw.{came_as}"
    write(name, data)
    return Stored(
        name=name, sha256=digest, byte_count=len(data), width=width, height=height, format=came_as, colour="",
        disk_bytes=len(data), has_thumbnails=False,
    )  # fmt: skip


def store_beside(stored: Stored, suffix: str, data: bytes) -> str:
    """Write a further file of a picture next to it and return its name; or raise StorageFull."""
    name = f"{stored.name.rpartition('.')[0]}.{suffix}"
    write(name, data)
    return name


def remove(name: str) -> None:
    """Remove one file; what cannot be removed is left."""
    if name:
        with suppress(Exception):
            default_storage.delete(name)


def discard(stored: Stored) -> None:
    """Remove the files of a picture whose row could not be written; what cannot be removed is left."""
    for name in stored.names:
        remove(name)
