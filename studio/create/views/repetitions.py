"""Repeating an edit whose result could not be put back onto its source."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from studio.accounts import rate_limit
from studio.accounts.access import person
from studio.core.refusals import Refusal
from studio.generations.models import job_of
from studio.generations.repetition import repeat_edit
from studio.library.models import Picture

from ..repetition_offers import ELSEWHERE, WHOLE, is_unlocked


@require_POST
def repetition(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """Submit the edit of an unlocked result once more: `whole` or `elsewhere`."""
    own = Picture.objects.owned_by(request.user).select_related("result__job__generation__mask")
    picture = get_object_or_404(own.exclude(source=None), pk=picture_id)
    job, how = job_of(picture), request.POST.get("how")
    if job is None or job.generation.mask is None or not is_unlocked(picture) or how not in (WHOLE, ELSEWHERE):
        return HttpResponseBadRequest()
    address = reverse("candidates", args=[picture.source_id])
    try:
        rate_limit.hit(person(request), "submit")
        repeated = repeat_edit(
            job,
            is_whole=how == WHOLE,
            is_elsewhere=how == ELSEWHERE,
            token=uuid.UUID(request.POST.get("token", "")),
            now=timezone.now(),
        )
    except ValueError:
        return HttpResponseBadRequest()
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(picture)
    return redirect(f"{address}?edit={repeated.pk}")
