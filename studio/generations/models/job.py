"""Job: one of a generation's n pictures, the unit that queues, runs, fails and retries alone."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.core.wakeups import wake_on_commit
from studio.images import ImageRequest, Size
from studio.ledger.models import Entry
from studio.library.models import Picture
from studio.upstreams import capabilities
from studio.upstreams.choice import Need
from studio.upstreams.models import Lane, Upstream

from .. import dispatch, fallback, quotes
from ..quotes import PricingInputs, Quote
from ..tariffs import lane_of
from .generation import Generation, Kind
from .job_queue import QueueQuerySet


class JobQuerySet(QueueQuerySet):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def for_tiles(self) -> Self:
        """With every related row a tile shows."""
        return self.select_related("generation", "owner").prefetch_related("pictures", "attempts__kept_reply")

    def live(self) -> Self:
        return self.filter(state__in=Job.LIVE_STATES)

    def queued(self) -> Self:
        return self.filter(state=Job.State.QUEUED)

    def not_on_hold(self) -> Self:
        """Queued, and not waiting for anybody's decision."""
        return self.queued().exclude(waiting_for__in=Job.ON_HOLD_FOR)

    def running(self) -> Self:
        return self.filter(state=Job.State.RUNNING)

    def eligible(self, *, lane: str, now: datetime) -> Self:
        startable = self.not_on_hold().filter(is_unchecked=False)
        return startable.filter(Q(not_before=None) | Q(not_before__lte=now), lane=lane)

    def resume_after_limit(self, *, lane: str) -> int:
        """Let the jobs of a lane start that wait for a limit; return how many."""
        waiting = self.queued().filter(lane=lane, waiting_for=Job.WaitingFor.COOLDOWN).exclude(not_before=None)
        return waiting.touch(waiting_for=Job.WaitingFor.SLOT, not_before=None)

    def waiting_since(self, time: datetime) -> Self:
        """Those that wait for a slot or a limit at least since then."""
        return self.not_on_hold().filter(queued_at__lte=time)

    def awaiting_consent(self) -> Self:
        """Jobs that wait for their owner's decision on a fallback step."""
        return self.queued().filter(waiting_for=Job.WaitingFor.CONSENT)

    def unchecked(self) -> Self:
        """Queued jobs whose prompt has not passed the second check yet."""
        return self.queued().filter(is_unchecked=True)

    def finished_unseen(self) -> Self:
        # A test picture is shown on the page of its upstream.
        return self.exclude(state__in=Job.LIVE_STATES).filter(seen_at=None, tested_upstream=None)

    def test_pictures(self) -> Self:
        return self.exclude(tested_upstream=None)

    def queue(self, generation: Generation, *, main_model: str, now: datetime) -> None:
        """Queue a generation's n jobs and reserve the most each can cost."""
        columns: dict[str, Any] = {
            "generation": generation,
            "owner_id": generation.owner_id,
            **call_columns(generation, generation.request),
            "model": generation.request.model if generation.is_drawn else "",
            "main_model": main_model,
            "tested_upstream_id": generation.tested_upstream_id,
            **(UNCHECKED if Upstream.objects.can_moderate().exists() else {}),
        }
        jobs = self.bulk_create(
            Job(position=at, created_at=now, queued_at=now, **columns) for at in range(generation.request.n)
        )
        quote = jobs[0].quote(now=now)
        for job in jobs:
            job.reserve(now=now, quote=quote)

    def touch(self, **changes: Any) -> int:
        """Update rows and raise their version, so that the live feed sends them; return how many changed."""
        return self.update(version=F("version") + 1, changed_at=Now(), **changes)


class Job(models.Model):
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
        SENT = "sent", _("generating")
        GENERATING = "generating", _("generating")
        SAVING = "saving", _("saving")

    class Charge(models.TextChoices):
        NO = "no", _("not charged")
        YES = "yes", _("charged")
        MAYBE = "maybe", _("may have been charged")

    class WaitingFor(models.TextChoices):
        SLOT = "slot", _("a free slot")
        COOLDOWN = "cooldown", _("the gateway's limit to pass")
        UPSTREAM = "upstream", _("a gateway")
        APPROVAL = "approval", _("an admin's approval")
        CONSENT = "consent", _("your decision")
        MODERATION = "moderation", _("the prompt to be checked")

    # Queued, and not to be started before a decision.
    ON_HOLD_FOR = (WaitingFor.APPROVAL, WaitingFor.CONSENT, WaitingFor.MODERATION)
    LIVE_STATES = (State.QUEUED, State.RUNNING)

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="jobs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    position = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=8, choices=Lane)
    # The models its calls need of an upstream; see `need`.
    model = models.CharField(max_length=60, blank=True, default="")
    main_model = models.CharField(max_length=60, blank=True, default="")
    # The capabilities its calls use or prefer; see upstreams/capabilities.py.
    route = models.CharField(max_length=8, default=capabilities.GENERATE)
    streaming = models.CharField(max_length=8, blank=True, default=capabilities.NOT)
    # Ids of upstreams to use only if there is no other: it failed there in this round for a reason that may not hold
    # elsewhere, or a person chose so.
    avoided = models.JSONField(default=list, blank=True)
    # The upstream an admin tests with it: the only one that may run it.
    tested_upstream = models.ForeignKey(
        Upstream, on_delete=models.SET_NULL, null=True, blank=True, related_name="test_jobs"
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    # Raised by every change a person can see; a client ignores versions older than the one it shows.
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)  # by the database's clock, which all processes share
    # How often a person queued it: each retry makes its own reservation under the next round.
    round = models.PositiveSmallIntegerField(default=1)
    waiting_for = models.CharField(max_length=10, choices=WaitingFor, default=WaitingFor.SLOT)
    not_before = models.DateTimeField(null=True, blank=True)
    # The second check of its prompt (worker/moderation.py): whether it is pending, and until when a worker has it.
    is_unchecked = models.BooleanField(default=False)
    check_until = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    partial_count = models.PositiveSmallIntegerField(default=0)
    # The fallback steps it has taken since it was queued, oldest first; see fallback.py. The last one is what is sent.
    steps = models.JSONField(default=list, blank=True)
    # Why it failed: the kind of error (gateway/errors.py), and whether it was charged.
    error_kind = models.CharField(max_length=30, blank=True)
    charge = models.CharField(max_length=5, choices=Charge, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)  # by a person; going back after a failure is no new wait
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    # The pictures it brought: none, one or more.
    pictures = models.ManyToManyField(Picture, through="Result", related_name="jobs")

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
            models.Index(
                fields=["id"], condition=Q(state="queued", tested_upstream__isnull=False), name="job_test_pictures"
            ),
            models.Index(fields=["owner", "state"], name="job_of_owner"),
            models.Index(fields=["owner", "changed_at"], name="job_changed"),
            models.Index(fields=["id"], condition=Q(is_unchecked=True), name="job_unchecked"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.pk])

    @property
    def request(self) -> ImageRequest:
        """What its next attempt sends: the generation's request for one picture, or its latest fallback step."""
        requested = self.generation.request
        one = replace(requested, n=1, stream=requested.partial_images > 0)
        if not self.steps:
            return one
        step = self.steps[-1]
        return replace(one, size=Size.parse(step["size"]), quality=step["quality"])

    @property
    def consent(self) -> str:
        """The person's setting for fallback steps; plans and test pictures have no fallback."""
        is_possible = self.generation.is_drawn and self.tested_upstream_id is None
        return self.generation.fallback if is_possible else dispatch.NEVER

    @property
    def fallback_offer(self) -> ImageRequest | None:
        """The fallback step to offer instead of what failed, if there is one."""
        return fallback.next_offer(self.request, error_kind=self.error_kind, consent=self.consent)

    @property
    def need(self) -> Need:
        """What its next call requires of an upstream."""
        return Need(
            image_model=self.model,
            main_model=self.main_model,
            route=self.route,
            is_large=self.lane == Lane.LARGE,
            streaming=self.streaming,
        )

    # ── Money ──

    @property
    def pricing_inputs(self) -> PricingInputs:
        generation = self.generation
        return PricingInputs(
            need=self.need,
            pinned=self.tested_upstream,
            is_drawn=generation.is_drawn,
            reference_count=generation.reference_count,
            input_tokens=generation.input_tokens,
            text_ceiling=generation.text_ceiling,
        )

    def quote(self, *, now: datetime) -> Quote:
        """What its next round will cost, counting each fallback step unless the person allows none."""
        steps = images.fallback_steps(self.request) if self.consent != dispatch.NEVER else ()
        requests = [self.request, *steps]
        return quotes.quote(self.pricing_inputs, requests, lane=self.lane, owner_id=self.owner_id, now=now)

    def reserve(self, *, now: datetime, quote: Quote) -> None:
        """Reserve the most this round can cost; raise BudgetExceeded when a budget has less left."""
        request = self.request
        Entry.objects.reserve(
            person=self.generation.owner,
            job_id=self.pk,
            round=self.round,
            amount=quote.ceiling,
            estimate=quote.estimate,
            is_simulated=quote.is_simulated,
            model=request.model,
            size=str(request.size),
            quality=request.quality,
            now=now,
        )
        if quote.needs_approval and not self.is_approved(quote):
            self.approvals.create(round=self.round, amount=quote.ceiling, asked_at=now)
            self.row.update(waiting_for=Job.WaitingFor.APPROVAL)

    def is_approved(self, quote: Quote) -> bool:
        """Whether no approval is needed: it is an admin's test picture, or an earlier round was granted as much."""
        earlier = self.approvals.filter(is_granted=True, amount__gte=quote.ceiling)
        return self.tested_upstream_id is not None or earlier.exists()

    def release(self, *, now: datetime) -> None:
        Entry.objects.release(job_id=self.pk, round=self.round, now=now)

    # ── State ──

    @property
    def row(self) -> JobQuerySet:
        return Job.objects.filter(pk=self.pk)

    def cancel(self, *, now: datetime) -> bool:
        """Cancel a queued job at once, or mark a running one; False when it has ended or its picture is being saved."""
        with transaction.atomic():
            if self.row.queued().touch(state=Job.State.CANCELED, charge=Job.Charge.NO, finished_at=now, seen_at=now):
                self.release(now=now)
                return True
            stoppable = self.row.running().filter(cancel_requested_at=None).exclude(stage=Job.Stage.SAVING)
            return bool(stoppable.touch(cancel_requested_at=now))

    def allow_any_upstream(self) -> bool:
        """Let it go back to upstreams it was kept away from, at once; False when it does not wait any more."""
        changes: dict[str, Any] = {"avoided": [], "not_before": None, "waiting_for": Job.WaitingFor.SLOT}
        with transaction.atomic():
            if not self.row.not_on_hold().touch(**changes):
                return False
            wake_on_commit()
        return True

    def retry(self, *, now: datetime, is_elsewhere: bool = False, not_before: datetime | None = None) -> bool:
        """Queue a failed or canceled job again under a new round, or decline an offered fallback and try again.

        `is_elsewhere` avoids the upstreams of this round, if there is any other. False when the job is in neither
        state any more. Raise BudgetExceeded, with nothing changed, when a budget has less left than it may cost.
        """
        tried_ids = self.attempts.filter(round=self.round).exclude(upstream=None).values_list("upstream", flat=True)
        columns: dict[str, Any] = {
            "avoided": sorted(set(tried_ids)) if is_elsewhere else [],
            "not_before": not_before,
            "waiting_for": Job.WaitingFor.COOLDOWN if not_before else Job.WaitingFor.SLOT,
        }
        return self._requeue(columns, consented=columns, now=now)

    def fall_back(self, *, now: datetime) -> bool:
        """Queue the next fallback step instead of what failed, as a person chose; False when there is none now.

        Raise BudgetExceeded, with nothing changed, when a budget has less left than it may cost.
        """
        request = self.fallback_offer
        if request is None:
            return False
        charge = self.charge or Job.Charge.NO
        columns = self.fallback_columns(request, why=self.error_kind, charge=charge, by=fallback.PERSON, now=now)
        consented = {"avoided": [], "not_before": None, "waiting_for": Job.WaitingFor.SLOT, **columns}
        return self._requeue(columns, consented=consented, now=now)

    def fallback_columns(
        self, request: ImageRequest, *, why: str, charge: str, by: str, now: datetime
    ) -> dict[str, Any]:
        """Its columns once it takes this fallback step; `why` and `charge` say how the request before it ended."""
        price = quotes.expected_price(self.pricing_inputs, request, now=now)
        steps = fallback.step_columns(
            self.steps, before=self.request, request=request, price=price, why=why, charge=charge, by=by, now=now
        )
        return steps | call_columns(self.generation, request)

    def _requeue(self, columns: dict[str, Any], *, consented: dict[str, Any], now: datetime) -> bool:
        """Queue an ended job under a new round; a job that waits for consent goes on in its round with `consented`."""
        with transaction.atomic():
            row = self.row.filter(round=self.round)
            if not row.awaiting_consent().touch(error_kind="", queued_at=now, **consented):
                ended = row.filter(state__in=[Job.State.FAILED, Job.State.CANCELED])
                whole = call_columns(self.generation, self.generation.request)
                if not ended.touch(**REQUEUED | whole | columns, queued_at=now, round=F("round") + 1):
                    return False
                # A job that failed at the second check of its prompt is checked again.
                self.row.unchecked().update(waiting_for=Job.WaitingFor.MODERATION, check_until=None)
                self.refresh_from_db()
                self.reserve(now=now, quote=self.quote(now=now))
            wake_on_commit()
        return True


CONVERSING = (Kind.REFINE, Kind.PLAN)  # calls of the Responses API, which are streamed


def call_columns(generation: Generation, request: ImageRequest) -> dict[str, Any]:
    """A job's columns that decide which slots and capabilities its calls need."""
    is_slow = request.is_large or request.quality == "high"
    has_previews = request.partial_images > 0 or generation.kind in CONVERSING
    route = capabilities.RESPOND if generation.kind in CONVERSING else capabilities.GENERATE
    return {
        "lane": lane_of(request),
        "route": capabilities.EDIT if generation.kind == Kind.EDIT else route,
        "streaming": capabilities.PREVIEWS if has_previews else capabilities.SLOW if is_slow else capabilities.NOT,
    }


# The columns of a job that waits for the second check of its prompt.
UNCHECKED: dict[str, Any] = {"is_unchecked": True, "waiting_for": Job.WaitingFor.MODERATION}
# The columns a retry resets.
REQUEUED: dict[str, Any] = {
    "state": Job.State.QUEUED,
    "stage": "",
    "waiting_for": Job.WaitingFor.SLOT,
    "not_before": None,
    "avoided": [],
    "cancel_requested_at": None,
    "partial_count": 0,
    "steps": [],
    "error_kind": "",
    "charge": "",
    "started_at": None,
    "finished_at": None,
    "seen_at": None,
}
