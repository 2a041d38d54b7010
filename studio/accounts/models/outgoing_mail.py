"""Mails that wait to leave."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

# How long after each failed try the next one follows; the last of these from then on.
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
GIVE_UP_AFTER = timedelta(days=1)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self, *, now: datetime) -> Self:
        return self.filter(due_at__lte=now)


class OutgoingMail(models.Model):
    """A mail, or an address whose owner wants a new password. The row is deleted when the mail has left.

    The content is encrypted, for a mail may hold a link that lets somebody in.
    """

    content = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = OutgoingMailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"mail {self.pk}"

    def claim(self, *, now: datetime) -> bool:
        """Have the next try follow later, whatever becomes of this one; False where another process was faster."""
        due_at = now + PAUSES[min(self.tries, len(PAUSES) - 1)]
        mine = OutgoingMail.objects.filter(pk=self.pk, tries=self.tries, due_at__lte=now)
        return bool(mine.update(tries=self.tries + 1, due_at=due_at))

    def is_too_old(self, *, now: datetime) -> bool:
        return self.created_at < now - GIVE_UP_AFTER
