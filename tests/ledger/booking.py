"""Books spending through the ledger, for tests of what is shown of it."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from studio.accounts.models import User
from studio.images import Usage
from studio.ledger.models import Entry

FACTS = {"model": "gpt-image-2", "size": "1024x1024", "quality": "medium", "upstream_name": "north"}


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def book(
    person: User,
    *,
    job: int,
    amount: str,
    day: date | None = None,
    certainty: str = "exact",
    usage: Usage | None = None,
    unit_prices: dict[str, str] | None = None,
    reported: str | None = None,
    estimate: str | None = None,
    **facts: Any,
) -> Entry:
    """Reserve and settle a job of this price; the attempt has the job's number."""
    now = noon(day) if day else timezone.now()
    Entry.objects.reserve(
        person=person,
        job_id=job,
        round=1,
        amount=Decimal("0.5"),
        estimate=Decimal(estimate) if estimate else None,
        now=now,
        **FACTS | facts,
    )
    return Entry.objects.settle(
        attempt_id=job,
        job_id=job,
        round=1,
        amount=Decimal(amount),
        certainty=certainty,
        usage=usage,
        unit_prices=unit_prices,
        reported=Decimal(reported) if reported else None,
        now=now,
    )


def correct(job: int, amount: str, *, certainty: str = "exact") -> Entry:
    return Entry.objects.correct(
        attempt_id=job, amount=Decimal(amount), certainty=certainty, usage=None, now=timezone.now()
    )
