"""Thread (a conversation about pictures), its turns, and plans (proposals for a better prompt)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from studio.generations.models.generation import Generation
from studio.library.models import Picture

TITLE_LENGTH = 80  # characters
PURGED_AT_ONCE = 100  # threads


class ThreadQuerySet(models.QuerySet["Thread"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user, purged_at=None)

    def kept(self) -> Self:
        """Threads that are not in the trash."""
        return self.filter(trashed_at=None)

    def trashed(self) -> Self:
        """Threads in the trash that can still be restored."""
        return self.exclude(trashed_at=None).filter(purged_at=None)

    def purge(self, *, now: datetime) -> int:
        """Delete for good what was said in them; their rows stay, since entries and pictures refer to their turns."""
        ids = list(self.filter(purged_at=None).values_list("pk", flat=True)[:PURGED_AT_ONCE])
        Turn.objects.filter(thread__in=ids).update(answer="", refusal="")
        return Thread.objects.filter(pk__in=ids, purged_at=None).update(title="", purged_at=now)

    def matching(self, words: str) -> Self:
        """Threads in which each of these words occurs: in the title, a prompt, or a reply."""
        found = self
        for word in words.split():
            by_model = Q(answer__icontains=word) | Q(refusal__icontains=word)
            turns = Turn.objects.filter(Q(generation__request__prompt__icontains=word) | by_model)
            found = found.filter(Q(title__icontains=word) | Q(pk__in=turns.values("thread")))
        return found


class Thread(models.Model):
    """A conversation; its pictures are versions in one lineage, which may branch."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="threads")
    title = models.CharField(max_length=TITLE_LENGTH)
    # The picture it began with; None where it began with a prompt alone.
    root = models.ForeignKey(Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="threads")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)  # it was in the trash for long enough

    objects = ThreadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-changed_at"], name="thread_latest")]

    def __str__(self) -> str:
        return f"thread {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("thread", args=[self.pk])

    @property
    def row(self) -> ThreadQuerySet:
        return Thread.objects.filter(pk=self.pk)

    def rename(self, title: str) -> bool:
        """Change the title; False for a blank one."""
        title = title_from(title)
        return bool(title) and self.row.update(title=title) == 1

    def trash(self, *, now: datetime) -> bool:
        return self.row.kept().update(trashed_at=now) == 1

    def restore(self) -> bool:
        return self.row.trashed().update(trashed_at=None) == 1


def title_from(words: str) -> str:
    """A text as a title: one line, cut at a word boundary where it is too long."""
    line = " ".join(words.replace("\0", " ").split())
    if len(line) <= TITLE_LENGTH:
        return line
    start = line[: TITLE_LENGTH - 1]
    return (start.rpartition(" ")[0] or start).rstrip(" ,;:") + "…"


class ModelReply(models.Model):
    """The reply of a text model to a generation; its text grows while it streams."""

    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="%(class)s")
    main_model = models.CharField(max_length=60)
    answer = models.TextField(blank=True)
    refusal = models.TextField(blank=True)  # why the model declines, in its own words
    incomplete_reason = models.CharField(max_length=40, blank=True)  # why its answer stops early
    # USD that its text cost; pictures have a price of their own.
    text_price = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        abstract = True

    @staticmethod
    def refresh(replies: Sequence["ModelReply"]) -> None:
        """Read the replies again: a page must not show an ended job with a text that was read before it ended."""
        names = ["answer", "refusal", "incomplete_reason", "text_price", "is_simulated"]
        for kind in {type(reply) for reply in replies}:
            by_id = {reply.pk: reply for reply in replies if isinstance(reply, kind)}
            for row in kind._default_manager.filter(pk__in=by_id).values("pk", *names):
                vars(by_id[row.pop("pk")]).update(row)


class TurnQuerySet(models.QuerySet["Turn"]):
    def for_page(self) -> Self:
        """In order, with every related row their page shows."""
        related = ["generation__source", "generation__mask", "thread", "parent__generation"]
        wanted = ["generation__jobs__pictures", "generation__jobs__attempts", "generation__references"]
        return self.select_related(*related).prefetch_related(*wanted).order_by("pk")


class Turn(ModelReply):
    """A person's prompt, sent with the conversation before it, and the model's reply: text, pictures or both.

    The prompt and the picture's settings are in its generation, whose source is the version it builds on.
    """

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="turns")
    # The turn before it; a branch follows an earlier one. None for the first.
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers")
    # Whether the model must send a picture, or may answer with text alone.
    is_forced = models.BooleanField(default=False)
    # How much of the conversation was left out of its context; see context.py.
    left_out_turn_count = models.PositiveSmallIntegerField(default=0)
    left_out_picture_count = models.PositiveSmallIntegerField(default=0)
    # The gateway's id of its reply, and the upstream that knows this id.
    response_id = models.CharField(max_length=200, blank=True)
    response_upstream_id = models.BigIntegerField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["thread", "id"], name="turn_of_thread")]

    def __str__(self) -> str:
        return f"turn {self.pk}"


class PlanQuerySet(models.QuerySet["Plan"]):
    def for_page(self) -> Self:
        wanted = ["generation__jobs__pictures", "generation__jobs__attempts"]
        return self.select_related("generation").prefetch_related(*wanted).order_by("pk")


class Plan(ModelReply):
    """A better prompt proposed by a text model; nothing changes before the person decides."""

    class Decision(models.TextChoices):
        WAITING = "", ""
        ACCEPTED = "accepted", "accepted"
        EDITED = "edited", "edited"
        IGNORED = "ignored", "ignored"

    decision = models.CharField(max_length=8, choices=Decision, blank=True)

    objects = PlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"plan {self.pk}"


def model_reply_of(generation: Generation) -> ModelReply | None:
    """The turn or plan of a generation; None for kinds without a text model."""
    if generation.kind == Generation.Kind.REFINE:
        return generation.turn
    return generation.plan if generation.kind == Generation.Kind.PLAN else None
