"""Claiming: which job starts next, at which upstream, in which of its slots."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from django.db import IntegrityError, transaction

from studio.gateway import Endpoint
from studio.images import EditRequest, ImageRequest
from studio.library import inbox
from studio.upstreams.models import Lane, Upstream

from .models import Attempt, Job, Worker, free_slot

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
    """Take the fairest eligible job and a free slot for it, in one transaction; None when nothing can start now."""
    for upstream in Upstream.objects.usable().in_order():
        for lane in Lane.values:
            slot = free_slot(Attempt.objects.taken_slots(upstream=upstream, lane=lane), upstream.slots(lane))
            job = Job.objects.fairest(lane=lane, now=now) if slot is not None else None
            if job is None or slot is None:
                continue
            attempt = start(job, upstream=upstream, slot=slot, worker=worker, now=now)
            if attempt:
                return call_of(attempt)
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
