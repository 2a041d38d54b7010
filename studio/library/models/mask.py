"""The mask: where an edit may change a picture, and drafts of it."""

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.images.masks import same_ratio
from studio.imaging.masking import PaintedMask, read_mask

from .picture import Picture

SHOWN_MASKS, CONSIDERED_MASKS = 24, 500


class MaskManager(models.Manager["Mask"]):
    def find_same(self, painted: PaintedMask, *, picture: Picture, owner: Any) -> "Mask | None":
        """The mask that was painted on this picture before, to the pixel."""
        return self.filter(owner=owner, picture=picture, sha256=sha256(painted.png()).hexdigest()).first()

    def get_or_store(self, painted: PaintedMask, *, picture: Picture, owner: Any) -> "Mask":
        """The mask as a file and a row, once for each picture and owner."""
        data = painted.png()
        digest = sha256(data).hexdigest()
        if known := self.filter(owner=owner, picture=picture, sha256=digest).first():
            return known
        name = default_storage.save(f"masks/{picture.pk}-{digest[:16]}.png", ContentFile(data))
        width, height = painted.size
        return self.create(
            owner=owner, picture=picture, file=name, sha256=digest, width=width, height=height, share=painted.share
        )

    def fitting(self, picture: Picture, *, owner: Any) -> "list[Mask]":
        """The masks that can be laid on this picture, those of its own edits first, then the latest."""
        recent = self.filter(owner=owner).order_by("-pk")
        kept = [*recent.filter(picture=picture)[:SHOWN_MASKS], *recent.exclude(picture=picture)[:CONSIDERED_MASKS]]
        size = (picture.width, picture.height)
        return [mask for mask in kept if same_ratio((mask.width, mask.height), size)][:SHOWN_MASKS]


class Mask(models.Model):
    """Where an edit may change a picture: the mask that was sent, kept with it and for the next one."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="masks")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="masks")
    file = models.FileField(max_length=200)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    share = models.FloatField()  # painted, 0 to 1
    created_at = models.DateTimeField(default=timezone.now)

    objects = MaskManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "picture", "sha256"], name="one_mask_once")]

    def __str__(self) -> str:
        return f"mask {self.pk}"

    @property
    def url(self) -> str:
        return f"{settings.MEDIA_URL}masks/{self.pk}.png"

    @property
    def name(self) -> str:
        return _("%(share)s %% of picture %(picture)s") % {
            "share": max(1, round(100 * self.share)), "picture": self.picture_id,
        }  # fmt: skip

    def read(self) -> PaintedMask:
        """What is painted, from its file (blocking)."""
        with default_storage.open(str(self.file.name)) as file:
            return read_mask(file.read(), source=(self.width, self.height))


class DraftQuerySet(models.QuerySet["Draft"]):
    def save_version(self, *, draft_id: int, version: int, content: dict[str, Any], now: Any) -> bool:
        """Write a newer state over the version it builds on; False when somebody else was faster."""
        changed = self.filter(pk=draft_id, version=version)
        return changed.update(content=content, version=version + 1, updated_at=now) == 1


class Draft(models.Model):
    """What somebody is painting on a picture, so that a reload or another device goes on with it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="drafts")
    # Raised by every save; one that builds on an older version becomes a draft of its own.
    version = models.PositiveIntegerField(default=0)
    content = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "picture", "-updated_at"], name="draft_latest")]

    def __str__(self) -> str:
        return f"draft {self.pk}"
