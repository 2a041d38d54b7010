"""Duplicate requests: identical to an earlier generation that was paid for and brought pictures."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from studio.accounts.models import User
from studio.images import ImageRequest
from studio.ledger.models import Entry
from studio.library.models import Picture

from .models import Generation, GenerationSpec

RECENT = timedelta(days=30)
CONSIDERED = 20  # latest identical requests


class Duplicate(NamedTuple):
    """The earlier generation, what it cost in USD, and its pictures that are not in the trash."""

    earlier: Generation
    paid: Decimal
    pictures: Sequence[Picture]


def find_duplicate(
    request: ImageRequest, *, owner: User, spec: GenerationSpec | None = None, references: Sequence[Picture] = ()
) -> Duplicate | None:
    """This person's latest identical generation with a picture they still have."""
    same = Generation.objects.seen_by(owner).same_as(request, spec=spec, references=references)
    same = same.filter(created_at__gt=timezone.now() - RECENT).order_by("-pk")
    for earlier in same.prefetch_related("jobs__pictures")[:CONSIDERED]:
        jobs = earlier.jobs.all()
        pictures = [picture for job in jobs for picture in job.pictures.all() if picture.trashed_at is None]
        if pictures:
            return Duplicate(
                earlier, Entry.objects.booked().filter(job_id__in=[job.pk for job in jobs]).sum(), pictures
            )
    return None
