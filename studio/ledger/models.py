"""The ledger's one table and its four verbs."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.images import Usage

from .money import MoneyField

ZERO = Decimal(0)


class Totals(NamedTuple):
    """Sums of one person or of the studio, in USD."""

    spent: Decimal
    maybe: Decimal  # the part of `spent` that may not have been charged after all
    held: Decimal
    simulated: Decimal  # play money, in none of the others
    picture_count: int


class EntryQuerySet(models.QuerySet["Entry"]):
    def real(self) -> Self:
        return self.filter(is_simulated=False)

    def simulated(self) -> Self:
        return self.filter(is_simulated=True)

    def booked(self) -> Self:
        """What counts as spent: settled amounts and their corrections."""
        return self.filter(verb__in=[Entry.Verb.SETTLE, Entry.Verb.CORRECT])

    def open_reservations(self) -> Self:
        """Reservations that nothing has settled or released yet."""
        closing = Entry.objects.filter(
            job_id=OuterRef("job_id"), round=OuterRef("round"), verb__in=[Entry.Verb.SETTLE, Entry.Verb.RELEASE]
        )
        return self.filter(~Exists(closing), verb=Entry.Verb.RESERVE)

    def unsure(self) -> Self:
        """Settled amounts that may not have been charged, as long as no correction told."""
        told = Entry.objects.filter(attempt_id=OuterRef("attempt_id"), part=OuterRef("part"), verb=Entry.Verb.CORRECT)
        return self.filter(~Exists(told), certainty=Entry.Certainty.MAYBE)

    def sum(self) -> Decimal:
        return self.aggregate(total=Sum("amount"))["total"] or ZERO

    def totals(self) -> Totals:
        booked = self.booked()
        return Totals(
            spent=booked.real().sum(),
            maybe=booked.real().unsure().sum(),
            held=self.real().open_reservations().sum(),
            simulated=booked.simulated().sum(),
            picture_count=booked.filter(certainty__in=["exact", "estimated"]).values("attempt_id").distinct().count(),
        )


class EntryManager(models.Manager.from_queryset(EntryQuerySet)):  # type: ignore[misc]
    """The doors of the ledger; each is harmless when called twice for the same thing."""

    def reserve(self, *, person: Any, job_id: int, round: int, amount: Decimal, now: datetime, **facts: Any) -> "Entry":
        entry, _made = self.get_or_create(
            verb=Entry.Verb.RESERVE,
            job_id=job_id,
            round=round,
            defaults={"person": person, "amount": amount, "created_at": now, **facts},
        )
        return entry

    def settle(
        self,
        *,
        attempt_id: int,
        job_id: int,
        round: int,
        amount: Decimal,
        certainty: str,
        usage: Usage | None,
        now: datetime,
        part: str = "image",
        **facts: Any,
    ) -> "Entry":
        """Book what an attempt cost, on the reservation it was made under."""
        reserved = self.get(verb=Entry.Verb.RESERVE, job_id=job_id, round=round)
        entry, _made = self.get_or_create(
            verb=Entry.Verb.SETTLE,
            attempt_id=attempt_id,
            part=part,
            defaults=reserved.facts()
            | facts
            | token_counts(usage)
            | {
                "job_id": job_id,
                "round": round,
                "amount": amount,
                "certainty": certainty,
                "created_at": now,
            },
        )
        return entry

    def release(self, *, job_id: int, round: int, now: datetime) -> "Entry":
        """Give a reservation back: nothing was charged under it."""
        reserved = self.get(verb=Entry.Verb.RESERVE, job_id=job_id, round=round)
        entry, _made = self.get_or_create(
            verb=Entry.Verb.RELEASE,
            job_id=job_id,
            round=round,
            defaults=reserved.facts() | {"amount": reserved.amount, "created_at": now},
        )
        return entry

    def correct(
        self,
        *,
        attempt_id: int,
        amount: Decimal,
        certainty: str,
        usage: Usage | None,
        now: datetime,
        part: str = "image",
    ) -> "Entry":
        """Add what makes the sum of an attempt's entries equal to `amount`, the cost as now known."""
        past = self.filter(attempt_id=attempt_id, part=part).booked()
        settled = past.get(verb=Entry.Verb.SETTLE)
        return self.create(
            verb=Entry.Verb.CORRECT,
            attempt_id=attempt_id,
            part=part,
            job_id=settled.job_id,
            round=settled.round,
            amount=amount - past.sum(),
            certainty=certainty,
            created_at=now,
            **settled.facts(),
            **token_counts(usage),
        )


def token_counts(usage: Usage | None) -> dict[str, int]:
    usage = usage or Usage()
    return {
        "input_text_tokens": usage.input_text_tokens,
        "input_image_tokens": usage.input_image_tokens,
        "output_text_tokens": usage.output_text_tokens,
        "output_image_tokens": usage.output_image_tokens,
    }


class Entry(models.Model):
    """One line of the ledger. Never changed and never deleted; a trigger in the database sees to it."""

    class Verb(models.TextChoices):
        RESERVE = "reserve", _("Reserved")
        SETTLE = "settle", _("Settled")
        RELEASE = "release", _("Released")
        CORRECT = "correct", _("Corrected")

    class Certainty(models.TextChoices):
        EXACT = "exact", _("from the reported usage")
        ESTIMATED = "estimated", _("estimated, the gateway reported no usage")
        MAYBE = "maybe", _("may have been charged")

    verb = models.CharField(max_length=7, choices=Verb)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="entries")
    # Numbers, not foreign keys: the ledger outlives what it paid for and knows no room above it.
    job_id = models.BigIntegerField()
    round = models.PositiveSmallIntegerField()
    attempt_id = models.BigIntegerField(null=True, blank=True)
    part = models.CharField(max_length=5, blank=True)  # "image" | "text" of a settled attempt
    amount = MoneyField()
    certainty = models.CharField(max_length=9, choices=Certainty, blank=True)
    is_simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    model = models.CharField(max_length=60, blank=True)
    size = models.CharField(max_length=11, blank=True)
    quality = models.CharField(max_length=10, blank=True)
    upstream_name = models.CharField(max_length=60, blank=True)
    input_text_tokens = models.PositiveIntegerField(default=0)
    input_image_tokens = models.PositiveIntegerField(default=0)
    output_text_tokens = models.PositiveIntegerField(default=0)
    output_image_tokens = models.PositiveIntegerField(default=0)

    objects = EntryManager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["person", "-id"], name="entry_of_person"),
            models.Index(fields=["job_id", "round"], name="entry_of_job"),
            models.Index(fields=["attempt_id"], name="entry_of_attempt"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job_id", "round"], condition=Q(verb="reserve"), name="one_reserve_a_round"
            ),
            models.UniqueConstraint(
                fields=["job_id", "round"], condition=Q(verb="release"), name="one_release_a_round"
            ),
            models.UniqueConstraint(
                fields=["attempt_id", "part"], condition=Q(verb="settle"), name="one_settle_a_part"
            ),
            models.CheckConstraint(
                condition=Q(verb="correct") | Q(amount__gte=0), name="only_corrections_are_negative"
            ),
            models.CheckConstraint(
                condition=Q(verb__in=["reserve", "settle", "release", "correct"]), name="verb_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.amount} for job {self.job_id}"

    def facts(self) -> dict[str, Any]:
        """What every later entry of the same job repeats."""
        return {
            "person_id": self.person_id,
            "is_simulated": self.is_simulated,
            "model": self.model,
            "size": self.size,
            "quality": self.quality,
            "upstream_name": self.upstream_name,
        }

    @property
    def job_url(self) -> str:
        return f"/jobs/{self.job_id}/"

    @property
    def output_tokens(self) -> int:
        return self.output_image_tokens + self.output_text_tokens

    @property
    def input_tokens(self) -> int:
        return self.input_image_tokens + self.input_text_tokens
