"""One of the n pictures a generation wants: the unit that queues, runs, fails and retries alone."""

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.accounts.models import User
from studio.ledger.models import Entry
from studio.upstreams.choice import Need
from studio.upstreams.models import Lane, Upstream

from .. import dispatch, fallback, quotes
from ..quotes import Quote
from ..tiles import TileWords
from ..wakeups import wake_on_commit
from .generation import Generation, refused_by_budget


class Head(NamedTuple):
    """The first in a line of jobs that any upstream would treat alike."""

    running_count: int  # of its owner's jobs
    owner_id: int
    model: str
    main_model: str
    avoided: list[int]
    job_id: int

    @property
    def need(self) -> Need:
        return Need(image_model=self.model, main_model=self.main_model)


LINE = ("owner", "model", "main_model", "avoided")  # what makes a line of its own


class JobQuerySet(models.QuerySet["Job"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def for_tiles(self) -> Self:
        """With everything a tile shows."""
        return self.select_related("generation", "owner").prefetch_related("pictures", "attempts")

    def live(self) -> Self:
        return self.filter(state__in=Job.LIVE_STATES)

    def queued(self) -> Self:
        return self.filter(state=Job.State.QUEUED)

    def unheld(self) -> Self:
        """Queued, and waiting for nobody's word."""
        return self.queued().exclude(waiting_for__in=Job.HELD_FOR)

    def running(self) -> Self:
        return self.filter(state=Job.State.RUNNING)

    def eligible(self, *, lane: str, now: datetime) -> Self:
        startable = self.unheld().filter(is_unchecked=False)
        return startable.filter(Q(not_before=None) | Q(not_before__lte=now), lane=lane)

    def asking(self) -> Self:
        """Those that wait for a person's word on a step down."""
        return self.queued().filter(waiting_for=Job.WaitingFor.CONSENT)

    def unchecked(self) -> Self:
        """Queued jobs whose words a second check has not seen yet."""
        return self.queued().filter(is_unchecked=True)

    def finished_unseen(self) -> Self:
        # A proof is looked at where it was asked for.
        return self.exclude(state__in=Job.LIVE_STATES).filter(seen_at=None, proof_of=None)

    def proofs(self) -> Self:
        return self.exclude(proof_of=None)

    def heads(self, *, lane: str, now: datetime) -> list[Head]:
        """The oldest eligible job of each person; the person with the fewest running jobs comes first.

        Looked up person by person: a long queue is not read.
        """
        mine = self.eligible(lane=lane, now=now).filter(proof_of=None, owner=OuterRef("pk"))
        first = User.objects.order_by().values(first=Subquery(mine.order_by("pk").values("pk")[:1]))
        return self.model.objects.filter(pk__in=first).annotate(first=F("pk")).in_line()

    def lines(self, *, lane: str, now: datetime) -> list[Head]:
        """Likewise of each person and need: more to choose from where somebody's oldest job finds no place."""
        waiting = self.eligible(lane=lane, now=now).filter(proof_of=None)
        return waiting.values(*LINE).annotate(first=models.Min("pk")).in_line()

    def behind(self, head: Head, *, lane: str, now: datetime, most: int) -> list[Head]:
        """The next jobs of a head's owner, oldest first."""
        mine = self.eligible(lane=lane, now=now).filter(proof_of=None, owner=head.owner_id, pk__gt=head.job_id)
        return [Head(head.running_count, *row) for row in mine.order_by("pk").values_list(*LINE, "pk")[:most]]

    def in_line(self) -> list[Head]:
        running = dict(Job.objects.running().values_list("owner").annotate(count=models.Count("pk")))
        rows = self.order_by().values_list(*LINE, "first")
        heads = [Head(running.get(owner, 0), owner, *line) for owner, *line in rows]
        return sorted(heads, key=lambda head: (head.running_count, head.job_id))

    def file(self, generation: Generation, *, is_large: bool, now: datetime) -> None:
        """Queue a generation's n jobs and hold the most each can cost."""
        lane = Lane.LARGE if is_large else Lane.STANDARD
        facts: dict[str, Any] = {
            "generation": generation,
            "owner_id": generation.owner_id,
            "lane": lane,
            "model": generation.model if generation.is_drawn else "",
            "main_model": generation.talk.main_model if generation.talk else "",
            "proof_of_id": generation.proof_of_id,
            **(UNCHECKED if Upstream.objects.can_moderate().exists() else {}),
        }
        jobs = self.bulk_create(Job(position=at, created_at=now, **facts) for at in range(generation.n))
        quote = quotes.quote(jobs[0], now=now)
        for job in jobs:
            job.reserve(now=now, quote=quote)

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
        APPROVAL = "approval", _("an admin's approval")
        CONSENT = "consent", _("your word")
        MODERATION = "moderation", _("the prompt to be checked")

    # Queued, and not to be started before somebody says so.
    HELD_FOR = (WaitingFor.APPROVAL, WaitingFor.CONSENT, WaitingFor.MODERATION)
    LIVE_STATES = (State.QUEUED, State.RUNNING)

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="jobs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    position = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=8, choices=Lane)
    # The models its calls need of an upstream; see `need`.
    model = models.CharField(max_length=60, blank=True, default="")
    main_model = models.CharField(max_length=60, blank=True, default="")
    # Numbers of upstreams that another one is preferred to: it failed there in this round for a reason that need not
    # hold elsewhere, or a person said so.
    avoided = models.JSONField(default=list, blank=True)
    # The upstream an admin proves with it: it is drawn there or not at all.
    proof_of = models.ForeignKey(Upstream, on_delete=models.SET_NULL, null=True, blank=True, related_name="proofs")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=7, choices=Stage, blank=True)
    # Raised by every change a person can see; a client ignores what is older than what it shows.
    version = models.PositiveIntegerField(default=1)
    # How often it was filed: a person's retry reserves anew under the next round.
    round = models.PositiveSmallIntegerField(default=1)
    waiting_for = models.CharField(max_length=10, choices=WaitingFor, default=WaitingFor.SLOT)
    not_before = models.DateTimeField(null=True, blank=True)
    # The second check of its words, see moderation.py: whether it is still to be made, and until when a worker has it.
    is_unchecked = models.BooleanField(default=False)
    check_until = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    partial_count = models.PositiveSmallIntegerField(default=0)
    # The steps down it has taken since it was filed, oldest first; see fallback.py. The last one is what is sent.
    steps = models.JSONField(default=list, blank=True)
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
            models.Index(fields=["id"], condition=Q(state="queued", proof_of__isnull=False), name="job_proofs"),
            models.Index(fields=["owner", "state"], name="job_of_owner"),
            models.Index(fields=["id"], condition=Q(is_unchecked=True), name="job_unchecked"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.pk])

    def request(self) -> images.ImageRequest:
        """What its next attempt sends: the wish, or the last step down from it."""
        asked = self.generation.request()
        if not self.steps:
            return asked
        step = self.steps[-1]
        return replace(asked, size=images.Size.parse(step["size"]), quality=step["quality"])

    def requests(self) -> list[images.ImageRequest]:
        """What may still be sent in this round: the request and, unless a person said never, each step below it."""
        request = self.request()
        is_allowed = fallback.consent_of(self) != dispatch.NEVER
        return [request, *(images.ladder(request) if is_allowed else ())]

    @property
    def need(self) -> Need:
        """What its next call asks of an upstream."""
        return Need(image_model=self.model, main_model=self.main_model)

    # ── Money ──

    def reserve(self, *, now: datetime, quote: Quote | None = None) -> None:
        """Hold the most this round can cost; raise BudgetSpent when a budget has less left."""
        request, quote = self.request(), quote or quotes.quote(self, now=now)
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
        """Whether no admin has to be asked: one tries an upstream with it, or allowed as much in an earlier round."""
        earlier = self.approvals.filter(is_granted=True, amount__gte=quote.ceiling)
        return self.proof_of_id is not None or earlier.exists()

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

    def retry(self, *, now: datetime, is_elsewhere: bool = False, not_before: datetime | None = None) -> bool:
        """File a failed or canceled job again under a new round, or answer a question about it with "as I asked".

        `is_elsewhere`: not where it was tried last, if there is any other upstream. False when it is none of those now.
        Raise BudgetRefused, with nothing changed, when a budget has less left than it may cost.
        """
        tried = self.attempts.filter(round=self.round).exclude(upstream=None).values_list("upstream", flat=True)
        facts: dict[str, Any] = {
            "avoided": sorted(set(tried)) if is_elsewhere else [],
            "not_before": not_before,
            "waiting_for": Job.WaitingFor.COOLDOWN if not_before else Job.WaitingFor.SLOT,
        }
        return self._file_again(facts, answer=facts, now=now)

    def fall_back(self, *, now: datetime) -> bool:
        """Have the next step down drawn instead of what failed, at a person's word; False when there is none now.

        Raise BudgetRefused, with nothing changed, when a budget has less left than it may cost.
        """
        request = fallback.offer(self)
        if request is None:
            return False
        facts = fallback.down(
            self, request, why=self.error_kind, charge=self.charge or Job.Charge.NO, by=fallback.PERSON, now=now
        )
        answer = {"avoided": [], "not_before": None, "waiting_for": Job.WaitingFor.SLOT, **facts}
        return self._file_again(facts, answer=answer, now=now)

    def _file_again(self, facts: dict[str, Any], *, answer: dict[str, Any], now: datetime) -> bool:
        """Queue what is over under a new round with `facts`; what only waits for a word goes on with `answer`."""
        with refused_by_budget(), transaction.atomic():
            mine = self.row.filter(round=self.round)
            if not mine.asking().touch(error_kind="", **answer):
                over = mine.filter(state__in=[Job.State.FAILED, Job.State.CANCELED])
                if not over.touch(**QUEUED_AFRESH | facts, round=F("round") + 1):
                    return False
                # What failed at the second check of its words meets it again.
                self.row.unchecked().update(waiting_for=Job.WaitingFor.MODERATION, check_until=None)
                self.refresh_from_db()
                self.reserve(now=now)
            wake_on_commit()
        return True


# What waits for the second check of its words.
UNCHECKED: dict[str, Any] = {"is_unchecked": True, "waiting_for": Job.WaitingFor.MODERATION}
QUEUED_AFRESH: dict[str, Any] = {
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
