"""Claiming: which job starts next, at which upstream, in which of its slots."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from studio.gateway import Endpoint, Limits
from studio.images import EditRequest, ImageRequest
from studio.library import inbox
from studio.upstreams import choice
from studio.upstreams.choice import Berth, Standing
from studio.upstreams.models import Lane, Upstream

from . import trouble
from .errors import KeyUnreadable
from .models import Attempt, Job, Worker
from .models.job import Head

BATCH = 16


@dataclass(frozen=True)
class Call:
    """Everything one HTTP call needs, read once, so that no database is touched while it is under way."""

    attempt_id: int
    job_id: int
    endpoint: Endpoint
    request: ImageRequest
    client_request_id: str
    image_field: str
    limits: Limits
    is_task: bool = False  # to be asked for as a task, which outlives this process
    task_id: str = ""  # a task that was begun before and is only to be waited for
    is_talk: bool = False  # a text model is asked; what is sent is read from the conversation right before

    @property
    def is_edit(self) -> bool:
        return isinstance(self.request, EditRequest)

    @property
    def body_path(self) -> Path:
        return inbox.path(self.attempt_id)


def claim_some(*, worker: Worker, now: datetime) -> list[Call]:
    """Claim until nothing more can start, or there are enough for the first to be sent before the next are claimed."""
    calls: list[Call] = []
    for _look in range(BATCH):
        found = list(islice(chain(proofs(now=now), openings(now=now)), BATCH - len(calls)))
        begun = [begin(job_id, at=berth, worker=worker, now=now) for job_id, berth in found]
        calls += map(call_of, filter(None, begun))
        if not found or len(calls) >= BATCH:
            break
    return calls


def openings(*, now: datetime) -> Iterator[tuple[int, Berth]]:
    """Jobs that could start, the fairest first, each with the best berth for it; all of them may be begun in turn."""
    upstreams, taken = Upstream.objects.ready(now=now).standings(), Attempt.objects.taken_slots()
    for lane in Lane.values:
        if choice.berths(upstreams, lane=lane, taken=taken):
            yield from Look(lane, upstreams, taken).openings(now=now)


@dataclass(frozen=True)
class Look:
    """One look at a lane: its upstreams and their taken slots, to which it adds those it gives away."""

    lane: str
    upstreams: Sequence[Standing]
    taken: dict[tuple[int, str], set[int]]

    def openings(self, *, now: datetime) -> Iterator[tuple[int, Berth]]:
        """As many as it can tell. Whoever got one stands in line again, behind those who have fewer."""
        heads = Job.objects.heads(lane=self.lane, now=now)
        # Where somebody's oldest job finds no place, each of their needs has a head.
        is_by_need = not self.have_places(heads)
        if is_by_need:
            heads = Job.objects.lines(lane=self.lane, now=now)
        line = [(head.running_count, head.job_id, head) for head in heads]
        behind: dict[int, Iterator[Head]] = {}
        served: dict[int, int] = {}  # the job that an owner got last
        while line:
            running_count, job_id, head = heappop(line)
            if served.get(head.owner_id) == job_id:  # it is the turn of whoever got this one again
                if is_by_need:
                    return
                if head.owner_id not in behind:
                    behind[head.owner_id] = iter(Job.objects.behind(head, lane=self.lane, now=now, most=BATCH))
                if follower := next(behind[head.owner_id], None):
                    heappush(line, (running_count, follower.job_id, follower))
            elif is_by_need and head.owner_id in served:
                continue
            elif berth := self.berth_for(head):
                self.taken.setdefault((berth.upstream.pk, self.lane), set()).add(berth.slot)
                served[head.owner_id] = job_id
                heappush(line, (running_count + 1, job_id, head))
                yield job_id, berth
            elif head.owner_id in behind:
                return  # others of theirs may find a place, which another look tells

    def have_places(self, heads: Sequence[Head]) -> bool:
        kinds, free = {(head.need, tuple(head.avoided)) for head in heads}, self.free
        sides: dict[str, Any] = {"upstreams": self.upstreams, "lane": self.lane}
        return all(choice.has_place(free, need=need, avoided=avoided, **sides) for need, avoided in kinds)

    @property
    def free(self) -> list[Berth]:
        return choice.berths(self.upstreams, lane=self.lane, taken=self.taken)

    def berth_for(self, head: Head) -> Berth | None:
        return choice.best(self.free, need=head.need, upstreams=self.upstreams, lane=self.lane, avoided=head.avoided)


def proofs(*, now: datetime) -> Iterator[tuple[int, Berth]]:
    """Proofs that wait, each with a berth at its own upstream, even where that is switched off or cooling."""
    waiting = Job.objects.eligible(lane=Lane.STANDARD, now=now).proofs()
    for job_id, upstream_id, lane in waiting.values_list("pk", "proof_of", "lane"):
        [upstream] = Upstream.objects.filter(pk=upstream_id).standings()
        berth = choice.berth(upstream, lane=lane, taken=Attempt.objects.taken_slots())
        if berth:
            yield job_id, berth


def elsewhere_at(job: Job, *, than: Upstream | None, now: datetime) -> datetime | None:
    """When an upstream that this job has not failed at may take it: now, when one has cooled down, or never."""
    if job.proof_of_id:
        return None
    known = Upstream.objects.usable().exclude(pk__in=[*job.avoided, *([than.pk] if than else [])])
    others = {other.pk for other in choice.candidates(known.standings(), need=job.need, lane=job.lane)}
    cooling = known.filter(pk__in=others).values_list("cooling_until", flat=True)
    return min((max(until or now, now) for until in cooling), default=None)


def begin(job_id: int, *, at: Berth, worker: Worker, now: datetime) -> Attempt | None:
    """Start a job at a berth; None when somebody else did, or when the key cannot be opened and is told so."""
    upstream = Upstream.objects.filter(pk=at.upstream.pk).first()
    if upstream is None:
        return None
    job = Job.objects.select_related("generation", "owner").get(pk=job_id)
    if upstream.has_readable_key:
        return start(job, upstream=upstream, slot=at.slot, worker=worker, now=now)
    with transaction.atomic():
        trouble.note(upstream, error=KeyUnreadable(), now=now)
        if job.proof_of_id:
            job.cancel(now=now)
    return None


def start(job: Job, *, upstream: Upstream, slot: int, worker: Worker, now: datetime) -> Attempt | None:
    """Turn a queued job into a running attempt; None when somebody else took the job or the slot."""
    request = job.request()
    try:
        with transaction.atomic():
            if (
                not job.row.queued()
                .filter(round=job.round)
                .touch(state=Job.State.RUNNING, stage=Job.Stage.CLAIMED, started_at=now, not_before=None)
            ):
                return None
            return Attempt.objects.create(
                job=job,
                round=job.round,
                worker=worker,
                upstream=upstream,
                lane=job.lane,
                slot=slot,
                started_at=now,
                model=request.model,
                size=str(request.size),
                quality=request.quality,
                output_format=request.output_format,
                upstream_name=upstream.name,
                upstream_group=upstream.group,
                key_fingerprint=upstream.key_fingerprint,
                user_alias=job.owner.alias,
                late_after=upstream.late(job.lane),
                price_multiplier=upstream.price_multiplier,
                is_simulated=upstream.is_simulated,
                omitted=sorted(as_sent(request, upstream, alias=job.owner.alias).omitted),
            )
    except IntegrityError:
        return None


def call_of(attempt: Attempt) -> Call:
    upstream = attempt.upstream
    assert upstream is not None
    request = as_sent(attempt.job.request(), upstream, alias=attempt.user_alias)
    return Call(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        endpoint=endpoint_of(upstream),
        request=request,
        is_task=upstream.can_async and not request.stream and not attempt.job.main_model,
        task_id=attempt.task_id,
        client_request_id=str(attempt.client_request_id),
        image_field=upstream.image_field,
        limits=Limits(standard=upstream.deadline_standard, large=upstream.deadline_large, silence=upstream.silence),
        is_talk=attempt.job.generation.talk is not None,
    )


def endpoint_of(upstream: Upstream) -> Endpoint:
    return Endpoint(
        base_url=upstream.base_url, api_key=upstream.api_key, is_private_allowed=upstream.is_private_allowed
    )


def as_sent(request: ImageRequest, upstream: Upstream, *, alias: uuid.UUID) -> ImageRequest:
    """The request as this upstream gets it: streamed where that helps, without what it was found to refuse."""
    sent = replace(streamed(request, upstream), user=alias.hex)
    for name in upstream.refused_parameters:
        sent = sent.without(name) or sent
    return sent


def streamed(request: ImageRequest, upstream: Upstream) -> ImageRequest:
    """Stream where previews are asked for, or where a silent line would be cut by a proxy: large or high.

    A task has no line that could be cut, and cannot stream.
    """
    is_slow = (request.is_large or request.quality == "high") and not upstream.can_async
    stream = upstream.can_stream and (request.partial_images > 0 or is_slow)
    return replace(request, stream=stream, partial_images=request.partial_images if stream else 0)
