"""What the spend pages read from the ledger: periods, pages of entries, totals of people."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from studio.accounts.models import User

from .models import ZERO, Entry, EntryQuerySet

BOOKED = Q(verb__in=[Entry.Verb.SETTLE, Entry.Verb.CORRECT])
DRAWN = BOOKED & Q(certainty__in=[Entry.Certainty.EXACT, Entry.Certainty.ESTIMATED])


def beginnings(now: datetime) -> tuple[datetime, datetime]:
    """When today and this month began, by the clock of `now`."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today, today.replace(day=1)


def begun_since(entries: EntryQuerySet, instant: datetime) -> EntryQuerySet:
    """Entries of the period: what a reservation led to belongs to the moment of the reservation."""
    reserved = Entry.objects.filter(
        verb=Entry.Verb.RESERVE, job_id=OuterRef("job_id"), round=OuterRef("round"), created_at__gte=instant
    )
    # A reservation comes first, so nothing booked before the period can belong to it.
    return entries.filter(Exists(reserved), created_at__gte=instant)


def page_before(entries: EntryQuerySet, *, before: int | None, size: int) -> tuple[list[Entry], int | None]:
    """One page of entries, newest first, and where the next one begins, if there is one."""
    if before is not None:
        entries = entries.filter(pk__lt=before)
    rows = list(entries.order_by("-pk")[: size + 1])
    return rows[:size], rows[size - 1].pk if len(rows) > size else None


class PersonSpending(NamedTuple):
    """One person's sums in USD; `simulated` is play money and in none of the others."""

    person: User
    spent: Decimal
    held: Decimal
    simulated: Decimal
    picture_count: int
    last_active_at: datetime | None


def spending_of_people(entries: EntryQuerySet) -> list[PersonSpending]:
    """Everybody's sums, the biggest spender first; two queries, however many people there are."""
    is_open = Exists(Entry.objects.open_reservations().filter(pk=OuterRef("pk")))
    real, simulated = Q(is_simulated=False), Q(is_simulated=True)
    rows = (
        entries.annotate(is_open=is_open)
        .values("person_id")
        .annotate(
            spent=Sum("amount", filter=BOOKED & real, default=ZERO),
            held=Sum("amount", filter=Q(is_open=True) & real, default=ZERO),
            simulated=Sum("amount", filter=BOOKED & simulated, default=ZERO),
            picture_count=Count("attempt_id", filter=DRAWN, distinct=True),
            last_active_at=Max("created_at"),
        )
    )
    sums = {person_id: row for row in map(dict[str, Any], rows) if (person_id := row.pop("person_id"))}
    nothing = {"spent": ZERO, "held": ZERO, "simulated": ZERO, "picture_count": 0, "last_active_at": None}
    people = [PersonSpending(person=user, **sums.get(user.pk, nothing)) for user in User.objects.order_by("email")]
    return sorted(people, key=lambda one: (one.spent, one.simulated, one.picture_count), reverse=True)
