"""KeptReply: what came of a call that may have been charged, where its person has no picture of it."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from studio.accounts.models import User
from studio.core.version import installed_version
from studio.core.wakeups import wake_on_commit

from .attempt import Attempt


class KeptReplyQuerySet(models.QuerySet["KeptReply"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(attempt__job__owner=user)

    def expired(self, *, now: datetime) -> Self:
        """Those that were kept long enough, and those of people who were erased since."""
        return self.filter(
            models.Q(kept_at__lt=now - KeptReply.LIFE) | models.Q(attempt__job__owner__in=User.objects.erased())
        )

    def to_reread(self) -> Self:
        """Those whose person asked for it, the first first."""
        return self.exclude(reread_at=None).order_by("reread_at")


class KeptReply(models.Model):
    """The reply of a call without a picture to show, byte for byte; its person may download it and have it read again.

    `picture_file` is a picture in it that cannot be shown.
    """

    LIFE = timedelta(days=30)

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="kept_reply")
    file = models.CharField(max_length=200)  # on the storage
    file_type = models.CharField(max_length=5)  # the ending of its name for a download: "json", "txt", "avif", …
    picture_file = models.CharField(max_length=200, blank=True)
    picture_type = models.CharField(max_length=5, blank=True)
    kept_at = models.DateTimeField(default=timezone.now)
    # Which version of the studio read it last; another one may find more in it.
    read_by = models.CharField(max_length=16)
    reread_at = models.DateTimeField(null=True, blank=True)  # when its person asked to have it read again

    objects = KeptReplyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "kept replies"
        indexes = [
            models.Index(fields=["kept_at"], name="kept_reply_by_age"),
            models.Index(
                fields=["reread_at"], condition=models.Q(reread_at__isnull=False), name="kept_reply_to_reread"
            ),
        ]

    def __str__(self) -> str:
        return f"reply of {self.attempt}"

    @property
    def download_url(self) -> str:
        return f"{settings.MEDIA_URL}replies/{self.pk}"

    @property
    def download(self) -> tuple[str, str]:
        """What its person is given, as the file's name on the storage and for the download."""
        stem = f"easel-job-{self.attempt.job_id}"
        if self.picture_file:
            return self.picture_file, f"{stem}.{self.picture_type}"
        return self.file, f"{stem}-reply.{self.file_type}"

    @property
    def expires_at(self) -> datetime:
        return self.kept_at + self.LIFE

    @property
    def can_be_reread(self) -> bool:
        """Whether reading it again may find more: after an update, or where its picture was only linked to."""
        return self.read_by != installed_version() or self.is_linked

    @property
    def is_linked(self) -> bool:
        """Whether its picture lies somewhere it could not be fetched from, which may have changed."""
        return self.attempt.error_kind == "picture_out_of_reach"

    def ask_to_reread(self, *, now: datetime) -> None:
        if KeptReply.objects.filter(pk=self.pk, reread_at=None).update(reread_at=now):
            self.attempt.job.row.touch()
            wake_on_commit()

    def delete_files(self) -> None:
        for name in filter(None, (self.file, self.picture_file)):
            default_storage.delete(name)
