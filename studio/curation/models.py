"""BulkAct: one act on many pictures, with what is needed to undo it."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class BulkActQuerySet(models.QuerySet["BulkAct"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def undoable(self, *, now: datetime) -> Self:
        return self.filter(created_at__gt=now - BulkAct.UNDOABLE_FOR - BulkAct.GRACE)

    def expired(self, *, now: datetime) -> Self:
        return self.filter(created_at__lte=now - BulkAct.UNDOABLE_FOR - BulkAct.GRACE)


class BulkAct(models.Model):
    """What a person did to many pictures at once; `changes` holds what really changed, in the form its kind needs."""

    UNDOABLE_FOR = timedelta(seconds=30)  # as long as the note with `Undo` stays on the page
    GRACE = timedelta(seconds=15)  # for a click in the last moment that takes its time

    class Kind(models.TextChoices):
        STARS = "stars", "stars"
        RATINGS = "ratings", "ratings"
        TAGS = "tags", "tags"
        UNTAGGING = "untagging", "untagging"
        COLLECTIONS = "collections", "collections"
        REMOVAL = "removal", "removal"  # from a collection
        TRASH = "trash", "trash"
        RESTORATION = "restoration", "restoration"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulk_acts")
    kind = models.CharField(max_length=11, choices=Kind)
    created_at = models.DateTimeField(default=timezone.now)
    changes = models.JSONField()
    count = models.PositiveIntegerField()  # pictures that were changed

    objects = BulkActQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="bulk_act_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.count} pictures"
