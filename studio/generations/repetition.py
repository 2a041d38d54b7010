"""Repeating an edit whose result could not be put back onto its source, in a way that may end better."""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from studio.images import EditRequest
from studio.imaging.framing import framing_of
from studio.library.models import Picture

from .models import EditSpec, Generation, Job


def repeated_request(generation: Generation, *, is_whole: bool) -> EditRequest:
    """The request of one more picture of an edit; `is_whole` sends all of the source instead of the painted part."""
    request = generation.request
    assert isinstance(request, EditRequest)
    assert generation.mask is not None
    size = framing_of(generation.mask.read(), is_precise=False).requested if is_whole else request.size
    return replace(request, n=1, size=size)


def repeat_edit(job: Job, *, is_whole: bool, is_elsewhere: bool, token: uuid.UUID, now: datetime) -> Generation:
    """Submit the edit of a job once more, as a generation of its own; the same token again is the same one.

    `is_elsewhere` avoids the upstreams it was sent to, if there is any other. Raise what `submit` raises.
    """
    generation = job.generation
    assert generation.source is not None
    assert generation.mask is not None
    spec = EditSpec(
        source=generation.source,
        mask=generation.mask,
        is_locked=generation.is_locked,
        is_precise=generation.is_precise and not is_whole,
        feather=generation.feather,
    )
    tried = job.attempts.exclude(upstream=None).values_list("upstream", flat=True)
    with transaction.atomic():
        repeated = Generation.objects.submit(
            owner=generation.owner,
            request=repeated_request(generation, is_whole=is_whole),
            token=token,
            now=now,
            spec=spec,
            references=list(
                Picture.objects.filter(referred_to__generation=generation).order_by("referred_to__position")
            ),
            fallback=generation.fallback,
        )
        if is_elsewhere:
            repeated.jobs.filter(state=Job.State.QUEUED).update(avoided=sorted(set(tried)))
    return repeated
