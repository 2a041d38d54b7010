"""Uploads: normalised, then stored once for each owner."""

from collections.abc import Iterable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from studio import images
from studio.accounts.rate_limit import RateLimited, hit
from studio.images import MAX_IMAGE_BYTES
from studio.imaging.normalisation import Normalised, normalise

from . import files
from .models import Picture, SearchEntry, StorageRules
from .models.storage_rules import bytes_kept_by


class OverQuota(files.StorageFull):
    """A person keeps as much as the studio lets them; what they generate is stored all the same."""

    def __init__(self) -> None:
        Exception.__init__(self)
        self.kind = "quota"

    @property
    def sentence(self) -> str:
        return gettext("You keep as much as you may upload. Move some pictures to the trash, or ask an admin for more.")


def store_uploads(uploaded: Iterable["UploadedFile[bytes]"], *, owner: Any) -> tuple[list[Picture], list[str]]:
    """The pictures of several uploads, and for each one that was refused a sentence with its name."""
    pictures, sentences = [], []
    for file in uploaded:
        try:
            pictures.append(store_upload(file, owner=owner))
        except (files.Unreadable, files.StorageFull) as error:
            sentences.append(f"{file.name}: {error}")
        except RateLimited as limited:
            sentences.append(f"{file.name}: {limited.sentence}")
    return pictures, sentences


def store_upload(file: "UploadedFile[bytes]", *, owner: Any) -> Picture:
    """The picture of an upload: bytes first, then its row, once for each owner; or raise RateLimited or OverQuota."""
    hit(owner, "upload")
    normal = normalise(file.read(MAX_IMAGE_BYTES + 1), declared_type=file.content_type)
    known = Picture.objects.filter(owner=owner, upload_sha256=normal.upload_sha256).first()
    if known:
        # Whoever uploads it again wants it back.
        Picture.objects.trashed().filter(pk=known.pk).update(trashed_at=None)
        return known
    if StorageRules.load().is_over(bytes_kept_by(owner)):
        raise OverQuota
    return store_picture(normal, owner=owner, name=file.name or "")


def store_picture(normal: Normalised, *, owner: Any, name: str = "") -> Picture:
    """Write the picture and its row; `name` is what the file was called, by which it is found again."""
    file = files.store(normal.data, folder="pictures")
    facts: dict[str, Any] = {
        "kind": Picture.Kind.UPLOADED,
        "upload_sha256": normal.upload_sha256,
        "upload_name": name.replace("\0", "")[-255:],
        "size_tier": images.size_tier(f"{file.width}x{file.height}"),
        "changes": dict(normal.changes),
    }
    try:
        with transaction.atomic():
            picture = Picture.objects.create(owner=owner, created_at=timezone.now(), **facts, **file.fields())
            SearchEntry.objects.add(picture)
    except IntegrityError:
        # The same file came twice at once; the other one was faster.
        files.discard(file)
        return Picture.objects.get(owner=owner, upload_sha256=normal.upload_sha256)
    return picture
