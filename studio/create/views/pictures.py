"""The page of a picture."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from studio.generations.models import Attempt, job_of
from studio.library.gallery_query import GalleryQuery
from studio.library.models import Collection, Picture
from studio.transfer.forms import FORMATS

from ..comparison import address
from ..fallback_steps import fallback_steps
from ..lineage import Lineage, lineage_of
from ..tiles import whole_seconds
from . import candidates
from .threads import refining_url


@require_GET
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """A picture; the rest of the address is the gallery's query for the list it is looked at in."""
    seen = Picture.objects.seen_by(request.user).select_related("result__job__generation__mask", "source")
    shown = get_object_or_404(seen, pk=picture_id)
    Picture.objects.owned_by(request.user).filter(pk=shown.pk).note_opened(now=timezone.now())
    lineage = lineage_of(shown, user=request.user)
    context = {
        "picture": shown,
        "download_formats": FORMATS,
        "is_own": shown.owner_id == request.user.pk,
        "lineage": lineage,
        "compare_url": compare_url(shown, lineage),
        "fallback_steps": fallback_steps(shown.steps),
        "tags": shown.tags.filter(owner=request.user).order_by("name"),
        "collections": Collection.objects.seen_by(request.user)
        .kept()
        .filter(placements__picture=shown)
        .order_by("name"),
        "openings": shown.openings.select_related("admin")[:5],
        **neighbours(request, shown),
        **job_context(shown),
        "refining_url": refining_url(shown, user=request.user),
        **candidates.lock_sentences(shown),
    }
    return render(request, "create/picture.html", context)


def neighbours(request: HttpRequest, shown: Picture) -> dict[str, Any]:
    """The pictures before and after it in the list one came from, and the address of that list."""
    query = GalleryQuery.parse(request.GET)
    listed, place = query.pictures_of(request.user), query.place_of(shown)
    text = query.urlencode()
    return {
        "previous": query.preceding(listed, place).first(),
        "next": query.following(listed, place).first(),
        "list_query": f"?{text}" if text else "",
    }


def job_context(shown: Picture) -> dict[str, Any]:
    """What is known of the call that brought it."""
    job = job_of(shown)
    if job is None:
        return {}
    return {
        "generation": job.generation,
        "attempt": job.attempts.filter(outcome=Attempt.Outcome.SUCCEEDED).last(),
        "whole_seconds": whole_seconds(list(job.attempts.all())),
    }


def compare_url(shown: Picture, lineage: Lineage) -> str:
    """Where it is compared with the closest of its relatives; empty where it has none."""
    closest = lineage.closest
    return address([closest[0].pk, shown.pk]) if closest else ""


@require_GET
def refinement(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """Go on with a picture in a conversation: in the latest thread it is part of, else in a new one."""
    picture = get_object_or_404(Picture.objects.owned_by(request.user), pk=picture_id)
    return redirect(refining_url(picture, user=request.user))
