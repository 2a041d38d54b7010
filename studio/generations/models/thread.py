"""A conversation about pictures: what was said in turns, and which picture each turn builds on."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from studio.library.models import Picture

from .generation import Generation

TITLE_LENGTH = 80  # characters


class ThreadQuerySet(models.QuerySet["Thread"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def kept(self) -> Self:
        """All but what lies in the trash."""
        return self.filter(trashed_at=None)

    def trashed(self) -> Self:
        return self.exclude(trashed_at=None)

    def saying(self, words: str) -> Self:
        """Threads in which all of these words occur: in the title, or in what one of both sides said."""
        found = self
        for word in words.split():
            heard = Q(answer__icontains=word) | Q(refusal__icontains=word)
            said = Turn.objects.filter(Q(generation__prompt__icontains=word) | heard)
            found = found.filter(Q(title__icontains=word) | Q(pk__in=said.values("thread")))
        return found


class Thread(models.Model):
    """A conversation; its pictures are versions in one lineage, which may branch."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="threads")
    title = models.CharField(max_length=TITLE_LENGTH)
    # The picture it is about from the beginning; None where it began with words.
    root = models.ForeignKey(Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="threads")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True)

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
        """Give it another title; False for one that says nothing."""
        title = titled(title)
        return bool(title) and self.row.update(title=title) == 1

    def trash(self, *, now: datetime) -> bool:
        return self.row.kept().update(trashed_at=now) == 1

    def restore(self) -> bool:
        return self.row.trashed().update(trashed_at=None) == 1


def titled(words: str) -> str:
    """Words as a title: one line, cut at a word where it is long."""
    line = " ".join(words.replace("\0", " ").split())
    if len(line) <= TITLE_LENGTH:
        return line
    start = line[: TITLE_LENGTH - 1]
    return (start.rpartition(" ")[0] or start).rstrip(" ,;:") + "…"


class Talk(models.Model):
    """What a text model is asked beside a wish and what it says; it grows while it streams."""

    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="%(class)s")
    main_model = models.CharField(max_length=60)
    answer = models.TextField(blank=True)
    refusal = models.TextField(blank=True)  # why the model declines, in its own words
    incomplete_reason = models.CharField(max_length=40, blank=True)  # why its answer stops early
    # USD. The most its words can cost at list price, and what they did cost; pictures have a price of their own.
    text_ceiling = models.DecimalField(max_digits=16, decimal_places=8, default=Decimal(0))
    text_price = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        abstract = True

    @staticmethod
    def hear_again(talks: Sequence["Talk"]) -> None:
        """Read anew what was said, for pages read jobs after words: a job must not be over while its words are not."""
        names = ["answer", "refusal", "incomplete_reason", "text_price", "is_simulated"]
        for kind in {type(talk) for talk in talks}:
            mine = {talk.pk: talk for talk in talks if isinstance(talk, kind)}
            for row in kind._default_manager.filter(pk__in=mine).values("pk", *names):
                vars(mine[row.pop("pk")]).update(row)


class TurnQuerySet(models.QuerySet["Turn"]):
    def for_page(self) -> Self:
        """In the order they were said, with everything their page shows."""
        related = ["generation__source", "generation__mask", "thread", "parent__generation"]
        wanted = ["generation__jobs__pictures", "generation__jobs__attempts", "generation__references"]
        return self.select_related(*related).prefetch_related(*wanted).order_by("pk")


class Turn(Talk):
    """A person's words, sent with what came before them, and what the model made of it: words, pictures or both.

    Its drawing is the generation, whose source is the version it builds on.
    """

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="turns")
    # The turn it goes on from; a branch goes on from an earlier one. None at a beginning.
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers")
    is_forced = models.BooleanField(
        default=False
    )  # a picture must come of it; else the model may answer in words alone
    # What of the conversation goes along, and what had to stay out; see threads/context.py.
    sent_picture_count = models.PositiveSmallIntegerField(default=0)
    left_out_turn_count = models.PositiveSmallIntegerField(default=0)
    left_out_picture_count = models.PositiveSmallIntegerField(default=0)
    # The gateway's name for its reply, and which upstream knows it: only there can it be gone on from.
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


class Plan(Talk):
    """A better prompt that the model proposes; nothing is changed before the person says so."""

    class Decision(models.TextChoices):
        WAITING = "", ""
        ACCEPTED = "accepted", "accepted"
        EDITED = "edited", "edited"
        IGNORED = "ignored", "ignored"

    decision = models.CharField(max_length=8, choices=Decision, blank=True)

    objects = PlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"plan {self.pk}"
