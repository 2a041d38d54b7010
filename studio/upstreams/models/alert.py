"""What an admin has to know about an upstream, until somebody saw to it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .upstream import Upstream


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def unmailed(self) -> Self:
        return self.open().filter(mailed_at=None)

    def close(self, *, now: datetime, by: object = None) -> int:
        """End these alerts; `by` is the admin who says so, None when the matter settled itself."""
        return self.open().update(closed_at=now, closed_by=by)


class AlertManager(models.Manager.from_queryset(AlertQuerySet)):  # type: ignore[misc]
    def sound(self, *, upstream: Upstream, kind: str, reason: str, now: datetime) -> "Alert":
        """Raise an alert, unless the same matter is open already: one trouble, one banner, one mail."""
        alert, _made = self.get_or_create(
            upstream=upstream, kind=kind, closed_at=None, defaults={"reason": reason, "raised_at": now}
        )
        return alert


class Alert(models.Model):
    """A trouble of one upstream: shown to admins on every page and mailed to them once."""

    class Kind(models.TextChoices):
        SWITCHED_OFF = "off", _("switched off")
        COOLING = "cooling", _("resting")
        DOWNGRADES = "less", _("gives less than was asked for")

    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=7, choices=Kind)
    reason = models.CharField(max_length=30, blank=True)  # the kind of error
    raised_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = AlertManager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["upstream", "kind"], condition=Q(closed_at=None), name="one_open_alert")
        ]

    def __str__(self) -> str:
        return f"{self.upstream}: {self.get_kind_display()}"
