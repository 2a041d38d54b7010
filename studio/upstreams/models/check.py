"""Checks of an upstream, requested by an admin and sent by the runner."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .upstream import Upstream


class CheckQuerySet(models.QuerySet["Check"]):
    def waiting(self) -> Self:
        return self.filter(started_at=None)


class Check(models.Model):
    """One invalid request to an upstream, and the facts of its reply."""

    EXPIRES_AFTER = timedelta(seconds=60)  # longer than any check takes: its worker has died

    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, related_name="checks")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # The kind of error of the reply; empty where a picture came, which should never happen.
    error_kind = models.CharField(max_length=30, blank=True)
    error_detail = models.TextField(blank=True)  # the gateway's own words, bounded and without secrets
    is_readable = models.BooleanField(default=False)  # …in a shape in which errors can be told apart
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    # What each capability's own request was answered: capability → kind of error, status, parameter, words.
    answers = models.JSONField(default=dict, blank=True)
    latency = models.FloatField(null=True, blank=True)  # seconds
    request_id = models.CharField(max_length=128, blank=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["id"], condition=Q(started_at=None), name="check_waiting")]

    def __str__(self) -> str:
        return f"check {self.pk} of {self.upstream_id}"

    def start(self, *, now: datetime) -> bool:
        """Claim it; False when another worker did."""
        return bool(Check.objects.filter(pk=self.pk).waiting().update(started_at=now))

    def is_over(self, *, now: datetime) -> bool:
        return self.finished_at is not None or now - self.created_at > self.EXPIRES_AFTER
