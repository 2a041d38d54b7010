"""An edit's candidates over their source, and the word that each of them waits for."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from studio.library.lock import Unlockable
from studio.library.models import Picture
from studio.library.views import picture_id as number

from .models import Generation, Job

EARLIER, LATER = 12, 24  # edits shown: other wishes on the same source, pictures made from a picture


@require_safe
@vary_on_headers("HX-Request")
def candidates(request: HttpRequest, picture_id: int) -> HttpResponse:
    """The latest edit of a picture, or `?edit=<generation>`; `?job=<job>` is one candidate as a fragment for htmx."""
    source = get_object_or_404(Picture.objects.seen_by(request.user), pk=picture_id)
    edits = Generation.objects.seen_by(request.user).filter(source=source).exclude(mask=None).order_by("-pk")
    if request.htmx and "job" in request.GET:  # type: ignore[attr-defined]
        mine = Job.objects.filter(generation__in=edits).prefetch_related("pictures", "attempts")
        job = get_object_or_404(mine, pk=number(request.GET["job"]))
        return render(request, "generations/candidates.html#candidate", {"source": source, "job": job})
    context = {"source": source, **shown_edit(edits, wanted=number(request.GET.get("edit", "")))}
    return render(request, "generations/candidates.html", context)


def shown_edit(edits: Any, *, wanted: int | None) -> dict[str, Any]:
    edit = (edits.filter(pk=wanted).first() if wanted else None) or edits.first()
    if edit is None:
        return {"edit": None}
    jobs = list(edit.jobs.select_related("generation").prefetch_related("pictures", "attempts").order_by("position"))
    return {
        "edit": edit,
        "jobs": jobs,
        "has_live": any(job.state in Job.LIVE_STATES for job in jobs),
        "other_edits": edits.exclude(pk=edit.pk)[:EARLIER],
    }


@require_POST
def acceptance(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """Keep a candidate; one that was discarded comes back from the trash."""
    with transaction.atomic():
        picture = candidate(request, picture_id)
        if picture.accept():
            Job.objects.filter(pictures=picture).touch()
    return decided(request, picture)


@require_POST
def discarding(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """Put a candidate into the trash."""
    with transaction.atomic():
        picture = candidate(request, picture_id)
        if picture.discard(now=timezone.now()):
            Job.objects.filter(pictures=picture).touch()
    return decided(request, picture)


def candidate(request: HttpRequest, picture_id: int) -> Picture:
    return get_object_or_404(Picture.objects.seen_by(request.user).candidates(), pk=picture_id)


def decided(request: HttpRequest, picture: Picture) -> HttpResponseBase:
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(picture)
    picture.refresh_from_db()
    return render(request, "generations/candidates.html#decision", {"picture": picture})


# ── On the picture's own page ───────────────────────────────────────────────────────────────────────────────────────


def lineage(picture: Picture, *, user: Any) -> dict[str, Any]:
    """What a picture was made from, what was made from it, and how it was put together."""
    return {
        "leak_words": leak_words(picture.leak),
        "unlocked_words": Unlockable.SENTENCES.get(picture.lock_verdict, ""),
        "edits": Picture.objects.seen_by(user).kept().filter(source=picture).order_by("-pk")[:LATER],
    }


def leak_words(leak: float | None) -> str:
    """What the model did where it should have done nothing; `leak` is a share, 0 to 1."""
    if leak is None:
        return ""
    if not leak:
        return _("The model changed none of the protected pixels, and neither did your copy.")
    if leak < 0.01:
        return _("The model changed less than 1 % of the protected pixels; your copy changed none.")
    return _("The model changed %(share)d %% of the protected pixels; your copy changed none.") % {
        "share": round(100 * leak)
    }
