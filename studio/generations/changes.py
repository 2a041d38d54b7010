"""The versions of jobs that a live feed polls. Every change a person can see raises a job's version.

It stands here, below `create`, so that another kind of feed can watch the same rows.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from .models import Job, JobQuerySet

# A change may be committed this much later than it says, and a page be this old when its stream begins.
MARGIN = timedelta(seconds=60)
MOST = timedelta(hours=1)  # that is looked back


class WatchedJob(NamedTuple):
    """The columns of a job that a poller compares, and those that say what a queued one waits for."""

    pk: int
    version: int
    owner_id: int
    state: str
    lane: str
    waiting_for: str
    not_before: datetime | None
    created_at: datetime
    queued_at: datetime
    model: str
    main_model: str

    @property
    def is_live(self) -> bool:
        return self.state in Job.LIVE_STATES


def watched_jobs(owners: Iterable[int], *, since: datetime, live: Collection[int] = ()) -> list[WatchedJob]:
    """The jobs of these people that may still change, or have changed since somebody looked last.

    Those of `live`, which were live then, are among them however long ago they ended. `since` is this process's time;
    the database's clock says what is past.
    """
    back = min(max(timezone.now() - since, timedelta()), MOST) + MARGIN
    jobs = Job.objects.filter(owner__in=owners)
    found = rows(jobs.filter(Q(state__in=Job.LIVE_STATES) | Q(changed_at__gt=Now() - back)))
    missing = set(live) - {job.pk for job in found}
    return found + rows(jobs.filter(pk__in=missing)) if missing else found


def rows(jobs: JobQuerySet) -> list[WatchedJob]:
    return [WatchedJob(*row) for row in jobs.order_by("pk").values_list(*WatchedJob._fields)]
