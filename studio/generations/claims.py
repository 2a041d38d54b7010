"""Claiming: a queued job and a free slot of an upstream become a running attempt and its call.

Job and slot are taken in one transaction: a guarded UPDATE on the job, and a unique constraint on the attempt's slot.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from studio.gateway import Endpoint, Limits
from studio.gateway.studio_errors import KeyUnreadable
from studio.images import ImageRequest
from studio.images.durations import QUICK, TEXT_ONLY_SECONDS, quickest_seconds
from studio.library import inbox
from studio.upstreams import choice, health_effects
from studio.upstreams.capabilities import ASYNC, STREAM, from_key, to_key, uses
from studio.upstreams.choice import FreeSlot
from studio.upstreams.models import Upstream

from .models import Attempt, Job, Worker
from .scheduling import BATCH, assignments, test_picture_assignments

SOONEST, LATEST = 1.0, 30.0  # seconds; bounds of what counts as early
HISTORY_MARGIN = 0.8  # of the quickest picture seen: the next one may be quicker still


@dataclass(frozen=True)
class Call:
    """Everything one HTTP call needs, read once, so that the database is not touched while it runs."""

    attempt_id: int
    job_id: int
    kind: str  # of its generation
    endpoint: Endpoint
    request: ImageRequest
    client_request_id: str
    image_field: str
    limits: Limits
    is_task: bool = False  # send it as an image task, which outlives this process
    task_id: str = ""  # a task that was started before: wait for it, send nothing

    @property
    def body_path(self) -> Path:
        return inbox.path(self.attempt_id)


def claim_batch(*, worker: Worker, now: datetime) -> list[Call]:
    """Claim up to BATCH jobs, so that the first are sent before the next are claimed; empty when nothing can start."""
    calls: list[Call] = []
    for _pass in range(BATCH):
        candidates = chain(test_picture_assignments(now=now), assignments(now=now))
        found = list(islice(candidates, BATCH - len(calls)))
        attempts = [claim_job(job_id, slot=slot, worker=worker, now=now) for job_id, slot in found]
        calls += map(build_call, filter(None, attempts))
        if not found or len(calls) >= BATCH:
            break
    return calls


def elsewhere_at(job: Job, *, than: Upstream | None, now: datetime) -> datetime | None:
    """When an upstream this job has not failed at can take it: now, after a pause, or None for never."""
    if job.tested_upstream_id:
        return None
    known = list(Upstream.objects.usable().exclude(pk__in=[*job.avoided, *([than.pk] if than else [])]))
    others = choice.candidates([other.snapshot for other in known], need=job.need, lane=job.lane)
    able = {other.pk for other in others if not other.lacks(job.need)}
    free_at = (other.free_at(job.need, lane=job.lane, now=now) for other in known if other.pk in able)
    return min(free_at, default=None)


def claim_job(job_id: int, *, slot: FreeSlot, worker: Worker, now: datetime) -> Attempt | None:
    """Start a job at a free slot; None when another worker was faster or the upstream's key cannot be decrypted."""
    upstream = Upstream.objects.filter(pk=slot.upstream.pk).first()
    if upstream is None:
        return None
    job = Job.objects.select_related("generation", "owner").get(pk=job_id)
    if upstream.has_readable_key:
        return start_attempt(job, upstream=upstream, slot=slot.number, worker=worker, now=now)
    with transaction.atomic():
        health_effects.record_error(upstream, error=KeyUnreadable(), now=now)
        if job.tested_upstream_id:
            job.cancel(now=now)
    return None


def start_attempt(job: Job, *, upstream: Upstream, slot: int, worker: Worker, now: datetime) -> Attempt | None:
    """Turn a queued job into a running attempt; None when another worker took the job or the slot."""
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
                lane=job.lane,
                slot=slot,
                started_at=now,
                user_alias=job.owner.alias,
                **request_columns(job, upstream),
                **upstream_columns(job, upstream),
            )
    except IntegrityError:
        return None


def request_columns(job: Job, upstream: Upstream) -> dict[str, Any]:
    """What the attempt sends, as its columns."""
    request, used = job.request, uses(job.need, upstream)
    return {
        "model": request.model,
        "size": str(request.size),
        "quality": request.quality,
        "output_format": request.output_format,
        "uses": to_key(used),
        "omitted": sorted(adapt_to_upstream(request, upstream, used=used, alias=job.owner.alias).omitted),
    }


def upstream_columns(job: Job, upstream: Upstream) -> dict[str, Any]:
    """The upstream as it is now, as columns of the attempt: what is booked must not follow later changes."""
    return {
        "upstream": upstream,
        "upstream_name": upstream.name,
        "upstream_group": upstream.group,
        "key_fingerprint": upstream.key_fingerprint,
        "late_after": upstream.late(job.lane),
        "price_multiplier": upstream.price_multiplier,
        "is_simulated": upstream.is_simulated,
    }


def build_call(attempt: Attempt) -> Call:
    upstream = attempt.upstream
    assert upstream is not None
    used = from_key(attempt.uses)
    request = adapt_to_upstream(attempt.job.request, upstream, used=used, alias=attempt.user_alias)
    return Call(
        attempt_id=attempt.pk,
        job_id=attempt.job_id,
        kind=attempt.job.generation.kind,
        endpoint=upstream.endpoint,
        request=request,
        is_task=ASYNC in used,
        task_id=attempt.task_id,
        client_request_id=str(attempt.client_request_id),
        image_field=upstream.image_field,
        limits=Limits(
            standard=upstream.deadline_standard,
            large=upstream.deadline_large,
            silence=upstream.silence,
            early=early_seconds(attempt),
        ),
    )


def early_seconds(attempt: Attempt) -> float:
    """Seconds in which nothing can have been drawn: less than this upstream's quickest picture of the kind took.

    Where it has drawn too few, the documented times count; a main model answers sooner than any picture is drawn.
    """
    if attempt.job.main_model:
        return max(QUICK * TEXT_ONLY_SECONDS, SOONEST)
    past = Attempt.objects.quickest(
        upstream_id=attempt.upstream_id or 0, model=attempt.model, size=attempt.size, quality=attempt.quality
    )
    seconds = quickest_seconds(attempt.request.size, attempt.quality) if past is None else past * HISTORY_MARGIN
    return min(max(seconds, SOONEST), LATEST)


def adapt_to_upstream(
    request: ImageRequest, upstream: Upstream, *, used: Collection[str], alias: uuid.UUID
) -> ImageRequest:
    """The request as it is sent to this upstream: streamed where `used` says so, without what it refused before."""
    stream = STREAM in used
    sent = replace(request, user=alias.hex, stream=stream, partial_images=request.partial_images if stream else 0)
    if request.partial_images and not stream:
        sent = replace(sent, omitted=sent.omitted | {STREAM})
    for name in upstream.refused_parameters:
        sent = sent.without(name) or sent
    return sent
