"""One HTTP call for a job, and the workers that make them."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.images import AUTO, ImageRequest, Size
from studio.upstreams.models import Lane, Upstream

from .job import Job


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self, *, now: datetime) -> Self:
        return self.filter(stopped_at=None, beat_at__gt=now - Worker.SILENCE)

    def dead(self, *, now: datetime) -> Self:
        return self.exclude(stopped_at=None, beat_at__gt=now - Worker.SILENCE)


class Worker(models.Model):
    """A process that runs jobs; one heartbeat row for all of its calls."""

    SILENCE = timedelta(seconds=30)  # a worker silent this long is dead
    BEAT = 5  # seconds between heartbeats

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # Machine and data folder: `up` holds a lock on the folder, so its predecessors there are surely dead.
    home = models.CharField(max_length=300)
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"worker {self.pk}"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def orphaned(self, *, now: datetime) -> Self:
        """Unfinished attempts whose worker is dead."""
        return self.unfinished().filter(worker__in=Worker.objects.dead(now=now))

    def with_task(self, *, now: datetime) -> Self:
        """Those that began a task which the gateway still knows."""
        return self.exclude(task_id="").filter(started_at__gt=now - Attempt.TASK_LIFE)

    def taken_slots(self) -> dict[tuple[int, str], set[int]]:
        """The numbers of the slots that calls hold, by upstream and lane."""
        taken: dict[tuple[int, str], set[int]] = {}
        rows = self.unfinished().exclude(upstream=None).values_list("upstream", "lane", "slot")
        for upstream_id, lane, slot in rows:
            taken.setdefault((upstream_id, lane), set()).add(slot)
        return taken


class Attempt(models.Model):
    """One HTTP call for a job; its row is written before the call and holds a slot until it is finished."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Outcome unknown")

    TASK_LIFE = timedelta(hours=24)  # as long as gateways keep a task

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="attempts")
    round = models.PositiveSmallIntegerField()
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="attempts")
    upstream = models.ForeignKey(Upstream, on_delete=models.SET_NULL, null=True, related_name="attempts")
    lane = models.CharField(max_length=8, choices=Lane)
    slot = models.PositiveSmallIntegerField()
    # Sent as X-Client-Request-Id and X-Request-ID, so that both sides' records can be paired.
    client_request_id = models.UUIDField(default=uuid.uuid4, unique=True)
    started_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    late_after = models.PositiveSmallIntegerField(null=True, blank=True)  # seconds until its card says *late*
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)

    # What the guide asks a production system to keep.
    model = models.CharField(max_length=60)
    size = models.CharField(max_length=11)
    quality = models.CharField(max_length=10)
    output_format = models.CharField(max_length=5)
    # Optional parameters that were not sent, because the upstream was found not to take them.
    omitted = models.JSONField(default=list, blank=True)
    # Where the gateway took the wish as a task: what it is asked for by, for as long as it keeps the picture.
    task_id = models.CharField(max_length=200, blank=True)
    got_size = models.CharField(max_length=11, blank=True)
    got_quality = models.CharField(max_length=20, blank=True)
    got_format = models.CharField(max_length=5, blank=True)
    got_model = models.CharField(max_length=60, blank=True)
    is_as_asked = models.BooleanField(null=True, blank=True)  # of a picture that came; see outcomes.is_as_asked
    got_count = models.PositiveSmallIntegerField(null=True, blank=True)  # pictures in the reply
    input_text_tokens = models.PositiveIntegerField(null=True, blank=True)
    input_image_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_text_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_image_tokens = models.PositiveIntegerField(null=True, blank=True)
    latency = models.FloatField(null=True, blank=True)  # seconds
    upstream_name = models.CharField(max_length=60)
    upstream_group = models.CharField(max_length=60, blank=True)
    key_fingerprint = models.CharField(max_length=12)
    user_alias = models.UUIDField()
    price_multiplier = models.DecimalField(max_digits=7, decimal_places=4)
    is_simulated = models.BooleanField()
    request_id = models.CharField(max_length=128, blank=True)
    upstream_request_id = models.CharField(max_length=128, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_kind = models.CharField(max_length=30, blank=True)
    error_code = models.CharField(max_length=100, blank=True)  # as the gateway named it
    error_param = models.CharField(max_length=100, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)  # when the gateway said it may be asked again
    error_detail = models.TextField(blank=True)  # the gateway's own words, bounded and without secrets

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["upstream", "lane", "slot"], condition=Q(finished_at=None), name="one_call_a_slot"
            ),
            models.CheckConstraint(condition=Q(finished_at=None) | ~Q(outcome=""), name="finished_says_outcome"),
        ]
        indexes = [
            models.Index(fields=["finished_at", "worker"], name="attempt_unfinished"),
            models.Index(fields=["upstream", "finished_at"], name="attempt_of_upstream"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"

    def request(self) -> ImageRequest:
        """What it sent for, whatever its job sends by now."""
        size = AUTO if self.size == AUTO else Size.parse(self.size)
        sent = replace(self.job.generation.request(), size=size, quality=self.quality)
        for name in self.omitted:
            sent = sent.without(name) or sent
        return sent

    @property
    def input_tokens(self) -> int | None:
        return add(self.input_text_tokens, self.input_image_tokens)

    @property
    def output_tokens(self) -> int | None:
        return add(self.output_text_tokens, self.output_image_tokens)

    @property
    def total_tokens(self) -> int | None:
        return add(self.input_tokens, self.output_tokens)


def add(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
