"""Claiming: which job starts next, at which upstream, in which of its slots."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path

from django.db import IntegrityError, transaction

from studio.gateway import Endpoint
from studio.images import EditRequest, ImageRequest
from studio.library import inbox
from studio.upstreams import choice
from studio.upstreams.choice import Berth
from studio.upstreams.models import Lane, Upstream

from . import trouble
from .errors import KeyUnreadable
from .models import Attempt, Job, Worker

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

    @property
    def is_edit(self) -> bool:
        return isinstance(self.request, EditRequest)

    @property
    def body_path(self) -> Path:
        return inbox.path(self.attempt_id)


def claim_some(*, worker: Worker, now: datetime) -> list[Call]:
    """Claim until nothing more can start, or there are enough for the first to be sent before the next are claimed."""
    return list(islice(iter(partial(claim, worker=worker, now=now), None), BATCH))


def claim(*, worker: Worker, now: datetime) -> Call | None:
    """Take the fairest job that finds room and a slot for it, in one transaction; None when nothing can start now."""
    for job_id, berth in chain(proofs(now=now), openings(now=now)):
        attempt = begin(job_id, berth=berth, worker=worker, now=now)
        if attempt:
            return call_of(attempt)
    return None


def openings(*, now: datetime) -> Iterator[tuple[int, Berth]]:
    """Jobs that could start, the fairest first, each with the best berth for it."""
    upstreams, taken = list(Upstream.objects.ready(now=now)), Attempt.objects.taken_slots()
    for lane in Lane.values:
        free = choice.berths(upstreams, lane=lane, taken=taken)
        for head in Job.objects.heads(lane=lane, now=now) if free else ():
            berth = choice.best(free, need=head.need, upstreams=upstreams, lane=lane, avoided=head.avoided)
            if berth:
                yield head.job_id, berth


def proofs(*, now: datetime) -> Iterator[tuple[int, Berth]]:
    """Proofs that wait, each with a berth at its own upstream, even where that is switched off or cooling."""
    for job in Job.objects.eligible(lane=Lane.STANDARD, now=now).proofs().select_related("proof_of"):
        upstream = job.proof_of
        berth = upstream and choice.berth(upstream, lane=job.lane, taken=Attempt.objects.taken_slots())
        if berth:
            yield job.pk, berth


def elsewhere_at(job: Job, *, than: Upstream | None, now: datetime) -> datetime | None:
    """When an upstream that this job has not failed at may take it: now, when one has cooled down, or never."""
    if job.proof_of_id:
        return None
    known = Upstream.objects.usable().exclude(pk__in=[*job.avoided, *([than.pk] if than else [])])
    others = choice.candidates(known, need=job.need, lane=job.lane)
    return min((max(other.cooling_until or now, now) for other in others), default=None)


def begin(job_id: int, *, berth: Berth, worker: Worker, now: datetime) -> Attempt | None:
    """Start a job at a berth; an upstream whose key cannot be opened is switched off instead."""
    upstream, job = berth.upstream, Job.objects.select_related("generation", "owner").get(pk=job_id)
    if upstream.has_readable_key:
        return start(job, upstream=upstream, slot=berth.slot, worker=worker, now=now)
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
                price_multiplier=upstream.price_multiplier,
                is_simulated=upstream.is_simulated,
            )
    except IntegrityError:
        return None


def call_of(attempt: Attempt) -> Call:
    upstream = attempt.upstream
    assert upstream is not None
    request = attempt.job.request()
    return Call(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        endpoint=Endpoint(
            base_url=upstream.base_url, api_key=upstream.api_key, is_private_allowed=upstream.is_private_allowed
        ),
        request=replace(streamed(request, upstream), user=attempt.user_alias.hex),
        client_request_id=str(attempt.client_request_id),
        image_field=upstream.image_field,
    )


def streamed(request: ImageRequest, upstream: Upstream) -> ImageRequest:
    """Stream where previews are asked for, or where a silent line would be cut by a proxy: large or high."""
    is_slow = request.is_large or request.quality == "high"
    stream = upstream.can_stream and (request.partial_images > 0 or is_slow)
    return replace(request, stream=stream, partial_images=request.partial_images if stream else 0)
