"""Scheduling: which jobs can start now and at which free slot, fair to people. Only reads; `claims` writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from studio.upstreams import choice
from studio.upstreams.breakers import covers
from studio.upstreams.capabilities import from_key
from studio.upstreams.choice import FreeSlot, Need, UpstreamSnapshot
from studio.upstreams.models import Lane, Upstream

from .models import Attempt, Job, QueueHead, RunningCall

BATCH = 16  # jobs


def assignments(*, now: datetime) -> Iterator[tuple[int, FreeSlot]]:
    """Jobs that can start, the fairest first, each with the best slot for it; no slot is assigned twice."""
    upstreams, running = Upstream.objects.ready(now=now).snapshots(), Attempt.objects.under_way()
    taken: dict[tuple[int, str], set[int]] = {}
    for call in running:
        taken.setdefault((call.upstream_id, call.lane), set()).add(call.slot)
    for lane in Lane.values:
        if choice.free_slots(upstreams, lane=lane, taken=taken):
            yield from LaneScheduler(lane, upstreams, taken, trials(upstreams, running), now).assignments()


def trials(upstreams: Sequence[UpstreamSnapshot], running: Sequence[RunningCall]) -> set[tuple[int, str]]:
    """The breakers, by upstream and key, that a call which is under way is trying."""
    keys = {upstream.pk: list(upstream.breakers) for upstream in upstreams}
    return {
        (call.upstream_id, key)
        for call in running
        for key in keys.get(call.upstream_id, ())
        if covers(key, from_key(call.uses), lane=call.lane)
    }


@dataclass(frozen=True)
class LaneScheduler:
    """One pass over a lane; it adds the slots it assigns to `taken`, and the breakers they try to `tried`."""

    lane: str
    upstreams: Sequence[UpstreamSnapshot]
    taken: dict[tuple[int, str], set[int]]
    tried: set[tuple[int, str]]
    now: datetime

    def assignments(self) -> Iterator[tuple[int, FreeSlot]]:
        """Assign jobs until no slot is left. A person who got one is queued again behind those with fewer running."""
        now = self.now
        heads = Job.objects.heads(lane=self.lane, now=now)
        # Where somebody's oldest job finds no upstream, look at the oldest job of each of their needs instead.
        is_by_need = not self.can_place_all(heads)
        if is_by_need:
            heads = Job.objects.heads_by_need(lane=self.lane, now=now)
        queue = [(head.running_count, head.job_id, head) for head in heads]
        following: dict[int, Iterator[QueueHead]] = {}
        served: dict[int, int] = {}  # owner → the job assigned last
        while queue:
            running_count, job_id, head = heappop(queue)
            if served.get(head.owner_id) == job_id:  # assigned already: on to this owner's next job
                if is_by_need:
                    return
                if head.owner_id not in following:
                    following[head.owner_id] = iter(Job.objects.following(head, lane=self.lane, now=now, most=BATCH))
                if follower := next(following[head.owner_id], None):
                    heappush(queue, (running_count, follower.job_id, follower))
            elif is_by_need and head.owner_id in served:
                continue
            elif slot := self.slot_for(head):
                self.taken.setdefault((slot.upstream.pk, self.lane), set()).add(slot.number)
                trial = slot.upstream.on_trial(head.need, lane=self.lane, now=now)
                self.tried.update((slot.upstream.pk, key) for key in trial)
                served[head.owner_id] = job_id
                heappush(queue, (running_count + 1, job_id, head))
                yield job_id, slot
            elif head.owner_id in following:
                return  # another of their jobs may fit; the next pass finds out

    def can_place_all(self, heads: Sequence[QueueHead]) -> bool:
        """Whether every head finds an upstream with a free slot."""
        return all(
            choice.has_room(self.free(need), need=need, upstreams=self.open_to(need), lane=self.lane, avoided=avoided)
            for need, avoided in {(head.need, tuple(head.avoided)) for head in heads}
        )

    def open_to(self, need: Need) -> list[UpstreamSnapshot]:
        """The upstreams that no breaker closes to such a call."""
        return [upstream for upstream in self.upstreams if self.is_open(upstream, need)]

    def is_open(self, upstream: UpstreamSnapshot, need: Need) -> bool:
        if upstream.held_until(need, lane=self.lane, now=self.now):
            return False
        trial = upstream.on_trial(need, lane=self.lane, now=self.now)
        return not any((upstream.pk, key) in self.tried for key in trial)

    def free(self, need: Need) -> list[FreeSlot]:
        return choice.free_slots(self.open_to(need), lane=self.lane, taken=self.taken)

    def slot_for(self, head: QueueHead) -> FreeSlot | None:
        need = head.need
        return choice.best(
            self.free(need), need=need, upstreams=self.open_to(need), lane=self.lane, avoided=head.avoided
        )


def test_picture_assignments(*, now: datetime) -> Iterator[tuple[int, FreeSlot]]:
    """Waiting test pictures, each with a slot at its own upstream, even if that is switched off or cooling down."""
    waiting = Job.objects.eligible(lane=Lane.STANDARD, now=now).test_pictures()
    for job_id, upstream_id, lane in waiting.values_list("pk", "tested_upstream", "lane"):
        [upstream] = Upstream.objects.filter(pk=upstream_id).snapshots()
        slot = choice.free_slot(upstream, lane=lane, taken=Attempt.objects.taken_slots())
        if slot:
            yield job_id, slot
