"""The page of a picture."""

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from studio.generations.models import Attempt, job_of
from studio.library.models import Picture
from studio.transfer.forms import FORMATS

from ..fallback_steps import fallback_steps
from ..tiles import whole_seconds
from . import candidates
from .threads import refining_url


@require_GET
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    own_pictures = Picture.objects.owned_by(request.user)
    shown = get_object_or_404(own_pictures.select_related("result__job__generation__mask", "source"), pk=picture_id)
    kept = own_pictures.kept()
    own_pictures.filter(pk=shown.pk).note_opened(now=timezone.now())
    job = job_of(shown)
    context = {
        "picture": shown,
        "download_formats": FORMATS,
        "fallback_steps": fallback_steps(shown.steps),
        "openings": shown.openings.select_related("admin")[:5],
        "generation": job.generation if job else None,
        "attempt": job.attempts.filter(outcome=Attempt.Outcome.SUCCEEDED).last() if job else None,
        "whole_seconds": whole_seconds(list(job.attempts.all())) if job else None,
        # Neighbours in the gallery, which shows the newest first.
        "previous_id": kept.filter(pk__gt=shown.pk).order_by("pk").values_list("pk", flat=True).first(),
        "next_id": kept.before(shown.pk).aggregate(newest=Max("pk"))["newest"],
        "refining_url": refining_url(shown, user=request.user),
        **candidates.lineage(shown, user=request.user),
    }
    return render(request, "create/picture.html", context)


@require_GET
def refinement(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """Go on with a picture in a conversation: in the latest thread it is part of, else in a new one."""
    picture = get_object_or_404(Picture.objects.owned_by(request.user), pk=picture_id)
    return redirect(refining_url(picture, user=request.user))
