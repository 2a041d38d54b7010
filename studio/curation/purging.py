"""Deleting for good what was in the trash for long enough. What was paid for keeps its row: recipe and price stay.

Every step may be repeated: a row is marked first, so that nobody restores it any more, then its files go, then their
names. What could not be deleted is tried again the next time.
"""

import logging
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q

from studio.generations.models import Generation, Job, Reference
from studio.imaging.thumbnails import THUMBNAIL_WIDTHS, thumbnail_name
from studio.library.models import Collection, Picture, PictureQuerySet, StorageRules
from studio.threads.models import Thread

log = logging.getLogger(__name__)

BATCH = 200  # pictures at a time
FILE_COLUMNS = ("file", "raw_file", "difference_file")


def purge_expired(*, now: datetime) -> int:
    """Purge what has been in the trash for longer than the rules say; return how many pictures."""
    before = now - timedelta(days=StorageRules.load().trash_days)
    expired = expired_pictures(before=before).values_list("pk", flat=True)[:BATCH]
    # Without its upload's fingerprint, so that the same file can be uploaded again.
    Picture.objects.trashed().filter(pk__in=list(expired)).update(purged_at=now, upload_sha256="")
    Thread.objects.trashed().filter(trashed_at__lt=before).purge(now=now)
    Collection.objects.filter(trashed_at__lt=before).delete()
    return delete_files()


def expired_pictures(*, before: datetime) -> PictureQuerySet:
    """Pictures that were thrown away before then and that no running job still needs."""
    return Picture.objects.trashed().filter(trashed_at__lt=before).exclude(needed())


def needed() -> Q:
    """Whether a job that is not over sends the picture along."""
    live = Job.objects.live()
    edited = Generation.objects.filter(source=OuterRef("pk"), jobs__in=live)
    referred = Reference.objects.filter(picture=OuterRef("pk"), generation__jobs__in=live)
    return Q(Exists(edited)) | Q(Exists(referred))


def delete_files() -> int:
    """Delete the files of purged pictures that still have any; return of how many pictures all are gone."""
    done = 0
    for picture in Picture.objects.exclude(purged_at=None).exclude(file="").only(*FILE_COLUMNS)[:BATCH]:
        try:
            for name in names_of(picture):
                default_storage.delete(name)
        except Exception:
            log.exception("the files of picture %s could not be deleted; it is tried again", picture.pk)
            continue
        done += Picture.objects.filter(pk=picture.pk).update(**dict.fromkeys(FILE_COLUMNS, ""))
    return done


def names_of(picture: Picture) -> list[str]:
    """Every file of a picture; thumbnails stand beside the picture as it is shown and as it was drawn."""
    shown, raw = str(picture.file.name), str(picture.raw_file.name or "")
    beside = [thumbnail_name(name, width) for name in (shown, raw) if name for width in THUMBNAIL_WIDTHS]
    return [name for name in (shown, raw, str(picture.difference_file.name or ""), *beside) if name]
