"""Property test: operations in any order, repeated or interrupted by a crash, give the sums of an independent fold."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from studio.accounts.models import User
from studio.images import Usage
from studio.ledger import audit
from studio.ledger.models import Budget, BudgetExceeded, Entry, Period, RollUp, StudioRollUp

ZERO = Decimal(0)
LIMIT = Decimal("9.5")  # USD a day for each person; small enough to be reached now and then
NIGHT = datetime(2028, 2, 28, 23, 30, tzinfo=UTC)  # a leap day and the end of a month follow


class Crash(Exception):
    """A crash before the transaction ends."""


@dataclass(frozen=True)
class Step:
    """One operation; `minutes` after NIGHT, once or twice, and possibly interrupted."""

    verb: str
    job: int
    attempt: int
    amount: Decimal
    minutes: int
    certainty: str
    pictures: int
    is_repeated: bool
    is_interrupted: bool

    @property
    def now(self) -> datetime:
        return NIGHT + timedelta(minutes=self.minutes)


STEPS = st.lists(
    st.builds(
        Step,
        verb=st.sampled_from(["reserve", "reserve", "settle", "settle", "text", "release", "correct"]),
        job=st.integers(1, 4),
        attempt=st.integers(0, 1),
        amount=st.integers(0, 6 * 10**12).map(lambda units: Decimal(units).scaleb(-12)),
        minutes=st.integers(0, 3000),
        certainty=st.sampled_from(["exact", "estimated", "maybe"]),
        pictures=st.integers(0, 3),
        is_repeated=st.booleans(),
        is_interrupted=st.integers(0, 4).map(lambda number: number == 0),
    ),
    max_size=20,
)


@dataclass
class Fold:
    """The expected state of each job, in plain dictionaries that do not use the ledger."""

    reserved: dict[int, tuple[Decimal, date]] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    booked: dict[tuple[int, int, str], tuple[Decimal, str, int]] = field(default_factory=dict)

    def held(self, person: int, day: date) -> Decimal:
        held = [self.reserved[job] for job in self.open if job % 2 == person]
        return sum((amount for amount, of in held if of == day), ZERO)

    def spent(self, person: int, day: date, certainty: str = "") -> Decimal:
        rows = [(self.reserved[job], *row) for (job, _attempt, _part), row in self.booked.items() if job % 2 == person]
        return sum((amount for (_held, of), amount, sure, _n in rows if of == day and certainty in sure), ZERO)

    def pictures(self) -> int:
        return sum(count for _amount, _certainty, count in self.booked.values())

    def days(self) -> set[date]:
        return {day for _amount, day in self.reserved.values()}

    def apply(self, step: Step) -> None:
        """Apply a step once; a step that the ledger refuses or that changes nothing does nothing here."""
        key = (step.job, step.job * 10 + step.attempt, "text" if step.verb == "text" else "image")
        count = 0 if step.verb == "text" or step.certainty == "maybe" else step.pictures
        if step.verb == "reserve" and step.job not in self.reserved and self.has_room(step):
            self.reserved[step.job] = (step.amount, step.now.date())
            self.open.add(step.job)
        elif step.verb in ("settle", "text") and step.job in self.reserved and key not in self.booked:
            self.booked[key] = (step.amount, step.certainty, count)
            self.open.discard(step.job)
        elif step.verb == "release":
            self.open.discard(step.job)
        elif step.verb == "correct" and key in self.booked:
            self.booked[key] = (step.amount, step.certainty, count)

    def has_room(self, step: Step) -> bool:
        person, day = step.job % 2, step.now.date()
        return self.held(person, day) + self.spent(person, day) + step.amount <= LIMIT


def do(step: Step, people: list[User], fold: Fold) -> None:
    """Perform a step through the ledger."""
    attempt_id, part = step.job * 10 + step.attempt, "text" if step.verb == "text" else "image"
    count = 0 if part == "text" or step.certainty == "maybe" else step.pictures
    cost: dict[str, Any] = {
        "attempt_id": attempt_id,
        "part": part,
        "amount": step.amount,
        "certainty": step.certainty,
        "picture_count": count,
        "usage": Usage(output_image_tokens=step.pictures),
        "now": step.now,
    }
    if step.verb == "reserve":
        Entry.objects.reserve(
            person=people[step.job % 2], job_id=step.job, round=1, amount=step.amount, now=step.now, size="auto"
        )
    elif step.job not in fold.reserved:
        return
    elif step.verb in ("settle", "text"):
        Entry.objects.settle(job_id=step.job, round=1, **cost)
    elif step.verb == "release":
        Entry.objects.release(job_id=step.job, round=1, now=step.now)
    elif (step.job, attempt_id, part) in fold.booked:
        Entry.objects.correct(**cost)


def interrupt(step: Step, people: list[User], fold: Fold) -> None:
    with suppress(Crash, BudgetExceeded), transaction.atomic():
        do(step, people, fold)
        raise Crash


class SumsAgree(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(STEPS)
    def test_every_sum_equals_an_independent_fold(self, steps: list[Step]) -> None:
        people = [User.objects.create_user(f"{name}@example.com") for name in ("ben", "cleo")]
        Budget.objects.create(scope="everyone", day_limit=LIMIT)
        fold = Fold()
        for step in steps:
            if step.is_interrupted:
                interrupt(step, people, fold)
            for _time in range(1 + step.is_repeated):
                try:
                    do(step, people, fold)
                except BudgetExceeded:
                    assert step.job not in fold.reserved
                    assert not fold.has_room(step)
                    break
                fold.apply(step)
        self.compare(fold, people)
        # A job that was released and then charged after all is a finding, but its sums are right.
        found = audit.findings([(job, 1) for job in fold.open])
        assert [finding for finding in found if "released" not in finding] == []

    def compare(self, fold: Fold, people: list[User]) -> None:
        for job, (_amount, day) in fold.reserved.items():
            period = Period.objects.get(person=people[job % 2], kind="day", starts_on=day)
            assert (period.held, period.spent) == (fold.held(job % 2, day), fold.spent(job % 2, day))
        self.compare_totals(fold)

    def compare_totals(self, fold: Fold) -> None:
        days = fold.days()
        held = sum((fold.held(index, day) for index in (0, 1) for day in days), ZERO)
        spent = sum((fold.spent(index, day) for index in (0, 1) for day in days), ZERO)
        maybe = sum((fold.spent(index, day, "maybe") for index in (0, 1) for day in days), ZERO)
        totals = Entry.objects.all().totals()
        assert (totals.held, totals.spent) == (held, spent)
        for model in (RollUp, StudioRollUp):
            sums = model.objects.aggregate(
                spent=Sum("spent", default=ZERO),
                maybe=Sum("maybe", default=ZERO),
                pictures=Sum("picture_count", default=0),
            )
            assert (sums["spent"], sums["maybe"], sums["pictures"]) == (spent, maybe, fold.pictures())
        studio = Period.objects.filter(person=None, kind="month").aggregate(
            held=Sum("held", default=ZERO), spent=Sum("spent", default=ZERO)
        )
        assert (studio["held"], studio["spent"]) == (held, spent)
