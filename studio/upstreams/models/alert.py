"""Alerts: failures of an upstream that an admin has to know about."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.gateway.studio_errors import error_types_by_kind

from .upstream import Upstream


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def unmailed(self) -> Self:
        return self.open().filter(mailed_at=None)

    def close(self, *, now: datetime, by: object = None) -> int:
        """Close these alerts; `by` is the admin who did, None when the failure resolved itself."""
        return self.open().update(closed_at=now, closed_by=by)


class AlertManager(models.Manager.from_queryset(AlertQuerySet)):  # type: ignore[misc]
    def raise_once(self, *, upstream: Upstream, kind: str, reason: str, now: datetime) -> "Alert":
        """Raise an alert, unless the same one is open already: one failure, one banner, one mail."""
        alert, _made = self.get_or_create(
            upstream=upstream, kind=kind, closed_at=None, defaults={"reason": reason, "raised_at": now}
        )
        return alert


class Alert(models.Model):
    """A failure of one upstream, shown to admins on every page and mailed to them once."""

    class Kind(models.TextChoices):
        SWITCHED_OFF = "off", _("switched off")
        PAUSED = "paused", _("paused")
        DOWNGRADES = "less", _("returns less than requested")

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

    @property
    def sentence(self) -> str:
        """What happened, and the reason where it is known."""
        about = {"upstream": self.upstream.name}
        if self.kind == self.Kind.DOWNGRADES:
            return gettext("%(upstream)s returned less than requested several times in a row.") % about
        sentence = (
            gettext("%(upstream)s was switched off.") % about
            if self.kind == self.Kind.SWITCHED_OFF
            else gettext("%(upstream)s is paused.") % about
        )
        error = error_types_by_kind().get(self.reason)
        return f"{sentence} {gettext(error.sentence)}" if error else sentence
