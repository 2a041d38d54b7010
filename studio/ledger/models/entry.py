"""The ledger's one table and its four verbs."""

from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.images import TextUsage, Usage

from ..money import MoneyField, exact
from ..periods import local_day
from ..tolerance import differ
from .budget import ZERO, Period
from .rollup import KEYS, SUMS, RollUp, contribution

# Only booked entries are of an attempt. Said so, and not by their verbs: SQLite does not see from a query's parameters
# that a partial index holds what it asks for, and does from IS NOT NULL.
BOOKED = Q(attempt_id__isnull=False)
USUAL_LATEST, USUAL_LEAST = 200, 3  # entries that are looked at for what a picture usually costs; pictures that tell
# What a correction holds as a difference to the entries before it. (What gateways report may stay unknown.)
DIFFERENCES = tuple(
    name for name in SUMS.values() if name not in ("estimate_amount", "reported_amount", "attempt_count")
)


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
        return self.filter(BOOKED, verb__in=[Entry.Verb.SETTLE, Entry.Verb.CORRECT])

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

    def usual_price(self) -> Decimal | None:
        """The median of what the latest pictures cost; None where they are too few to say.

        Of one person and one kind of money, which an index knows in this order: the same few rows are read however
        many entries there are.
        """
        latest = self.filter(BOOKED, verb=Entry.Verb.SETTLE).order_by("-day", "-pk")
        rows = latest.values_list("amount", "picture_count")[:USUAL_LATEST]
        prices = [amount / count for amount, count in rows if count > 0]
        return median(prices) if len(prices) >= USUAL_LEAST else None

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
    """The doors of the ledger; each is harmless when called twice for the same thing.

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
        """Hold the most a round can cost; raise BudgetSpent, with nothing held, when a budget has less left.

        `estimate` is what it will probably cost, as people were shown it.
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
        """Book what an attempt cost, whole, on the reservation it was made under.

        `picture_count` is how many it brought (one, unless the outcome is unsure or the part is text), `has_failed`
        whether that was not what was wanted (no picture, unless the part is text), `reported` what the gateway itself
        says it charged, `unit_prices` what each token or picture was counted at.
        """
        reserved = self.reservation(job_id=job_id, round=round)
        if settled := self.filter(verb=Entry.Verb.SETTLE, attempt_id=attempt_id, part=part).first():
            return settled
        is_first = not self.closed(job_id=job_id, round=round)
        # Of an attempt that draws and talks, the picture counts as the call.
        is_call = part == "image" or not self.filter(attempt_id=attempt_id, verb=Entry.Verb.SETTLE).exists()
        known = Known.of(amount, certainty, part, picture_count, reported, has_failed)
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
            Period.objects.move(held=held, spent=entry.amount, **reserved.place())
        else:  # reserved as one kind of money and paid in the other
            Period.objects.move(held=held, spent=ZERO, **reserved.place())
            Period.objects.move(held=ZERO, spent=entry.amount, **entry.place())
        RollUp.objects.add(entry.key(), contribution(entry))
        return entry

    @transaction.atomic
    def release(self, *, job_id: int, round: int, now: datetime) -> "Entry":
        """Give a reservation back: nothing was charged under it."""
        reserved = self.reservation(job_id=job_id, round=round)
        is_first = not self.closed(job_id=job_id, round=round)
        entry, is_new = self.get_or_create(
            verb=Entry.Verb.RELEASE,
            job_id=job_id,
            round=round,
            defaults=reserved.facts() | {"amount": reserved.amount, "created_at": now},
        )
        if is_new and is_first:
            Period.objects.move(held=-reserved.amount, spent=ZERO, **reserved.place())
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
        """Add what makes the sums of an attempt's entries what is known now: every figure of it is a difference."""
        settled = self.get(verb=Entry.Verb.SETTLE, attempt_id=attempt_id, part=part)
        reserved = self.reservation(job_id=settled.job_id, round=settled.round)
        past = (
            self.filter(attempt_id=attempt_id, part=part)
            .booked()
            .aggregate(**{name: Sum(name, default=0) for name in DIFFERENCES}, said=Sum("reported_amount"))
        )
        said = past["said"] if reported is None else reported
        known = Known.of(amount, certainty, part, picture_count, said)
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
            reported_amount=None if said is None else exact(said) - (past["said"] or 0),
        )
        Period.objects.move(held=ZERO, spent=entry.amount, **entry.place())
        RollUp.objects.add(entry.key(), contribution(entry))
        return entry

    def reservation(self, *, job_id: int, round: int) -> "Entry":
        """What a round reserved, locked so that two ends of the same round are booked one after the other."""
        return self.select_for_update().get(verb=Entry.Verb.RESERVE, job_id=job_id, round=round)

    def closed(self, *, job_id: int, round: int) -> bool:
        """Whether a round's reservation is no longer held."""
        closing = [Entry.Verb.SETTLE, Entry.Verb.RELEASE]
        return self.filter(job_id=job_id, round=round, verb__in=closing).exists()


class Known(NamedTuple):
    """What an attempt is known to have cost and brought."""

    amount: Decimal
    is_maybe: bool
    picture_count: int
    reported: Decimal | None
    has_failed: bool
    is_picture: bool  # what was foretold is what a picture costs, not what is said beside it

    @classmethod
    def of(
        cls,
        amount: Decimal,
        certainty: str,
        part: str,
        picture_count: int | None,
        reported: Decimal | None,
        has_failed: bool | None = None,
    ) -> Self:
        is_maybe, is_picture = certainty == Entry.Certainty.MAYBE, part == "image"
        if picture_count is None:
            picture_count = int(is_picture and not is_maybe)
        if has_failed is None:
            has_failed = is_picture and not picture_count
        said = None if reported is None else exact(reported)
        return cls(exact(amount), is_maybe, picture_count, said, has_failed, is_picture)

    def columns(self, reserved: "Entry", *, is_call: bool) -> dict[str, Any]:
        """The columns of an entry made under this reservation."""
        is_failure = is_call and self.has_failed and self.amount > 0
        return {
            "amount": self.amount,
            "maybe_amount": self.amount if self.is_maybe else ZERO,
            "failed_amount": self.amount if is_failure else ZERO,
            "picture_count": self.picture_count,
            "charged_failure_count": int(is_failure),
            "reported_amount": self.reported,
            "compared_amount": ZERO if self.reported is None else self.amount,
            "flagged_count": int(self.is_flagged(reserved, is_call=is_call)),
        }

    def is_flagged(self, reserved: "Entry", *, is_call: bool) -> bool:
        """Whether the figures differ beyond the tolerance, or the usage went beyond what was reserved."""
        if self.is_maybe:
            return False
        is_foretold = is_call and self.is_picture and images.AUTO not in (reserved.size, reserved.quality)
        return (
            self.amount > reserved.amount
            or differ(self.reported, self.amount)
            or (is_foretold and differ(reserved.estimate_amount, self.amount))
        )


def with_tier(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts of an entry, with the tier of the size they name."""
    return facts | ({"size_tier": images.size_tier(facts["size"])} if facts.get("size") else {})


def token_counts(usage: Usage | TextUsage | None) -> dict[str, int]:
    """The token columns of a usage; a cached token of a main model is counted in `cached_input_tokens` too."""
    cached = 0
    if isinstance(usage, TextUsage):
        cached = usage.cached_input
        usage = Usage(input_text_tokens=usage.input, output_text_tokens=usage.output)
    usage = usage or Usage()
    return {
        "cached_input_tokens": cached,
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
    # Of the reservation, by the studio's clock: all that follows from it is spent then.
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

    # The other figures of a settled attempt: what was held, what was expected at submit, what the gateway says.
    reserved_amount = MoneyField(null=True, blank=True)
    estimate_amount = MoneyField(null=True, blank=True)
    reported_amount = MoneyField(null=True, blank=True)
    unit_prices = models.JSONField(default=dict, blank=True)  # as they were used: history never changes

    # What it adds to its roll-up besides the amount; in a correction, as everything there, differences.
    maybe_amount = MoneyField(default=0)  # the part of `amount` that may not have been charged after all
    failed_amount = MoneyField(default=0)  # the part of `amount` that brought nothing
    compared_amount = MoneyField(default=0)  # the part of `amount` a reported figure stands beside
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
        """What every later entry of the same job repeats."""
        return self.key() | {"size": self.size}

    def key(self) -> dict[str, Any]:
        """The roll-up it is summed in."""
        return {name: getattr(self, name) for name in KEYS}

    def place(self) -> dict[str, Any]:
        """The periods it is held or spent in."""
        return {"person_id": self.person_id, "day": self.day, "is_simulated": self.is_simulated}

    @property
    def is_flagged(self) -> bool:
        """Whether its figures differ beyond the tolerance, or it cost more than was reserved."""
        return self.flagged_count > 0

    @property
    def is_overshoot(self) -> bool:
        return self.reserved_amount is not None and self.amount > self.reserved_amount

    @property
    def job_url(self) -> str:
        return f"/jobs/{self.job_id}/"

    @property
    def output_tokens(self) -> int:
        return self.output_image_tokens + self.output_text_tokens

    @property
    def input_tokens(self) -> int:
        return self.input_image_tokens + self.input_text_tokens
