"""What gateways say they charged, read by the runner now and then and held beside what the ledger says.

A gateway tells one running sum for a key, as old as the key: what two readings differ by is what it charged in between,
and is compared with what the ledger booked in between.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from studio.gateway import Account, BadEndpoint, Endpoint, Gateway
from studio.gateway.errors import GatewayError
from studio.ledger.filters import Span
from studio.ledger.models import Entry, StudioRollUp
from studio.ledger.periods import midnight, next_first_day
from studio.ledger.tolerance import differ
from studio.seal import Unsealable
from studio.upstreams.models import Reading, Upstream

from ..claims import endpoint_of
from ..errors import KeyUnreadable, StudioFault
from ..models import Attempt

log = logging.getLogger(__name__)

# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Question:
    """A reading that was taken on, with all that asking needs."""

    reading_id: int
    endpoint: Endpoint


def file_due(*, now: datetime) -> None:
    """Have every account read whose last reading is old enough."""
    for upstream in Reading.objects.due(now=now):
        Reading.objects.ask(upstream, now=now)


def take(*, now: datetime) -> list[Question]:
    """Take on what waits; a reading of an upstream whose key cannot be opened is over at once."""
    questions = []
    for reading in Reading.objects.waiting().select_related("upstream"):
        if not reading.start(now=now):
            continue
        try:
            questions.append(Question(reading.pk, endpoint_of(reading.upstream)))
        except BadEndpoint:
            answer(reading.pk, account=StudioFault("the address cannot be read"), now=now)
        except Unsealable:
            answer(reading.pk, account=KeyUnreadable(), now=now)
    return questions


async def ask(question: Question, *, gateway: Gateway) -> Account | GatewayError:
    """What the gateway says, or why it says nothing."""
    try:
        return await gateway.account(endpoint=question.endpoint)
    except GatewayError as error:
        return error
    except Exception as fault:
        log.exception("reading %s failed in the studio", question.reading_id)
        return StudioFault(repr(fault))


def answer(reading_id: int, *, account: Account | GatewayError, now: datetime) -> None:
    """Write down what was told, and what the ledger says at the same moment."""
    reading = Reading.objects.select_related("upstream").get(pk=reading_id)
    facts = {"error_kind": account.kind} if isinstance(account, GatewayError) else vars(account)
    sums = {"computed": booked(reading.upstream_name), "under_way": under_way(reading.upstream)}
    Reading.objects.filter(pk=reading_id, finished_at=None).update(finished_at=now, **facts, **sums)


def booked(upstream_name: str) -> Decimal:
    """USD that were ever booked for an upstream, real or play money."""
    rows = StudioRollUp.objects.filter(upstream_name=upstream_name)
    return Decimal(rows.aggregate(spent=Sum("spent"))["spent"] or 0)


def under_way(upstream: Upstream) -> Decimal:
    """USD that calls of this moment may cost: on a gateway's bill perhaps already, in the ledger not yet."""
    jobs = Attempt.objects.unfinished().filter(upstream=upstream).values("job_id")
    return Entry.objects.open_reservations().filter(job_id__in=jobs).sum()


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Bill:
    """What a gateway charged between two readings, beside what was booked between them; USD."""

    first: Reading
    last: Reading

    @property
    def reported(self) -> Decimal:
        return (self.last.total or Decimal(0)) - (self.first.total or Decimal(0))

    @property
    def computed(self) -> Decimal:
        return (self.last.computed or Decimal(0)) - (self.first.computed or Decimal(0))

    @property
    def difference(self) -> Decimal:
        return self.reported - self.computed

    @property
    def part(self) -> float | None:
        """The difference as a part of what was booked."""
        return float(self.difference / self.computed) if self.computed else None

    @property
    def is_flagged(self) -> bool:
        """Whether they lie further apart than is tolerated, calls that were under way at either moment left aside."""
        allowance = (self.first.under_way or Decimal(0)) + (self.last.under_way or Decimal(0))
        return differ(self.reported, self.computed, allowance=allowance)


@dataclass(frozen=True)
class Books:
    """One upstream's account: its newest reading, and the bill of the days that are shown, where there is one."""

    upstream: Upstream
    newest: Reading | None
    bill: Bill | None

    @property
    def is_dearer_than_set(self) -> bool:
        """Whether the gateway names another multiplier than the upstream is set to."""
        told = self.newest.multiplier if self.newest else None
        return told is not None and told != self.upstream.price_multiplier


def books(span: Span) -> list[Books]:
    """The accounts of all upstreams over some days."""
    return [
        Books(upstream, Reading.objects.of(upstream).exclude(finished_at=None).first(), bill(upstream, span))
        for upstream in Upstream.objects.present().in_order().defer("sealed_key")
    ]


def bill(upstream: Upstream, span: Span) -> Bill | None:
    """From the last reading before the days, or the first within them, to the last one within them."""
    begins, ends = midnight(span.first), midnight(next_first_day("day", span.last))
    told = Reading.objects.of(upstream).told()
    within = told.filter(created_at__gte=begins, created_at__lt=ends)
    last = within.first()
    first = told.filter(created_at__lt=begins).first() or within.last()
    return Bill(first, last) if first and last and first != last else None
