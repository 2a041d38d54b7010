"""The ledger's one table, and its four operations."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from studio import images
from studio.images import TextUsage, Usage

from ..attempt_cost import AttemptCost, Certainty, token_counts
from ..money import ZERO, MoneyField, exact
from ..periods import local_day
from ..verbs import Verb
from .budget import Period
from .entry_queries import BOOKED, EntryQuerySet
from .rollup import KEYS, SUMS, RollUp, contribution

# The columns of a correction that are differences to the entries before it. (A reported sum may stay unknown.)
DIFFERENCES = tuple(
    name for name in SUMS.values() if name not in ("estimate_amount", "reported_amount", "attempt_count")
)


class EntryManager(models.Manager.from_queryset(EntryQuerySet)):  # type: ignore[misc]
    """The operations of the ledger. Each may safely be called twice for the same thing.

    Each writes its entry, the periods' held and spent sums and the roll-up in one transaction, in that order.
    """

    @transaction.atomic
    def reserve(
        self,
        *,
        person: Any,
        job_id: int,
        round: int,
        amount: Decimal,
        now: datetime,
        estimate: Decimal | None = None,
        **facts: Any,
    ) -> "Entry":
        """Hold the most a round can cost; raise BudgetExceeded, with nothing held, when a budget has less left.

        `estimate` is the probable cost, as it was shown before the submit.
        """
        entry, is_new = self.get_or_create(
            verb=Entry.Verb.RESERVE,
            job_id=job_id,
            round=round,
            defaults=with_tier(facts)
            | {
                "person": person,
                "amount": exact(amount),
                "estimate_amount": None if estimate is None else exact(estimate),
                "day": local_day(now),
                "created_at": now,
            },
        )
        if is_new:
            Period.objects.hold(amount=entry.amount, **entry.place())
        return entry

    @transaction.atomic
    def settle(
        self,
        *,
        attempt_id: int,
        job_id: int,
        round: int,
        amount: Decimal,
        certainty: str,
        usage: Usage | TextUsage | None,
        now: datetime,
        part: str = "image",
        picture_count: int | None = None,
        has_failed: bool | None = None,
        reported: Decimal | None = None,
        unit_prices: dict[str, str] | None = None,
        **facts: Any,
    ) -> "Entry":
        """Book the full cost of an attempt on the reservation it was made under.

        `picture_count` is how many pictures it delivered (default: one, unless the outcome is unknown or the part is
        text), `has_failed` whether it failed (default: no picture, unless the part is text), `reported` what the
        gateway says it charged, `unit_prices` the prices it was computed with.
        """
        reserved = self.reservation(job_id=job_id, round=round)
        if settled := self.filter(verb=Entry.Verb.SETTLE, attempt_id=attempt_id, part=part).first():
            return settled
        is_first = not self.closed(job_id=job_id, round=round)
        # Where an attempt gives a picture and text, the picture counts as the call.
        is_call = part == "image" or not self.filter(attempt_id=attempt_id, verb=Entry.Verb.SETTLE).exists()
        known = AttemptCost.of(amount, certainty, part, picture_count, reported, has_failed)
        entry = self.create(
            verb=Entry.Verb.SETTLE,
            attempt_id=attempt_id,
            part=part,
            job_id=job_id,
            round=round,
            certainty=certainty,
            created_at=now,
            reserved_amount=reserved.amount,
            unit_prices=unit_prices or {},
            **reserved.facts()
            | with_tier(facts)
            | token_counts(usage)
            | {"estimate_amount": reserved.estimate_amount if is_call else None, "attempt_count": int(is_call)}
            | known.columns(reserved, is_call=is_call),
        )
        held = -reserved.amount if is_first else ZERO
        if entry.is_simulated == reserved.is_simulated:
            Period.objects.book(held=held, spent=entry.amount, **reserved.place())
        else:  # reserved as real money and paid as simulated, or the other way round
            Period.objects.book(held=held, spent=ZERO, **reserved.place())
            Period.objects.book(held=ZERO, spent=entry.amount, **entry.place())
        RollUp.objects.add(entry.key(), contribution(entry))
        return entry

    @transaction.atomic
    def release(self, *, job_id: int, round: int, now: datetime) -> "Entry":
        """Release a reservation: nothing was charged under it."""
        reserved = self.reservation(job_id=job_id, round=round)
        is_first = not self.closed(job_id=job_id, round=round)
        entry, is_new = self.get_or_create(
            verb=Entry.Verb.RELEASE,
            job_id=job_id,
            round=round,
            defaults=reserved.facts() | {"amount": reserved.amount, "created_at": now},
        )
        if is_new and is_first:
            Period.objects.book(held=-reserved.amount, spent=ZERO, **reserved.place())
        return entry

    @transaction.atomic
    def correct(
        self,
        *,
        attempt_id: int,
        amount: Decimal,
        certainty: str,
        usage: Usage | TextUsage | None,
        now: datetime,
        part: str = "image",
        picture_count: int | None = None,
        reported: Decimal | None = None,
        unit_prices: dict[str, str] | None = None,
    ) -> "Entry":
        """Add an entry of differences, so that the attempt's entries sum to what is known now."""
        settled = self.get(verb=Entry.Verb.SETTLE, attempt_id=attempt_id, part=part)
        reserved = self.reservation(job_id=settled.job_id, round=settled.round)
        past = (
            self.filter(attempt_id=attempt_id, part=part)
            .booked()
            .aggregate(**{name: Sum(name, default=0) for name in DIFFERENCES}, reported=Sum("reported_amount"))
        )
        total_reported = past["reported"] if reported is None else reported
        known = AttemptCost.of(amount, certainty, part, picture_count, total_reported)
        columns = token_counts(usage) | known.columns(reserved, is_call=bool(settled.attempt_count))
        entry = self.create(
            verb=Entry.Verb.CORRECT,
            attempt_id=attempt_id,
            part=part,
            job_id=settled.job_id,
            round=settled.round,
            certainty=certainty,
            created_at=now,
            unit_prices=unit_prices or settled.unit_prices,
            **settled.facts() | {name: columns[name] - past[name] for name in DIFFERENCES},
            reported_amount=None if total_reported is None else exact(total_reported) - (past["reported"] or 0),
        )
        Period.objects.book(held=ZERO, spent=entry.amount, **entry.place())
        RollUp.objects.add(entry.key(), contribution(entry))
        return entry

    def reservation(self, *, job_id: int, round: int) -> "Entry":
        """The reservation of a round, locked so that two outcomes of one round are booked one after the other."""
        return self.select_for_update().get(verb=Entry.Verb.RESERVE, job_id=job_id, round=round)

    def closed(self, *, job_id: int, round: int) -> bool:
        """Whether a round's reservation is no longer held."""
        closing = [Entry.Verb.SETTLE, Entry.Verb.RELEASE]
        return self.filter(job_id=job_id, round=round, verb__in=closing).exists()


def with_tier(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of an entry, with the tier of their size."""
    return facts | ({"size_tier": images.size_tier(facts["size"])} if facts.get("size") else {})


class Entry(models.Model):
    """One line of the ledger. A database trigger refuses changes and deletion."""

    Verb = Verb
    Certainty = Certainty

    verb = models.CharField(max_length=7, choices=Verb)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="entries")
    # Numbers without foreign keys: entries outlive the jobs they paid for, and this room does not know those above it.
    job_id = models.BigIntegerField()
    round = models.PositiveSmallIntegerField()
    attempt_id = models.BigIntegerField(null=True, blank=True)
    part = models.CharField(max_length=5, blank=True)  # "image" | "text" of a settled attempt
    # The day of the reservation by the studio's clock; everything booked under it counts for that day.
    day = models.DateField()
    amount = MoneyField()
    certainty = models.CharField(max_length=9, choices=Certainty, blank=True)
    is_simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    model = models.CharField(max_length=60, blank=True)
    size = models.CharField(max_length=11, blank=True)
    size_tier = models.CharField(max_length=2, blank=True)  # "1K" | "2K" | "4K"
    quality = models.CharField(max_length=20, blank=True)
    upstream_name = models.CharField(max_length=60, blank=True)

    # The other figures of a settled attempt: what was held, what was estimated, what the gateway reported.
    reserved_amount = MoneyField(null=True, blank=True)
    estimate_amount = MoneyField(null=True, blank=True)
    reported_amount = MoneyField(null=True, blank=True)
    unit_prices = models.JSONField(default=dict, blank=True)  # as they were used: history never changes

    # What it adds to its roll-up besides the amount; in a correction these are differences too.
    maybe_amount = MoneyField(default=0)  # the part of `amount` that may not have been charged after all
    failed_amount = MoneyField(default=0)  # the part of `amount` that paid for failures
    compared_amount = MoneyField(default=0)  # the part of `amount` that has a reported figure to compare with
    picture_count = models.SmallIntegerField(default=0)
    attempt_count = models.SmallIntegerField(default=0)
    charged_failure_count = models.SmallIntegerField(default=0)
    flagged_count = models.SmallIntegerField(default=0)
    input_text_tokens = models.IntegerField(default=0)
    cached_input_tokens = models.IntegerField(default=0)  # those of `input_text_tokens` that cost less
    input_image_tokens = models.IntegerField(default=0)
    output_text_tokens = models.IntegerField(default=0)
    output_image_tokens = models.IntegerField(default=0)

    objects = EntryManager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["person", "-id"], name="entry_of_person"),
            models.Index(fields=["job_id", "round"], name="entry_of_job"),
            models.Index(fields=["attempt_id"], name="entry_of_attempt"),
            # What spend pages list: booked entries of some days, newest or dearest first, of all or of a person.
            models.Index(fields=["is_simulated", "day", "id"], condition=BOOKED, name="entry_by_day"),
            models.Index(fields=["is_simulated", "day", "amount", "id"], condition=BOOKED, name="entry_by_amount"),
            models.Index(
                fields=["person", "is_simulated", "day", "id"], condition=BOOKED, name="entry_of_person_by_day"
            ),
            models.Index(fields=["day"], condition=~Q(charged_failure_count=0), name="entry_charged_failure"),
            models.Index(fields=["day", "id"], condition=~Q(flagged_count=0), name="entry_flagged"),
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
        """The columns that later entries of the same round repeat."""
        return self.key() | {"size": self.size}

    def key(self) -> dict[str, Any]:
        """The key of its roll-up."""
        return {name: getattr(self, name) for name in KEYS}

    def place(self) -> dict[str, Any]:
        """The key of the periods it is held or spent in."""
        return {"person_id": self.person_id, "day": self.day, "is_simulated": self.is_simulated}

    @property
    def is_flagged(self) -> bool:
        """Whether its figures differ beyond the tolerance, or it cost more than was reserved."""
        return self.flagged_count > 0

    @property
    def is_overshoot(self) -> bool:
        return self.reserved_amount is not None and self.amount > self.reserved_amount

    @property
    def output_tokens(self) -> int:
        return self.output_image_tokens + self.output_text_tokens

    @property
    def input_tokens(self) -> int:
        return self.input_image_tokens + self.input_text_tokens
