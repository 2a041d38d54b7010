"""Queries and sums of entries."""

from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum

from ..attempt_cost import Certainty
from ..money import ZERO
from ..verbs import Verb

# Only booked entries have an attempt. The condition is this and not the verbs: SQLite cannot tell from a query's
# parameters that a partial index covers it, but it can from IS NOT NULL.
BOOKED = Q(attempt_id__isnull=False)
USUAL_LATEST, USUAL_LEAST = 200, 3  # latest entries a usual price is taken from; the least number of pictures


class Totals(NamedTuple):
    """Sums of one person or of the studio, in USD."""

    spent: Decimal
    maybe: Decimal  # the part of `spent` that may not have been charged after all
    held: Decimal
    simulated: Decimal  # of simulated money; in none of the others
    picture_count: int


class EntryQuerySet(models.QuerySet[Any]):
    def real(self) -> Self:
        return self.filter(is_simulated=False)

    def simulated(self) -> Self:
        return self.filter(is_simulated=True)

    def booked(self) -> Self:
        """What counts as spent: settled amounts and their corrections."""
        return self.filter(BOOKED, verb__in=[Verb.SETTLE, Verb.CORRECT])

    def open_reservations(self) -> Self:
        """Reservations that nothing has settled or released yet."""
        closing = self.model._default_manager.filter(
            job_id=OuterRef("job_id"), round=OuterRef("round"), verb__in=[Verb.SETTLE, Verb.RELEASE]
        )
        return self.filter(~Exists(closing), verb=Verb.RESERVE)

    def unsure(self) -> Self:
        """Settled amounts that may not have been charged and were not corrected since."""
        corrected = self.model._default_manager.filter(
            attempt_id=OuterRef("attempt_id"), part=OuterRef("part"), verb=Verb.CORRECT
        )
        return self.filter(~Exists(corrected), certainty=Certainty.MAYBE)

    def usual_price(self) -> Decimal | None:
        """The median price of the latest pictures, in USD; None where there are too few.

        Call it for one person and one kind of money: an index has these in order, so only a few rows are read.
        """
        latest = self.filter(BOOKED, verb=Verb.SETTLE).order_by("-day", "-pk")
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
