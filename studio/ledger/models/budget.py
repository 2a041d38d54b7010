"""Budgets: the limits admins set, and what each day and month has held and spent."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.core.refusals import Refusal
from studio.images import four_decimals

from ..money import ZERO, MoneyField
from ..periods import DAY, MONTH, first_day, midnight, next_first_day

SOFT_LIMIT = Decimal("0.8")  # the share of a limit from which people are warned


class BudgetExceeded(Refusal):
    """Nothing was reserved: a budget has less left than the generation may cost, or is paused."""

    def __init__(self, *, period: "Period | None", needed: Decimal, is_of_studio: bool) -> None:
        super().__init__("paused" if period is None else f"{period} has {period.left} left of {period.limit}")
        self.period, self.needed, self.is_of_studio = period, needed, is_of_studio

    @property
    def left(self) -> Decimal:
        """USD that may still be reserved."""
        return (self.period and self.period.left) or Decimal(0)

    @property
    def renews_at(self) -> datetime | None:
        return self.period.renews_at if self.period else None

    @property
    def sentence(self) -> str:
        """What is left, what is needed, and when the budget renews."""
        if self.period is None:
            return (
                gettext("An admin has paused spending for everybody.")
                if self.is_of_studio
                else gettext("An admin has paused your spending.")
            )
        return gettext(
            "%(whose)s has $%(left)s left, and this may cost up to $%(needed)s. It renews on %(renews)s."
        ) % {
            "whose": self.period.label(is_of_studio=self.is_of_studio),
            "left": four_decimals(self.left).removeprefix("$"),
            "needed": four_decimals(self.needed).removeprefix("$"),
            "renews": date_format(self.period.renews_at, gettext("j F Y, H:i")),
        }


class Limits(NamedTuple):
    """The limits of a person or the studio in USD; None = no limit."""

    day: Decimal | None
    month: Decimal | None
    approval_above: Decimal | None
    is_paused: bool

    def of(self, kind: str) -> Decimal | None:
        return self.day if kind == DAY else self.month


NO_LIMITS = Limits(day=None, month=None, approval_above=None, is_paused=False)


class BudgetManager(models.Manager["Budget"]):
    @transaction.atomic
    def save_budget(self, budget: "Budget", *, today: date) -> None:
        """Save a budget and apply it at once, also to the current day and month."""
        budget.save()
        Period.objects.of_budget(budget).set_limits(budget.limits, today=today)

    @transaction.atomic
    def remove(self, budget: "Budget", *, today: date) -> None:
        """Remove a person's own budget: the one for everyone applies again."""
        person_id = budget.person_id
        budget.delete()
        if person_id:
            Period.objects.filter(person_id=person_id).set_limits(self.of_person(person_id), today=today)

    def of_studio(self) -> Limits:
        budget = self.filter(scope=Budget.Scope.STUDIO).first()
        return budget.limits if budget else NO_LIMITS

    def of_person(self, person_id: int) -> Limits:
        """A person's own limits where there are any, else those for everyone."""
        budget = self.filter(Q(person_id=person_id) | Q(scope=Budget.Scope.EVERYONE)).order_by("scope").last()
        return budget.limits if budget else NO_LIMITS

    def approval_above(self, person_id: int) -> Decimal | None:
        """USD from which a picture of this person waits for an admin; None = never."""
        bounds = [self.of_person(person_id).approval_above, self.of_studio().approval_above]
        return min((bound for bound in bounds if bound is not None), default=None)

    def limits_of(self, person_id: int | None) -> Limits:
        """The limits of a person or, without one, of the studio."""
        return self.of_studio() if person_id is None else self.of_person(person_id)

    def periods(self, person_id: int | None, *, today: date, is_simulated: bool) -> list["Period"]:
        """The current periods with a limit, of a person or the studio: this month's and today's."""
        limits = self.limits_of(person_id)
        rows = Period.objects.filter(person=person_id, is_simulated=is_simulated).current(today)
        begun = {period.kind: period for period in rows}
        found = []
        for kind in (MONTH, DAY):
            untouched = {"starts_on": first_day(kind, today), "limit": limits.of(kind), "held": ZERO, "spent": ZERO}
            found.append(begun.get(kind) or Period(person_id=person_id, kind=kind, **untouched))
        return [period for period in found if period.limit is not None]

    def warning(self, person_id: int, *, today: date, is_simulated: bool) -> "Period | None":
        """Of a person's periods and the studio's, the one with the least left, if it is near its limit."""
        found = [
            period
            for whose in (person_id, None)
            for period in self.periods(whose, today=today, is_simulated=is_simulated)
            if period.is_near_limit
        ]
        return min(found, key=lambda period: period.left or 0, default=None)


class Budget(models.Model):
    """Limits set by an admin: for the whole studio, for everyone individually, or for one person instead."""

    class Scope(models.TextChoices):
        EVERYONE = "everyone", _("Everyone, each")
        PERSON = "person", _("One person")
        STUDIO = "studio", _("The whole studio")

    scope = models.CharField(max_length=8, choices=Scope)
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="budget"
    )
    day_limit = MoneyField(_("a day"), null=True, blank=True)
    month_limit = MoneyField(_("a month"), null=True, blank=True)
    # A picture that may cost more waits for an admin.
    approval_above = MoneyField(_("approval above, a picture"), null=True, blank=True)
    is_paused = models.BooleanField(_("paused"), default=False)

    objects = BudgetManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope"], condition=Q(person__isnull=True), name="one_budget_a_scope"),
            models.CheckConstraint(
                condition=Q(scope="person", person__isnull=False)
                | Q(scope__in=["everyone", "studio"], person__isnull=True),
                name="budget_is_of_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(day_limit=None) | Q(day_limit__gte=0))
                & (Q(month_limit=None) | Q(month_limit__gte=0))
                & (Q(approval_above=None) | Q(approval_above__gte=0)),
                name="budget_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"budget of {self.person or self.scope}"

    @property
    def limits(self) -> Limits:
        return Limits(self.day_limit, self.month_limit, self.approval_above, self.is_paused)


class PeriodQuerySet(models.QuerySet["Period"]):
    def with_room_for(self, amount: Decimal) -> Self:
        """Periods that can hold a further amount within their limit."""
        return self.filter(Q(limit=None) | Q(limit__gte=F("held") + F("spent") + money(amount)))

    def current(self, day: date) -> Self:
        """The day and the month that contain `day`."""
        return self.filter(Q(kind=DAY, starts_on=first_day(DAY, day)) | Q(kind=MONTH, starts_on=first_day(MONTH, day)))

    def from_now_on(self, today: date) -> Self:
        """The current day and month, and later periods that exist already."""
        return self.filter(
            Q(kind=DAY, starts_on__gte=first_day(DAY, today)) | Q(kind=MONTH, starts_on__gte=first_day(MONTH, today))
        )

    def of_budget(self, budget: "Budget") -> Self:
        """The periods a budget limits."""
        if budget.scope == Budget.Scope.STUDIO:
            return self.filter(person=None)
        if budget.scope == Budget.Scope.PERSON:
            return self.filter(person_id=budget.person_id)
        own = Budget.objects.filter(scope=Budget.Scope.PERSON).values("person_id")
        return self.exclude(person=None).exclude(person_id__in=own)

    def set_limits(self, limits: Limits, *, today: date) -> None:
        """Apply other limits from now on; raises of single periods stay."""
        for kind in (DAY, MONTH):
            base = limits.of(kind)
            limit = None if base is None else money(base) + F("raised_by")
            self.from_now_on(today).filter(kind=kind).update(limit=limit)


class PeriodManager(models.Manager.from_queryset(PeriodQuerySet)):  # type: ignore[misc]
    """All in the caller's transaction, with rows locked in the same order, so that there are no deadlocks."""

    def hold(self, *, person_id: int, day: date, is_simulated: bool, amount: Decimal) -> None:
        """Hold an amount in each of its periods, or raise BudgetExceeded, upon which the caller rolls back."""
        if Budget.objects.of_person(person_id).is_paused:
            raise BudgetExceeded(period=None, needed=amount, is_of_studio=False)
        if Budget.objects.of_studio().is_paused:
            raise BudgetExceeded(period=None, needed=amount, is_of_studio=True)
        for key in keys(person_id=person_id, day=day, is_simulated=is_simulated):
            room = self.filter(**key).with_room_for(amount)
            taken = {"held": F("held") + money(amount)}
            if not room.update(**taken) and not (self.create_missing(key) and room.update(**taken)):
                raise BudgetExceeded(period=self.get(**key), needed=amount, is_of_studio=key["person_id"] is None)

    def book(self, *, person_id: int, day: date, is_simulated: bool, held: Decimal, spent: Decimal) -> None:
        """Book the outcome of a reservation in full, whatever the limits."""
        changes = {name: F(name) + money(by) for name, by in (("held", held), ("spent", spent)) if by}
        if not changes:
            return
        for key in keys(person_id=person_id, day=day, is_simulated=is_simulated):
            if not self.filter(**key).update(**changes):
                self.create_missing(key)
                self.filter(**key).update(**changes)

    @transaction.atomic
    def raise_limit(self, *, person_id: int | None, kind: str, amount: Decimal, today: date) -> bool:
        """Raise the limit of the current day or month by an amount; False where there is no limit."""
        is_raised = False
        for is_simulated in (False, True):
            key = {"kind": kind, "starts_on": first_day(kind, today), "is_simulated": is_simulated}
            self.create_missing(key | {"person_id": person_id})
            more = {"limit": F("limit") + money(amount), "raised_by": F("raised_by") + money(amount)}
            limited = self.filter(person_id=person_id, **key).exclude(limit=None)
            is_raised = bool(limited.update(**more)) or is_raised
        return is_raised

    def create_missing(self, key: dict[str, Any]) -> bool:
        """Create the row of a period where it is missing; always True, for chaining."""
        limits = Budget.objects.limits_of(key["person_id"])
        facts: dict[str, Any] = key | {"limit": limits.of(key["kind"])}
        self.bulk_create([Period(**facts)], ignore_conflicts=True)
        return True


def keys(*, person_id: int, day: date, is_simulated: bool) -> list[dict[str, Any]]:
    """The four periods of an amount: first the person's, then the studio's, whose rows everyone waits for."""
    return [
        {"person_id": whose, "kind": kind, "starts_on": first_day(kind, day), "is_simulated": is_simulated}
        for whose in (person_id, None)
        for kind in (DAY, MONTH)
    ]


def money(amount: Decimal) -> Value:
    return Value(amount, output_field=MoneyField())


class Period(models.Model):
    """One day or month of a person, or of the studio (no person): its limit and what is held and spent."""

    class Kind(models.TextChoices):
        DAY = DAY, _("day")
        MONTH = MONTH, _("month")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="periods")
    kind = models.CharField(max_length=5, choices=Kind)
    starts_on = models.DateField()
    is_simulated = models.BooleanField(default=False)
    # The limit of the budget when the period began or the budget was changed, plus `raised_by` for this period alone.
    limit = MoneyField(null=True, blank=True)
    raised_by = MoneyField(default=0)
    held = MoneyField(default=0)
    spent = MoneyField(default=0)

    objects = PeriodManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "starts_on", "is_simulated"],
                condition=Q(person__isnull=False),
                name="one_period_of_a_person",
            ),
            models.UniqueConstraint(
                fields=["kind", "starts_on", "is_simulated"],
                condition=Q(person__isnull=True),
                name="one_period_of_the_studio",
            ),
        ]
        indexes = [models.Index(fields=["kind", "starts_on"], name="period_begins")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.starts_on} of {self.person or 'the studio'}"

    @property
    def used(self) -> Decimal:
        return self.held + self.spent

    @property
    def left(self) -> Decimal | None:
        """USD that may still be reserved; None without a limit, never negative."""
        return None if self.limit is None else max(Decimal(0), self.limit - self.used)

    @property
    def used_share(self) -> float:
        """The used share of the limit; above 1 when exceeded."""
        return float(self.used / self.limit) if self.limit else 1.0

    @property
    def is_near_limit(self) -> bool:
        return self.limit is not None and self.used >= self.limit * SOFT_LIMIT

    @property
    def is_over_limit(self) -> bool:
        """Whether actual costs exceeded the reservation and with it the limit."""
        return self.limit is not None and self.used > self.limit

    @property
    def renews_at(self) -> datetime:
        return midnight(next_first_day(self.kind, self.starts_on))

    def label(self, *, is_of_studio: bool) -> str:
        """The budget as the subject of a sentence."""
        if is_of_studio:
            return (
                gettext("The studio’s budget for this day")
                if self.kind == DAY
                else gettext("The studio’s budget for this month")
            )
        return gettext("Your budget for this day") if self.kind == DAY else gettext("Your budget for this month")
