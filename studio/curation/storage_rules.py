"""What the rules of Settings → Storage would do and do: whom they concern is asked in one place for both."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from studio.generations.models import Generation, Job, Reference
from studio.library import files
from studio.library.models import CollectionPicture, Mask, Picture, PictureQuerySet, PictureTag, StorageRules
from studio.library.partials import partial_name
from studio.threads.models import Thread

from . import purging

BATCH = 500
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule would do now."""

    label: Promise
    what: Promise
    count: int
    byte_count: int


def effects(rules: StorageRules, *, now: datetime) -> Iterator[Effect]:
    """The dry run: what each rule that holds would do now; nothing is changed."""
    deleted, trashed = _("deleted for good"), _("moved to the trash")
    yield effect(_("In the trash long enough"), deleted, expired(rules, now=now))
    if rules.unused_upload_days:
        yield effect(_("Uploads that nothing was made of"), trashed, unused_uploads(rules, now=now))
    if rules.draft_months:
        yield effect(_("Drafts that nobody kept"), trashed, drafts(rules, now=now))
    if rules.partial_days:
        jobs = old_partials(rules, now=now)
        names = [partial_name(pk, index) for pk, count in jobs for index in range(count + 1)]
        sizes = [size for name in names if (size := size_of(name)) is not None]
        yield Effect(_("Partial previews of jobs that have ended"), deleted, len(sizes), sum(sizes))


def effect(label: Promise, what: Promise, pictures: PictureQuerySet) -> Effect:
    found = pictures.order_by().aggregate(byte_count=Sum("disk_bytes"))["byte_count"] or 0
    return Effect(label, what, pictures.count(), found)


def apply_rules(*, now: datetime) -> None:
    """Do it, some at a time."""
    rules = StorageRules.load()
    if rules.unused_upload_days:
        trash(unused_uploads(rules, now=now), now=now)
    if rules.draft_months:
        trash(drafts(rules, now=now), now=now)
    if rules.partial_days:
        for job_id, count in old_partials(rules, now=now)[:BATCH]:
            files.remove_partials(job_id, count)
            Job.objects.filter(pk=job_id).update(partial_count=0)


def trash(pictures: PictureQuerySet, *, now: datetime) -> None:
    ids = list(pictures.values_list("pk", flat=True)[:BATCH])
    Picture.objects.kept().filter(pk__in=ids).update(trashed_at=now)


# ── Whom a rule concerns ────────────────────────────────────────────────────────────────────────────────────────────


def expired(rules: StorageRules, *, now: datetime) -> PictureQuerySet:
    return purging.expired_pictures(before=now - timedelta(days=rules.trash_days))


def unused_uploads(rules: StorageRules, *, now: datetime) -> PictureQuerySet:
    before = now - timedelta(days=rules.unused_upload_days or 0)
    uploads = Picture.objects.kept().filter(kind=Picture.Kind.UPLOADED, created_at__lt=before)
    return uploads.exclude(is_valued() | is_gone_on_from())


def drafts(rules: StorageRules, *, now: datetime) -> PictureQuerySet:
    """Generated pictures of the lowest quality that nobody starred, rated, tagged, collected or went on from."""
    before = now - (rules.draft_months or 0) * MONTH
    drawn = Picture.objects.kept().exclude(kind=Picture.Kind.UPLOADED)
    undecided = Q(decision=Picture.Decision.UNDECIDED) | Q(decision=Picture.Decision.ACCEPTED)
    return drawn.filter(quality="low", created_at__lt=before).exclude(undecided | is_valued() | is_gone_on_from())


def old_partials(rules: StorageRules, *, now: datetime) -> "QuerySet[Job, tuple[int, int]]":
    """(id, count) of the jobs that ended long ago and still have partial previews."""
    before = now - timedelta(days=rules.partial_days or 0)
    ended = Job.objects.filter(finished_at__lt=before, partial_count__gt=0).exclude(state__in=Job.LIVE_STATES)
    return ended.values_list("pk", "partial_count")


def is_valued() -> Q:
    placed = CollectionPicture.objects.filter(picture=OuterRef("pk"))
    tagged = PictureTag.objects.filter(picture=OuterRef("pk"))
    return Q(is_starred=True) | Q(rating__gt=0) | Q(Exists(placed)) | Q(Exists(tagged))


def is_gone_on_from() -> Q:
    """Whether something was made of a picture, or a conversation began with it."""
    this = OuterRef("pk")
    return (
        Q(Exists(Picture.objects.filter(source=this)))
        | Q(Exists(Generation.objects.filter(source=this)))
        | Q(Exists(Reference.objects.filter(picture=this)))
        | Q(Exists(Mask.objects.filter(picture=this)))
        | Q(Exists(Thread.objects.filter(root=this)))
    )


def size_of(name: str) -> int | None:
    """Bytes of a stored file; None where there is none."""
    try:
        return int(default_storage.size(name))
    except Exception:
        return None
