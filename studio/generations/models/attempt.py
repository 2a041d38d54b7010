"""Attempt (one HTTP call for a job) and Worker (a process that makes such calls)."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.core import key_fingerprints
from studio.images import AUTO, ImageRequest, Size
from studio.upstreams import capabilities
from studio.upstreams.health_effects import CallFacts
from studio.upstreams.models import Lane, Upstream

from .job import Job


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self, *, now: datetime) -> Self:
        return self.filter(stopped_at=None, beat_at__gt=now - Worker.SILENCE)

    def differing_keys(self) -> list[str]:
        """The variables whose keys these workers do not share with this process."""
        secret, encryption = key_fingerprints.of_secret_key(), key_fingerprints.of_encryption_keys()
        rows = list(self.exclude(secret_key="").values_list("secret_key", "encryption_key"))
        is_secret_other = any(theirs != secret for theirs, _encryption in rows)
        is_encryption_other = any(theirs not in encryption for _secret, theirs in rows)
        names = {"STUDIO_SECRET_KEY": is_secret_other, "STUDIO_SEAL_KEYS": is_encryption_other}
        return [name for name, is_other in names.items() if is_other]

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
    # Fingerprints of STUDIO_SECRET_KEY and of the key that encrypts.
    secret_key = models.CharField(max_length=key_fingerprints.LENGTH, default="")
    encryption_key = models.CharField(max_length=key_fingerprints.LENGTH, default="")

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"worker {self.pk}"


HISTORY, ENOUGH_HISTORY = 40, 3  # pictures


class RunningCall(NamedTuple):
    """A call that holds a slot of an upstream."""

    upstream_id: int
    lane: str
    slot: int
    uses: str


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def orphaned(self, *, now: datetime) -> Self:
        """Unfinished attempts whose worker is dead."""
        return self.unfinished().filter(worker__in=Worker.objects.dead(now=now))

    def with_task(self, *, now: datetime) -> Self:
        """Those that started a task which the gateway still keeps."""
        return self.exclude(task_id="").filter(started_at__gt=now - Attempt.TASK_LIFE)

    def taken_slots(self) -> dict[tuple[int, str], set[int]]:
        """The slot numbers in use, by upstream id and lane."""
        taken: dict[tuple[int, str], set[int]] = {}
        for call in self.under_way():
            taken.setdefault((call.upstream_id, call.lane), set()).add(call.slot)
        return taken

    def under_way(self) -> list[RunningCall]:
        """The calls that hold a slot now."""
        rows = self.unfinished().exclude(upstream=None).values_list("upstream", "lane", "slot", "uses")
        return [RunningCall(*row) for row in rows]

    def quickest(self, *, upstream_id: int, model: str, size: str, quality: str) -> float | None:
        """Seconds of the quickest of its last pictures of this kind; None where there are too few."""
        drawn = self.filter(outcome=Attempt.Outcome.SUCCEEDED, latency__isnull=False, is_as_requested__isnull=False)
        same = drawn.filter(upstream=upstream_id, model=model, size=size, quality=quality)
        latencies = list(same.order_by("-pk").values_list("latency", flat=True)[:HISTORY])
        return min(filter(None, latencies), default=None) if len(latencies) >= ENOUGH_HISTORY else None


class Attempt(models.Model):
    """One HTTP call for a job; its row is written before the call and holds a slot until it is finished."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Outcome unknown")

    TASK_LIFE = timedelta(hours=24)  # how long gateways keep a task

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="attempts")
    round = models.PositiveSmallIntegerField()
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="attempts")
    upstream = models.ForeignKey(Upstream, on_delete=models.SET_NULL, null=True, related_name="attempts")
    lane = models.CharField(max_length=8, choices=Lane)
    slot = models.PositiveSmallIntegerField()
    # Sent as X-Client-Request-Id and X-Request-ID, so that the records of both sides can be matched.
    client_request_id = models.UUIDField(default=uuid.uuid4, unique=True)
    started_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    late_after = models.PositiveSmallIntegerField(null=True, blank=True)  # seconds until its card says *late*
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)

    # What the guide tells a production system to record.
    model = models.CharField(max_length=60)
    size = models.CharField(max_length=11)
    quality = models.CharField(max_length=10)
    output_format = models.CharField(max_length=5)
    # The capabilities it used, as upstreams/capabilities.py stores them: "edit+large+stream".
    uses = models.CharField(max_length=60, blank=True)
    # Optional parameters that were not sent, because the upstream refused them before.
    omitted = models.JSONField(default=list, blank=True)
    # The gateway's id of an image task, by which the picture can be fetched while the gateway keeps it.
    task_id = models.CharField(max_length=200, blank=True)
    received_size = models.CharField(max_length=11, blank=True)
    received_quality = models.CharField(max_length=20, blank=True)
    received_format = models.CharField(max_length=5, blank=True)
    received_model = models.CharField(max_length=60, blank=True)
    is_as_requested = models.BooleanField(null=True, blank=True)  # of a received picture; see images.unfulfilled
    received_count = models.PositiveSmallIntegerField(null=True, blank=True)  # pictures in the reply
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
            models.Index(
                fields=["upstream", "size", "quality", "id"], condition=Q(outcome="succeeded"), name="attempt_drawn"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"

    @property
    def request(self) -> ImageRequest:
        """What it sent, whatever its job would send now."""
        size = AUTO if self.size == AUTO else Size.parse(self.size)
        requested = self.job.generation.request
        sent = replace(requested, n=1, stream=requested.partial_images > 0, size=size, quality=self.quality)
        for name in self.omitted:
            sent = sent.without(name) or sent
        return sent

    @property
    def call_facts(self) -> CallFacts:
        """What its outcome says something about."""
        used, job = capabilities.from_key(self.uses), self.job
        wished = job.streaming != capabilities.NOT and capabilities.ASYNC not in used
        return CallFacts(
            lane=self.lane,
            used=used,
            started_at=self.started_at,
            has_partials=job.partial_count > 0,
            wanted_stream=wished and capabilities.STREAM not in used,
        )

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The fallback steps its job had taken when it was sent, for the picture's recipe."""
        sent_at = self.started_at.isoformat()
        return [step for step in self.job.steps if step["at"] <= sent_at]

    @property
    def input_tokens(self) -> int | None:
        return sum_of_known(self.input_text_tokens, self.input_image_tokens)

    @property
    def output_tokens(self) -> int | None:
        return sum_of_known(self.output_text_tokens, self.output_image_tokens)

    @property
    def total_tokens(self) -> int | None:
        return sum_of_known(self.input_tokens, self.output_tokens)


def sum_of_known(*counts: int | None) -> int | None:
    counted = [count for count in counts if count is not None]
    return sum(counted) if counted else None
