"""The versions of jobs that a live feed polls. Every change a person can see raises a job's version.

It stands here, below `create`, so that another kind of feed can watch the same rows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from .models import Job

RECENT = timedelta(seconds=60)  # how long a job is watched after its end


class WatchedJob(NamedTuple):
    """The columns of a job that a poller compares, and those that say what a queued one waits for."""

    pk: int
    version: int
    owner_id: int
    state: str
    lane: str
    waiting_for: str
    not_before: datetime | None
    queued_at: datetime
    model: str
    main_model: str

    @property
    def is_live(self) -> bool:
        return self.state in Job.LIVE_STATES


def watched_jobs(owners: Iterable[int]) -> list[WatchedJob]:
    """The jobs of these people that may still change or have just ended."""
    recent = Q(finished_at__gt=timezone.now() - RECENT)
    jobs = Job.objects.filter(Q(state__in=Job.LIVE_STATES) | recent, owner__in=owners).order_by("pk")
    return [WatchedJob(*row) for row in jobs.values_list(*WatchedJob._fields)]
