"""Reconciliation: what gateways report to have charged, compared with what the ledger booked.

A gateway reports one running total per key. The difference between two readings is what it charged in between, and is
compared with what the ledger booked in between. The runner takes the readings.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from studio.core.encryption import Undecryptable
from studio.gateway import Account, BadEndpoint, Endpoint, Gateway
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import KeyUnreadable, StudioFault
from studio.ledger.filters import Span
from studio.ledger.models import Entry, StudioRollUp
from studio.ledger.periods import midnight, next_first_day
from studio.ledger.tolerance import differ
from studio.upstreams.models import Reading, Upstream

from .models import Attempt

log = logging.getLogger(__name__)

# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class StartedReading:
    """A reading this worker has started, with what the call needs."""

    reading_id: int
    endpoint: Endpoint


def request_due_readings(*, now: datetime) -> None:
    """Request a reading of every account whose last one is old enough."""
    for upstream in Reading.objects.due(now=now):
        Reading.objects.request(upstream, now=now)


def start_readings(*, now: datetime) -> list[StartedReading]:
    """Start the waiting readings; one whose address or key cannot be used is finished at once with its error."""
    started = []
    for reading in Reading.objects.waiting().select_related("upstream"):
        if not reading.start(now=now):
            continue
        try:
            started.append(StartedReading(reading.pk, reading.upstream.endpoint))
        except BadEndpoint:
            finish_reading(reading.pk, account=StudioFault("the address cannot be read"), now=now)
        except Undecryptable:
            finish_reading(reading.pk, account=KeyUnreadable(), now=now)
    return started


async def read_account(reading: StartedReading, *, gateway: Gateway) -> Account | GatewayError:
    """The account as the gateway reports it, or the error of the call."""
    try:
        return await gateway.account(endpoint=reading.endpoint)
    except GatewayError as error:
        return error
    except Exception as fault:
        log.exception("reading %s failed in the studio", reading.reading_id)
        return StudioFault(repr(fault))


def finish_reading(reading_id: int, *, account: Account | GatewayError, now: datetime) -> None:
    """Store the account or the error, and what the ledger says at the same moment."""
    reading = Reading.objects.select_related("upstream").get(pk=reading_id)
    facts = {"error_kind": account.kind} if isinstance(account, GatewayError) else vars(account)
    sums = {"computed": booked_total(reading.upstream_name), "under_way": reserved_under_way(reading.upstream)}
    Reading.objects.filter(pk=reading_id, finished_at=None).update(finished_at=now, **facts, **sums)


def booked_total(upstream_name: str) -> Decimal:
    """USD ever booked for an upstream, real and simulated."""
    rows = StudioRollUp.objects.filter(upstream_name=upstream_name)
    return Decimal(rows.aggregate(spent=Sum("spent"))["spent"] or 0)


def reserved_under_way(upstream: Upstream) -> Decimal:
    """USD that running calls may cost: the gateway may have counted them already, the ledger has not."""
    jobs = Attempt.objects.unfinished().filter(upstream=upstream).values("job_id")
    return Entry.objects.open_reservations().filter(job_id__in=jobs).sum()


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Reconciliation:
    """What a gateway charged between two readings and what was booked between them, in USD."""

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
    def share(self) -> float | None:
        """The difference as a share of what was booked; None where nothing was."""
        return float(self.difference / self.computed) if self.computed else None

    @property
    def is_flagged(self) -> bool:
        """Whether both differ by more than the tolerance; calls running at either moment are allowed for."""
        allowance = (self.first.under_way or Decimal(0)) + (self.last.under_way or Decimal(0))
        return differ(self.reported, self.computed, allowance=allowance)


@dataclass(frozen=True)
class UpstreamAccount:
    """One upstream's account: its newest reading and the reconciliation of the days shown, if there is one."""

    upstream: Upstream
    newest: Reading | None
    reconciliation: Reconciliation | None

    @property
    def has_other_multiplier(self) -> bool:
        """Whether the gateway reports another multiplier than the upstream is set to."""
        reported = self.newest.multiplier if self.newest else None
        return reported is not None and reported != self.upstream.price_multiplier


def upstream_accounts(span: Span) -> list[UpstreamAccount]:
    """The accounts of all upstreams over some days."""
    return [
        UpstreamAccount(
            upstream, Reading.objects.of(upstream).exclude(finished_at=None).first(), reconcile(upstream, span)
        )
        for upstream in Upstream.objects.present().in_order().defer("encrypted_key")
    ]


def reconcile(upstream: Upstream, span: Span) -> Reconciliation | None:
    """Compare the last reading before the days (or the first within them) with the last one within them."""
    begins, ends = midnight(span.first), midnight(next_first_day("day", span.last))
    reported = Reading.objects.of(upstream).with_total()
    within = reported.filter(created_at__gte=begins, created_at__lt=ends)
    last = within.first()
    first = reported.filter(created_at__lt=begins).first() or within.last()
    return Reconciliation(first, last) if first and last and first != last else None
