"""The picture: a stored file with its own facts, so that the gallery is one table."""

import re
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PictureQuerySet(models.QuerySet["Picture"]):
    def seen_by(self, user: Any) -> Self:
        """What a person may open: their own."""
        return self.filter(owner=user)

    def before(self, picture_id: int) -> Self:
        return self.filter(pk__lt=picture_id)


class Picture(models.Model):
    """A stored picture, generated or uploaded. Size and format are always those of the bytes."""

    class Kind(models.TextChoices):
        GENERATED = "generated", _("Generated")
        UPLOADED = "uploaded", _("Uploaded")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pictures")
    # The one key that points upwards, by name: a job may yield none, one or more pictures.
    job = models.ForeignKey("generations.Job", on_delete=models.PROTECT, null=True, blank=True, related_name="pictures")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GENERATED)
    created_at = models.DateTimeField(default=timezone.now)

    file = models.FileField(max_length=200)
    sha256 = models.CharField(max_length=64)
    byte_count = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    format = models.CharField(max_length=5)  # "png" | "jpeg" | "webp", read from the bytes
    # The picture's own mean colour, "#rrggbb": what stands in its place until it has loaded.
    colour = models.CharField(max_length=7, default="#808080")

    prompt = models.TextField(blank=True)
    revised_prompt = models.TextField(blank=True)
    # {"model", "size", "quality", "output_format", "background", …} as sent, and as the reply and the bytes say.
    asked = models.JSONField(default=dict)
    got = models.JSONField(default=dict)
    upstream_name = models.CharField(max_length=60, blank=True)
    price = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)  # USD
    is_simulated = models.BooleanField(default=False)
    latency = models.FloatField(null=True, blank=True)  # seconds from sent to the last byte
    is_after_cancel = models.BooleanField(default=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-id"], name="picture_gallery")]
        constraints = [
            models.CheckConstraint(condition=models.Q(format__in=["png", "jpeg", "webp"]), name="picture_format_known")
        ]

    def __str__(self) -> str:
        return f"picture {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("picture", args=[self.pk])

    @property
    def alt(self) -> str:
        return self.prompt[:140]

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def original_url(self) -> str:
        return f"{settings.MEDIA_URL}{self.pk}/original.{self.format}"

    def thumbnail_url(self, width: int) -> str:
        return f"{settings.MEDIA_URL}{self.pk}/{width}.webp"

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

    @property
    def comparison(self) -> list[tuple[str, str, str, bool]]:
        """Everything asked for beside what came: (label, asked, got, whether they differ), in the order of LABELS."""
        different = {name for name, _asked, _got in self.differences}
        return [
            (str(label), shown(name, self.asked), shown(name, self.got), name in different)
            for name, label in LABELS.items()
            if self.asked.get(name) or self.got.get(name)
        ]

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Where the picture is not what was asked for: (name, asked, got); "auto" accepts everything."""
        rows = [(name, str(self.asked[name]), str(self.got[name])) for name in self.asked if self.got.get(name)]
        return [row for row in rows if not fulfils(row[2], asked=row[1])]


THUMBNAIL_WIDTHS = (512, 1280)  # px

# What the picture page compares, by the API's own names.
LABELS = {
    "model": _("Model"),
    "size": _("Size"),
    "quality": _("Quality"),
    "output_format": _("Format"),
    "background": _("Background"),
    "moderation": _("Moderation"),
}


def shown(name: str, facts: dict[str, Any]) -> str:
    """One of these facts as people write it: 1536×1024 instead of 1536x1024, JPEG, Low."""
    text = str(facts.get(name) or "")
    if name == "size":
        return text.replace("x", "×")
    if name == "output_format":
        return text.upper()
    return text if name == "model" else text.capitalize()


def fulfils(got: str, *, asked: str) -> bool:
    """Whether this is what was asked for; a model's dated snapshot is that model."""
    return asked in ("auto", got) or re.fullmatch(re.escape(asked) + r"-\d{4}-\d\d-\d\d", got) is not None
