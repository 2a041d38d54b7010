"""What a person asked for once."""

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.images import ImageRequest

from ..wakeups import wake_on_commit


class TokenReused(Exception):
    """The composer's token came again with another body: not a resent form but a different wish."""


class GenerationQuerySet(models.QuerySet["Generation"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def for_feed(self) -> Self:
        """Newest first, with everything a card shows."""
        return self.prefetch_related("jobs__pictures", "jobs__attempts").order_by("-pk")


class GenerationManager(models.Manager.from_queryset(GenerationQuerySet)):  # type: ignore[misc]
    def submit(self, *, owner: Any, request: ImageRequest, token: uuid.UUID, now: datetime) -> "Generation":
        """File a wish: one generation, its jobs and their reservations, in one transaction; wake the runner after it.

        The same token with the same wish gives the generation it made the first time; with another, TokenReused.
        """
        body = wish_digest(request)
        try:
            with transaction.atomic():
                generation = self.create(owner=owner, token=token, body_digest=body, created_at=now, **wish(request))
                generation.jobs.file(generation, is_large=request.is_large, now=now)
                wake_on_commit()
        except IntegrityError:
            generation = self.get(owner=owner, token=token)
            if generation.body_digest != body:
                raise TokenReused from None
        return generation


def wish(request: ImageRequest) -> dict[str, Any]:
    """The columns of Generation that repeat the request."""
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": str(request.size),
        "quality": request.quality,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "background": request.background,
        "moderation": request.moderation,
        "partial_images": request.partial_images,
        "n": request.n,
    }


def wish_digest(request: ImageRequest) -> str:
    return hashlib.sha256(json.dumps(wish(request), sort_keys=True).encode()).hexdigest()


class Generation(models.Model):
    """What a person asked for once, with n pictures wanted."""

    class Kind(models.TextChoices):
        GENERATE = "generate", _("Generate")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generations")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GENERATE)
    created_at = models.DateTimeField(default=timezone.now)
    # From the composer: the same token again is the same click again.
    token = models.UUIDField()
    body_digest = models.CharField(max_length=64)

    prompt = models.TextField()
    model = models.CharField(max_length=60)
    size = models.CharField(max_length=11)
    quality = models.CharField(max_length=10)
    output_format = models.CharField(max_length=5)
    output_compression = models.PositiveSmallIntegerField(null=True, blank=True)
    background = models.CharField(max_length=11)
    moderation = models.CharField(max_length=4)
    partial_images = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField()

    objects = GenerationManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "token"], name="one_generation_a_token")]
        indexes = [models.Index(fields=["owner", "-id"], name="generation_feed")]

    def __str__(self) -> str:
        return f"generation {self.pk}"

    def request(self) -> ImageRequest:
        """The request each of its jobs sends: always for one picture."""
        return ImageRequest(
            prompt=self.prompt,
            model=self.model,
            size=self.size if self.size == images.AUTO else images.Size.parse(self.size),
            quality=self.quality,
            output_format=self.output_format,
            output_compression=self.output_compression,
            background=self.background,
            moderation=self.moderation,
            stream=self.partial_images > 0,
            partial_images=self.partial_images,
            n=1,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of a tile before its picture is there, in px; square while the size is left to the model."""
        if self.size == images.AUTO:
            return (1024, 1024)
        size = images.Size.parse(self.size)
        return (size.width, size.height)
