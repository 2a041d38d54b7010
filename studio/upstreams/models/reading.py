"""Readings: what a gateway reports about its account, and what the ledger says at the same moment."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .upstream import Upstream


def amount() -> Any:
    """USD to 8 places; None where unknown."""
    return models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)


class ReadingQuerySet(models.QuerySet["Reading"]):
    def waiting(self) -> Self:
        return self.filter(started_at=None)

    def under_way(self, *, now: datetime) -> Self:
        """Requested recently, and not finished yet."""
        return self.filter(finished_at=None, created_at__gt=now - Reading.EXPIRES_AFTER)

    def of(self, upstream: Upstream) -> Self:
        """The readings of an upstream's current account: with another name or key, sums start again."""
        account = {"upstream_name": upstream.name, "key_fingerprint": upstream.key_fingerprint}
        return self.filter(upstream=upstream, **account)

    def with_total(self) -> Self:
        """The readings that contain a sum."""
        return self.exclude(total=None)


class ReadingManager(models.Manager.from_queryset(ReadingQuerySet)):  # type: ignore[misc]
    def request(self, upstream: Upstream, *, now: datetime, by: Any = None) -> "Reading":
        """Request a reading from the runner, or return the one that already waits."""
        facts = {"upstream_name": upstream.name, "key_fingerprint": upstream.key_fingerprint}
        row = Reading(upstream=upstream, asked_by=by, created_at=now, **facts)
        self.bulk_create([row], ignore_conflicts=True)
        reading: Reading = self.filter(upstream=upstream).order_by("-pk")[:1].get()
        return reading

    def due(self, *, now: datetime) -> list[Upstream]:
        """Upstreams to read again: every hour, or every day where the gateway reports no sum."""
        newest = self.filter(upstream=models.OuterRef("pk")).order_by("-pk")
        found = {name: models.Subquery(newest.values(name)[:1]) for name in ("created_at", "finished_at", "total")}
        rows = Upstream.objects.usable().annotate(**{f"read_{name}": column for name, column in found.items()})
        # An unfinished reading says nothing about the gateway: its worker has died.
        is_worth_it = Q(read_total__gte=0) | Q(read_finished_at=None)
        is_due = Q(read_created_at__lte=now - Reading.EVERY) & is_worth_it
        return list(
            rows.filter(Q(read_created_at=None) | Q(read_created_at__lte=now - Reading.EVERY_WITHOUT_TOTAL) | is_due)
        )


class Reading(models.Model):
    """One reading of `/v1/usage` and `/v1/sub2api/billing`, with the figures as reported."""

    EVERY, EVERY_WITHOUT_TOTAL = timedelta(hours=1), timedelta(days=1)
    EXPIRES_AFTER = timedelta(seconds=60)  # longer than any reading takes: its worker has died

    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, related_name="readings")
    upstream_name = models.CharField(max_length=60)
    key_fingerprint = models.CharField(max_length=12)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_kind = models.CharField(max_length=30, blank=True)  # the kind of error, where neither address replied

    # Reported by the gateway: the total it ever charged the key, and the balance left.
    total = amount()
    balance = amount()
    request_count = models.BigIntegerField(null=True, blank=True)
    token_count = models.BigIntegerField(null=True, blank=True)
    multiplier = amount()  # of list prices
    # From the ledger: the total ever booked for this name, and what calls under way may still cost.
    computed = amount()
    under_way = amount()

    objects = ReadingManager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["upstream", "created_at"], name="reading_of_upstream")]
        constraints = [
            models.UniqueConstraint(fields=["upstream"], condition=Q(started_at=None), name="one_reading_waits")
        ]

    def __str__(self) -> str:
        return f"reading {self.pk} of {self.upstream_id}"

    def start(self, *, now: datetime) -> bool:
        """Take it on; False when another worker did."""
        return bool(Reading.objects.filter(pk=self.pk).waiting().update(started_at=now))
