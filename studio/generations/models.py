"""Generation, Job, Attempt and the workers that run them: the rows are the truth, everything else only delivers."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.images import ImageRequest
from studio.ledger.models import Entry
from studio.upstreams.models import Lane, Upstream

from .tiles import TileWords
from .wakeups import wake_on_commit


class TokenReused(Exception):
    """The composer's token came again with another body: not a resent form but a different wish."""


class GenerationQuerySet(models.QuerySet["Generation"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def for_feed(self) -> Self:
        """Newest first, with everything a card shows."""
        return self.prefetch_related("jobs__pictures", "jobs__attempts").order_by("-pk")


class GenerationManager(models.Manager.from_queryset(GenerationQuerySet)):  # type: ignore[misc]
    def submit(self, *, owner: Any, request: ImageRequest, token: uuid.UUID, now: datetime) -> "Generation":
        """File a wish: one generation, its jobs and their reservations, in one transaction; wake the runner after it.

        The same token with the same wish gives the generation it made the first time; with another, TokenReused.
        """
        body = wish_digest(request)
        try:
            with transaction.atomic():
                generation = self.create(owner=owner, token=token, body_digest=body, created_at=now, **wish(request))
                generation.file_jobs(request=request, now=now)
                wake_on_commit()
        except IntegrityError:
            generation = self.get(owner=owner, token=token)
            if generation.body_digest != body:
                raise TokenReused from None
        return generation


def wish(request: ImageRequest) -> dict[str, Any]:
    """The columns of Generation that repeat the request."""
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": str(request.size),
        "quality": request.quality,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "background": request.background,
        "moderation": request.moderation,
        "partial_images": request.partial_images,
        "n": request.n,
    }


def wish_digest(request: ImageRequest) -> str:
    return hashlib.sha256(json.dumps(wish(request), sort_keys=True).encode()).hexdigest()


class Generation(models.Model):
    """What a person asked for once, with n pictures wanted."""

    class Kind(models.TextChoices):
        GENERATE = "generate", _("Generate")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generations")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GENERATE)
    created_at = models.DateTimeField(default=timezone.now)
    # From the composer: the same token again is the same click again.
    token = models.UUIDField()
    body_digest = models.CharField(max_length=64)

    prompt = models.TextField()
    model = models.CharField(max_length=60)
    size = models.CharField(max_length=11)
    quality = models.CharField(max_length=10)
    output_format = models.CharField(max_length=5)
    output_compression = models.PositiveSmallIntegerField(null=True, blank=True)
    background = models.CharField(max_length=11)
    moderation = models.CharField(max_length=4)
    partial_images = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField()

    objects = GenerationManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "token"], name="one_generation_a_token")]
        indexes = [models.Index(fields=["owner", "-id"], name="generation_feed")]

    def __str__(self) -> str:
        return f"generation {self.pk}"

    def request(self) -> ImageRequest:
        """The request each of its jobs sends: always for one picture."""
        return ImageRequest(
            prompt=self.prompt,
            model=self.model,
            size=self.size if self.size == images.AUTO else images.Size.parse(self.size),
            quality=self.quality,
            output_format=self.output_format,
            output_compression=self.output_compression,
            background=self.background,
            moderation=self.moderation,
            stream=self.partial_images > 0,
            partial_images=self.partial_images,
            n=1,
        )

    def file_jobs(self, *, request: ImageRequest, now: datetime) -> None:
        lane = Lane.LARGE if request.is_large else Lane.STANDARD
        jobs = [
            Job(generation=self, owner_id=self.owner_id, position=position, lane=lane, created_at=now)
            for position in range(self.n)
        ]
        for job in Job.objects.bulk_create(jobs):
            job.reserve(now=now)

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of a tile before its picture is there, in px; square while the size is left to the model."""
        if self.size == images.AUTO:
            return (1024, 1024)
        size = images.Size.parse(self.size)
        return (size.width, size.height)


class JobQuerySet(models.QuerySet["Job"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def live(self) -> Self:
        return self.filter(state__in=Job.LIVE_STATES)

    def queued(self) -> Self:
        return self.filter(state=Job.State.QUEUED)

    def running(self) -> Self:
        return self.filter(state=Job.State.RUNNING)

    def eligible(self, *, lane: str, now: datetime) -> Self:
        return self.queued().filter(Q(not_before=None) | Q(not_before__lte=now), lane=lane)

    def finished_unseen(self) -> Self:
        return self.exclude(state__in=Job.LIVE_STATES).filter(seen_at=None)

    def fairest(self, *, lane: str, now: datetime) -> "Job | None":
        """The oldest eligible job of the person with the fewest running jobs."""
        running = dict(self.running().values_list("owner").annotate(count=models.Count("pk")))
        waiting = self.eligible(lane=lane, now=now).order_by().values_list("owner").annotate(first=models.Min("pk"))
        first = min(waiting, key=lambda row: (running.get(row[0], 0), row[1]), default=None)
        return self.select_related("generation", "owner").filter(pk=first[1]).first() if first else None

    def touch(self, **changes: Any) -> int:
        """Change rows and raise their version, so that the live feed shows it; return how many changed."""
        return self.update(version=F("version") + 1, **changes)


class Job(TileWords, models.Model):
    """One of a generation's n: the unit that queues, runs, fails and retries alone."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    class Stage(models.TextChoices):
        """How far a running job is."""

        CLAIMED = "claimed", _("starting")
        SENT = "sent", _("sent")
        DRAWING = "drawing", _("drawing")
        SAVING = "saving", _("saving")

    class Charge(models.TextChoices):
        NO = "no", _("not charged")
        YES = "yes", _("charged")
        MAYBE = "maybe", _("may have been charged")

    class WaitingFor(models.TextChoices):
        SLOT = "slot", _("a free slot")
        COOLDOWN = "cooldown", _("the gateway's limit to pass")
        UPSTREAM = "upstream", _("a gateway")

    LIVE_STATES = (State.QUEUED, State.RUNNING)

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="jobs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    position = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=8, choices=Lane)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=7, choices=Stage, blank=True)
    # Raised by every change a person can see; a client ignores what is older than what it shows.
    version = models.PositiveIntegerField(default=1)
    # How often it was filed: a person's retry reserves anew under the next round.
    round = models.PositiveSmallIntegerField(default=1)
    waiting_for = models.CharField(max_length=8, choices=WaitingFor, default=WaitingFor.SLOT)
    not_before = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    partial_count = models.PositiveSmallIntegerField(default=0)
    # Why it failed: the kind of error (see errors.py) and whether money went.
    error_kind = models.CharField(max_length=30, blank=True)
    charge = models.CharField(max_length=5, choices=Charge, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "succeeded", "failed", "canceled"]), name="job_state_known"
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(charge=""), name="job_failed_says_charge"),
        ]
        indexes = [
            models.Index(fields=["state", "lane", "owner", "id"], name="job_queue"),
            models.Index(fields=["owner", "state"], name="job_of_owner"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.pk])

    # ── Money ──

    def reserve(self, *, now: datetime) -> None:
        """Hold the most this round can cost."""
        request = self.generation.request()
        dearest = Upstream.objects.usable().aggregate(most=models.Max("price_multiplier"))["most"]
        Entry.objects.reserve(
            person=self.generation.owner,
            job_id=self.pk,
            round=self.round,
            amount=images.ceiling(request, multiplier=Decimal(1) if dearest is None else dearest),
            is_simulated=not Upstream.objects.usable().filter(is_simulated=False).exists(),
            model=request.model,
            size=str(request.size),
            quality=request.quality,
            now=now,
        )

    def release(self, *, now: datetime) -> None:
        Entry.objects.release(job_id=self.pk, round=self.round, now=now)

    # ── State ──

    @property
    def row(self) -> JobQuerySet:
        return Job.objects.filter(pk=self.pk)

    def cancel(self, *, now: datetime) -> bool:
        """Cancel a queued job at once, or ask a running one to stop; False when it is already over."""
        with transaction.atomic():
            if self.row.queued().touch(state=Job.State.CANCELED, charge=Job.Charge.NO, finished_at=now, seen_at=now):
                self.release(now=now)
                return True
            return bool(self.row.running().filter(cancel_requested_at=None).touch(cancel_requested_at=now))

    def retry(self, *, now: datetime) -> bool:
        """File a failed or canceled job again under a new round; False when it is not one of those any more."""
        with transaction.atomic():
            over = self.row.filter(state__in=[Job.State.FAILED, Job.State.CANCELED], round=self.round)
            if not over.touch(**QUEUED_AFRESH, round=F("round") + 1):
                return False
            self.refresh_from_db()
            self.reserve(now=now)
            wake_on_commit()
        return True


QUEUED_AFRESH: dict[str, Any] = {
    "state": Job.State.QUEUED,
    "stage": "",
    "waiting_for": Job.WaitingFor.SLOT,
    "not_before": None,
    "cancel_requested_at": None,
    "partial_count": 0,
    "error_kind": "",
    "charge": "",
    "started_at": None,
    "finished_at": None,
    "seen_at": None,
}


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

    def taken_slots(self, *, upstream: Upstream, lane: str) -> set[int]:
        return set(self.unfinished().filter(upstream=upstream, lane=lane).values_list("slot", flat=True))


class Attempt(models.Model):
    """One HTTP call for a job; its row is written before the call and holds a slot until it is finished."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Outcome unknown")

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
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)

    # What the guide asks a production system to keep.
    model = models.CharField(max_length=60)
    size = models.CharField(max_length=11)
    quality = models.CharField(max_length=10)
    output_format = models.CharField(max_length=5)
    got_size = models.CharField(max_length=11, blank=True)
    got_quality = models.CharField(max_length=20, blank=True)
    got_format = models.CharField(max_length=5, blank=True)
    got_model = models.CharField(max_length=60, blank=True)
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
        indexes = [models.Index(fields=["finished_at", "worker"], name="attempt_unfinished")]

    def __str__(self) -> str:
        return f"attempt {self.pk}"

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


def free_slot(taken: Iterable[int], count: int) -> int | None:
    """The lowest slot number not taken, or None when all `count` are."""
    return next((slot for slot in range(count) if slot not in set(taken)), None)
