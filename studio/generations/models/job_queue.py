"""The queue: which jobs may start, and whose turn it is."""

from datetime import datetime
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Count, F, Min, OuterRef, Subquery

from studio.accounts.models import User
from studio.upstreams.choice import Need
from studio.upstreams.models import Lane


class QueueHead(NamedTuple):
    """The first of a queue of jobs that every upstream treats alike (see QUEUE_KEY)."""

    running_count: int  # of its owner's jobs
    owner_id: int
    model: str
    main_model: str
    route: str
    streaming: str
    avoided: list[int]
    lane: str
    job_id: int

    @property
    def need(self) -> Need:
        return Need(
            image_model=self.model,
            main_model=self.main_model,
            route=self.route,
            is_large=self.lane == Lane.LARGE,
            streaming=self.streaming,
        )


# Jobs that differ in one of these are in different queues.
QUEUE_KEY = ("owner", "model", "main_model", "route", "streaming", "avoided", "lane")


class QueueQuerySet(models.QuerySet[Any]):
    """The order of waiting jobs."""

    def eligible(self, *, lane: str, now: datetime) -> Self:
        """Those that may start; says the query set of jobs."""
        raise NotImplementedError

    def heads(self, *, lane: str, now: datetime) -> list[QueueHead]:
        """The oldest eligible job of each person; the person with the fewest running jobs comes first.

        One indexed look-up per person, so a long queue is never read as a whole.
        """
        waiting = self.eligible(lane=lane, now=now).filter(tested_upstream=None, owner=OuterRef("pk"))
        first = User.objects.order_by().values(first=Subquery(waiting.order_by("pk").values("pk")[:1]))
        return self.model.objects.filter(pk__in=first).annotate(first=F("pk")).as_queue_heads()

    def heads_by_need(self, *, lane: str, now: datetime) -> list[QueueHead]:
        """The same for each person and need, for when somebody's oldest job finds no upstream."""
        waiting = self.eligible(lane=lane, now=now).filter(tested_upstream=None)
        return waiting.values(*QUEUE_KEY).annotate(first=Min("pk")).as_queue_heads()

    def following(self, head: QueueHead, *, lane: str, now: datetime, most: int) -> list[QueueHead]:
        """The next `most` jobs of a head's owner, oldest first."""
        waiting = self.eligible(lane=lane, now=now).filter(
            tested_upstream=None, owner=head.owner_id, pk__gt=head.job_id
        )
        return [
            QueueHead(head.running_count, *row) for row in waiting.order_by("pk").values_list(*QUEUE_KEY, "pk")[:most]
        ]

    def as_queue_heads(self) -> list[QueueHead]:
        running = dict(self.model.objects.running().values_list("owner").annotate(count=Count("pk")))
        rows = self.order_by().values_list(*QUEUE_KEY, "first")
        heads = [QueueHead(running.get(owner, 0), owner, *key) for owner, *key in rows]
        return sorted(heads, key=lambda head: (head.running_count, head.job_id))
