"""What somebody has typed and chosen in a composer and not sent: one row for Create and one for each thread."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_PLACE = 40  # characters


class ComposerDraftQuerySet(models.QuerySet["ComposerDraft"]):
    def content_at(self, place: str, *, owner: Any) -> dict[str, Any]:
        """What was left in a composer; empty where there is nothing."""
        return self.filter(owner=owner, place=place).values_list("content", flat=True).first() or {}

    def keep(self, place: str, content: dict[str, Any], *, owner: Any) -> None:
        """Save what stands in a composer now; the last one to write is the one who is right."""
        now = timezone.now()
        self.update_or_create(owner=owner, place=place, defaults={"content": content, "updated_at": now})


class ComposerDraft(models.Model):
    """It belongs to a person and not to a browser, so a reload, another device or a new session goes on with it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="composer_drafts")
    place = models.CharField(max_length=MAX_PLACE)  # "create", "thread-new" or "thread-12"
    content = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ComposerDraftQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "place"], name="one_draft_for_each_composer")]

    def __str__(self) -> str:
        return f"draft of {self.place}"
