"""The picture: a stored file with its own facts, so that the gallery is one table."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.accounts.models import StudioSettings
from studio.imaging.thumbnails import THUMBNAIL_WIDTHS

from .collection import Collection, CollectionPicture
from .picture_facts import PictureFacts


class PictureQuerySet(models.QuerySet["Picture"]):
    def owned_by(self, user: Any) -> Self:
        """What a person may change: their own."""
        return self.filter(owner=user)

    def seen_by(self, user: Any) -> Self:
        """What a person may look at: their own, and what is in a collection that is shared with the studio."""
        return self.filter(models.Q(owner=user) | models.Q(Exists(sharing_placements()), trashed_at=None))

    def shared(self) -> Self:
        """Those that are in a collection which is shared with the studio."""
        return self.kept().filter(Exists(sharing_placements()))

    def opened_by(self, admin: Any, *, now: datetime) -> Self:
        """Pictures of others that an admin has opened from their entries, for as long as that lasts."""
        if not (admin.is_admin and StudioSettings.load().admins_may_open_pictures):
            return self.none()
        return self.filter(Exists(Opening.objects.lasting(now=now).filter(picture=OuterRef("pk"), admin=admin)))

    def note_opened(self, *, now: datetime) -> int:
        """Their owner has looked at them by themselves; only the first time counts."""
        return self.filter(opened_at=None).update(opened_at=now)

    def unopened(self) -> Self:
        return self.kept().filter(opened_at=None)

    def trashed(self) -> Self:
        """All that are in the trash and can still be restored."""
        return self.filter(trashed_at__isnull=False, purged_at=None)

    def before(self, picture_id: int) -> Self:
        return self.filter(pk__lt=picture_id)

    def unpurged(self) -> Self:
        """All that still have their files."""
        return self.filter(purged_at=None)

    def kept(self) -> Self:
        """All that are not in the trash."""
        return self.filter(trashed_at=None)

    def downgraded(self) -> Self:
        """Those for which a gateway gave less or other than was sent to it."""
        return self.filter(is_downgraded=True)

    def candidates(self) -> Self:
        """The results of edits with a mask, decided or not."""
        return self.exclude(decision="")

    def accepted(self) -> Self:
        return self.filter(decision=Picture.Decision.ACCEPTED)

    def pass_over(self) -> int:
        """Undecided → not chosen: another one of their edit was accepted."""
        return self.filter(decision=Picture.Decision.UNDECIDED).update(decision=Picture.Decision.PASSED)

    def reopen(self) -> int:
        """Accepted, not chosen or discarded → undecided again, out of the trash."""
        decided = self.candidates().exclude(decision=Picture.Decision.UNDECIDED)
        return decided.update(decision=Picture.Decision.UNDECIDED, trashed_at=None)


def sharing_placements() -> models.QuerySet[CollectionPicture]:
    """The places of a picture in collections that are shared with the studio, for a subquery."""
    return CollectionPicture.objects.filter(
        picture=OuterRef("pk"), collection__sharing__in=Collection.SHARED, collection__trashed_at=None
    )


# The columns by which the gallery is narrowed, after the two by which it is ordered: a page and a count under any
# filters read this one index, and only the pictures of a page are read themselves.
GALLERY_COLUMNS = [
    "owner", "-id", "kind", "model", "quality", "size_tier", "ratio", "format", "upstream_name", "created_at",
    "is_downgraded", "decision", "has_mask", "is_starred", "rating",
]  # fmt: skip
# The columns that spend pages filter by, the most selective first, and add up.
SPEND_COLUMNS = ["is_simulated", "paid_on", "owner", "price", "model", "quality", "size_tier", "upstream_name"]


PRICE: Any = models.DecimalField(max_digits=16, decimal_places=8)


def rare(name: str, **condition: Any) -> models.Index:
    return models.Index(fields=["owner", "-id"], condition=models.Q(trashed_at=None, **condition), name=name)


class Picture(PictureFacts, models.Model):
    """A stored picture, generated or uploaded. Size and format are always those of the bytes."""

    class Kind(models.TextChoices):
        GENERATED = "generated", _("Generated")
        EDITED = "edited", _("Edited")
        REFINED = "refined", _("Refined")
        TEST = "test", _("Test picture")
        UPLOADED = "uploaded", _("Uploaded")

    class Decision(models.TextChoices):
        UNDECIDED = "undecided", _("undecided")
        ACCEPTED = "accepted", _("accepted")
        PASSED = "passed", _("not chosen")
        DISCARDED = "discarded", _("discarded")

    class Lock(models.TextChoices):
        """Whether the source was put back wherever the mask protected it, or why it was not."""

        LOCKED = "locked", _("locked")
        SHIFTED = "shifted", _("shifted")
        RESCALED = "rescaled", _("rescaled")
        DIFFERENT = "different", _("different")
        WRONG_RATIO = "wrong_ratio", _("wrong ratio")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pictures")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GENERATED)
    created_at = models.DateTimeField(default=timezone.now)

    file = models.FileField(max_length=200)
    sha256 = models.CharField(max_length=64)
    byte_count = models.PositiveBigIntegerField()
    disk_bytes = models.PositiveBigIntegerField(default=0)  # of all its files on the storage, thumbnails among them
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    ratio = models.CharField(max_length=4, blank=True)  # the named one that is nearest: "3:2"
    format = models.CharField(max_length=5)  # "png" | "jpeg" | "webp", read from the bytes
    # The mean colour of what can be seen of it, "#rrggbb": what stands in its place until it has loaded.
    colour = models.CharField(max_length=7, default="#808080")
    # The plain colour that its transparent parts are sent on, "#rrggbb"; empty where nothing is transparent.
    ground = models.CharField(max_length=7, blank=True)

    prompt = models.TextField(blank=True)
    revised_prompt = models.TextField(blank=True)
    # What else it is found by: the title of its conversation, and what the model said in it.
    further_words = models.TextField(blank=True)
    # {"model", "size", "quality", "output_format", "background", …} as sent, and as the reply and the bytes say.
    requested = models.JSONField(default=dict)
    received = models.JSONField(default=dict)
    # Whether the gateway gave less or other than what was sent to it; kept as a column for the gallery's filter.
    is_downgraded = models.BooleanField(default=False)
    # "1536x1024" where the model drew that and the studio upscaled it; `raw_file` is as it was drawn.
    upscaled_from = models.CharField(max_length=11, blank=True)
    # The fallback steps from the request to this picture, oldest first: {"size", "quality", "why", "charge", …}.
    steps = models.JSONField(default=list, blank=True)
    upstream_name = models.CharField(max_length=60, blank=True)
    price = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)  # USD
    is_simulated = models.BooleanField(default=False)
    # The price as something to sort by: 0 where there is none, and exactly what is read of it.
    sorted_price = models.GeneratedField(
        expression=Coalesce(Round("price", 8), models.Value(Decimal(0)), output_field=PRICE),
        output_field=PRICE,
        db_persist=True,
    )
    latency = models.FloatField(null=True, blank=True)  # seconds from sent to the last byte
    is_after_cancel = models.BooleanField(default=False)
    # As the entry that paid for it says: its day by the studio's clock, and what was drawn.
    paid_on = models.DateField(null=True, blank=True)
    model = models.CharField(max_length=60, blank=True)
    quality = models.CharField(max_length=20, blank=True)
    size_tier = models.CharField(max_length=2, blank=True)
    # When its owner first looked at it by itself: its page, its original, or as the source of another picture.
    opened_at = models.DateTimeField(null=True, blank=True)

    # What its owner thinks of it.
    is_starred = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(default=0)  # 1 to 5; 0 = none

    # What it was made from, and whether it was locked to it (see imaging/lock.py).
    source = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="edits")
    lock_verdict = models.CharField(max_length=11, choices=Lock, blank=True)
    has_mask = models.BooleanField(default=False)
    raw_file = models.FileField(max_length=200, blank=True)  # as the model drew it, where the locked copy is `file`
    difference_file = models.FileField(max_length=200, blank=True)
    leak = models.FloatField(null=True, blank=True)  # share of the protected pixels that the model changed, 0 to 1
    # A candidate of an edit waits for a decision; accepting one passes over the rest, a discarded one is in the trash.
    decision = models.CharField(max_length=9, choices=Decision, blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)
    # When its files were deleted for good. Its row stays, for entries, lineage and threads refer to it.
    purged_at = models.DateTimeField(null=True, blank=True)
    # Of the file a person uploaded; what is stored is the plain picture made from it.
    upload_sha256 = models.CharField(max_length=64, blank=True)
    upload_name = models.CharField(max_length=255, blank=True)
    # What was changed in that file, see upload_changes.py.
    changes = models.JSONField(default=dict, blank=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=GALLERY_COLUMNS, condition=models.Q(trashed_at=None), name="picture_gallery"),
            # What is rare is found without reading past all the rest.
            rare("picture_downgraded", is_downgraded=True),
            rare("picture_undecided", decision="undecided"),
            rare("picture_masked", has_mask=True),
            rare("picture_starred", is_starred=True),
            models.Index(fields=["owner", "-rating", "-id"], condition=models.Q(trashed_at=None), name="picture_best"),
            models.Index(
                fields=["owner", "-sorted_price", "-id"], condition=models.Q(trashed_at=None), name="picture_dearest"
            ),
            models.Index(
                fields=["owner", "-trashed_at", "-id"],
                condition=models.Q(trashed_at__isnull=False, purged_at=None),
                name="picture_trash",
            ),
            # Purged, and its files are still to be deleted.
            models.Index(
                fields=["purged_at"],
                condition=models.Q(purged_at__isnull=False) & ~models.Q(file=""),
                name="picture_purging",
            ),
            # What was paid for and never looked at, or thrown away: all that spend pages ask of it is in the index, so
            # that the hundred thousand pictures of a month are added up without reading one of their rows.
            models.Index(
                fields=SPEND_COLUMNS,
                condition=models.Q(trashed_at=None, opened_at=None, paid_on__isnull=False),
                name="picture_unopened",
            ),
            models.Index(
                fields=SPEND_COLUMNS,
                condition=models.Q(trashed_at__isnull=False, paid_on__isnull=False),
                name="picture_trashed",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(format__in=["png", "jpeg", "webp"]), name="picture_format_known"),
            models.CheckConstraint(condition=models.Q(rating__lte=5), name="picture_rating_known"),
            models.CheckConstraint(
                condition=models.Q(purged_at=None) | models.Q(trashed_at__isnull=False),
                name="picture_purged_from_trash",
            ),
            models.UniqueConstraint(
                fields=["owner", "upload_sha256"], condition=~models.Q(upload_sha256=""), name="one_upload_once"
            ),
        ]

    def __str__(self) -> str:
        return f"picture {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("picture", args=[self.pk])

    def read_bytes(self) -> bytes:
        """The file as it is shown (blocking); raise FileNotFoundError where the storage does not have it."""
        if not self.file:
            raise FileNotFoundError(f"picture {self.pk} was deleted")
        with default_storage.open(str(self.file.name)) as file:
            return bytes(file.read())

    def accept(self) -> bool:
        """Any other decision → accepted, out of the trash; False when that is so already."""
        row = Picture.objects.filter(pk=self.pk).candidates().exclude(decision=self.Decision.ACCEPTED)
        return row.update(decision=self.Decision.ACCEPTED, trashed_at=None) == 1

    def discard(self, *, now: datetime) -> bool:
        """Any other decision → discarded, into the trash; False when that is so already."""
        row = Picture.objects.filter(pk=self.pk).candidates().exclude(decision=self.Decision.DISCARDED)
        return row.update(decision=self.Decision.DISCARDED, trashed_at=now) == 1

    @property
    def is_undecided(self) -> bool:
        return self.decision == self.Decision.UNDECIDED

    @property
    def alt(self) -> str:
        return self.prompt[:140]

    @property
    def rewritten_prompt(self) -> str:
        """The prompt as the gateway rewrote it; empty where it is the one that was sent."""
        revised = self.revised_prompt.strip()
        return "" if revised == self.prompt.strip() else revised

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def stem(self) -> str:
        """What its files are called where they are saved, without an ending: easel-12-a-quiet-harbour."""
        return "-".join(filter(None, ["easel", str(self.pk), slugify(self.prompt[:60], allow_unicode=True)]))

    @property
    def file_name(self) -> str:
        return f"{self.stem}.{self.format}"

    @property
    def original_url(self) -> str:
        return f"{settings.MEDIA_URL}{self.pk}/original.{self.format}"

    @property
    def raw_url(self) -> str:
        return (
            f"{settings.MEDIA_URL}{self.pk}/raw.{str(self.raw_file.name).rpartition('.')[2]}" if self.raw_file else ""
        )

    @property
    def came_as(self) -> str:
        """The format it came in, where that is not shown and a converted copy is: "avif"; else empty."""
        raw = self.raw_url.rpartition(".")[2]
        is_converted = bool(raw) and not (self.upscaled_from or self.lock_verdict or self.source_id)
        return raw if is_converted else ""

    @property
    def difference_url(self) -> str:
        return f"{settings.MEDIA_URL}{self.pk}/difference.webp" if self.difference_file else ""

    def thumbnail_url(self, width: int) -> str:
        return f"{settings.MEDIA_URL}{self.pk}/{width}.webp"

    @property
    def input_tokens(self) -> int:
        """What it counts as where it is sent along with a request."""
        return images.image_tokens(self.width, self.height)

    @property
    def small_url(self) -> str:
        return self.thumbnail_url(THUMBNAIL_WIDTHS[0])

    @property
    def large_url(self) -> str:
        return self.thumbnail_url(THUMBNAIL_WIDTHS[1])

    @property
    def srcset(self) -> str:
        """Both thumbnails with their true widths, for an `<img>`."""
        return ", ".join(f"{self.thumbnail_url(width)} {min(width, self.width)}w" for width in THUMBNAIL_WIDTHS)


class OpeningQuerySet(models.QuerySet["Opening"]):
    def of_pictures_of(self, owner: Any) -> Self:
        """Of somebody's pictures; openings are few and looked through, pictures are many and are not."""
        return self.filter(Exists(Picture.objects.filter(pk=OuterRef("picture_id"), owner=owner)))

    def lasting(self, *, now: datetime) -> Self:
        return self.filter(opened_at__gt=now - Opening.LASTS)


class Opening(models.Model):
    """An admin opened somebody else's picture; its owner is shown who did and when."""

    LASTS = timedelta(minutes=30)  # how long the admin sees the picture before it has to be opened anew

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="openings")
    admin = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="openings")
    opened_at = models.DateTimeField(default=timezone.now)

    objects = OpeningQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["picture", "admin", "-opened_at"], name="opening_latest")]

    def __str__(self) -> str:
        return f"opening of picture {self.picture_id}"
