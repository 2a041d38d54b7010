"""The candidates of an edit compared with their source, and the decision on each of them."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from studio.generations.models import Generation, Job, job_of
from studio.imaging.lock import LockRefused
from studio.library.models import Picture, PictureQuerySet
from studio.web.htmx import HtmxHttpRequest
from studio.web.numbers import row_number

from ..comparison import MOST, address

EARLIER = 12  # other edits of the same source that are shown


@require_safe
@vary_on_headers("HX-Request")
def candidates(request: HtmxHttpRequest, picture_id: int) -> HttpResponse:
    """The latest edit of a picture, or `?edit=<generation>`; `?job=<job>` is one candidate as a fragment for htmx."""
    source = get_object_or_404(Picture.objects.owned_by(request.user), pk=picture_id)
    edits = Generation.objects.seen_by(request.user).filter(source=source).exclude(mask=None).order_by("-pk")
    if request.htmx and "job" in request.GET:
        own_jobs = Job.objects.filter(generation__in=edits).prefetch_related("pictures", "attempts")
        job = get_object_or_404(own_jobs, pk=row_number(request.GET["job"]))
        return render(request, "create/candidates.html#candidate", {"source": source, "job": job})
    context = {"source": source, **shown_edit(edits, wanted=row_number(request.GET.get("edit", "")))}
    return render(request, "create/candidates.html", context)


def shown_edit(edits: Any, *, wanted: int | None) -> dict[str, Any]:
    edit = (edits.filter(pk=wanted).first() if wanted else None) or edits.first()
    if edit is None:
        return {"edit": None}
    jobs = list(edit.jobs.select_related("generation").prefetch_related("pictures", "attempts").order_by("position"))
    drawn = [picture.pk for job in jobs for picture in job.pictures.all() if picture.trashed_at is None]
    return {
        "edit": edit,
        "compare_url": address([edit.source_id, *drawn][:MOST]) if drawn else "",
        "jobs": jobs,
        "accepted": Picture.objects.accepted().filter(result__job__in=jobs).first(),
        "has_live": any(job.state in Job.LIVE_STATES for job in jobs),
        "other_edits": edits.exclude(pk=edit.pk)[:EARLIER],
    }


@require_POST
def acceptance(request: HtmxHttpRequest, picture_id: int) -> HttpResponseBase:
    """Choose a candidate: the undecided ones of its edit are passed over. A discarded one comes back from the trash."""
    return decide(request, picture_id, accept)


@require_POST
def discarding(request: HtmxHttpRequest, picture_id: int) -> HttpResponseBase:
    """Put a candidate into the trash."""
    return decide(request, picture_id, discard)


@require_POST
def reopening(request: HtmxHttpRequest, picture_id: int) -> HttpResponseBase:
    """Undo a decision: with an accepted candidate the set is undecided again, a discarded one comes back alone."""
    return decide(request, picture_id, reopen)


def decide(
    request: HtmxHttpRequest, picture_id: int, decision: Callable[[Picture, PictureQuerySet], None]
) -> HttpResponseBase:
    with transaction.atomic():
        picture = get_object_or_404(Picture.objects.owned_by(request.user).candidates(), pk=picture_id)
        others = others_of(picture)
        before = decisions(picture, others)
        decision(picture, others)
        changed = [pk for pk, word in decisions(picture, others).items() if before[pk] != word]
        Job.objects.filter(pictures__in=changed).touch()
    return decision_response(request, picture, others)


def others_of(picture: Picture) -> PictureQuerySet:
    """The other candidates of the same edit."""
    job = job_of(picture)
    found = Picture.objects.candidates().exclude(pk=picture.pk)
    return found.filter(result__job__generation=job.generation_id) if job else found.none()


def decisions(picture: Picture, others: PictureQuerySet) -> dict[int, str]:
    return dict(
        Picture.objects.filter(pk__in=[picture.pk, *others.values_list("pk", flat=True)]).values_list("pk", "decision")
    )


def accept(picture: Picture, others: PictureQuerySet) -> None:
    picture.accept()
    Picture.objects.filter(pk__in=ids(others)).pass_over()


def discard(picture: Picture, _others: PictureQuerySet) -> None:
    picture.discard(now=timezone.now())


def reopen(picture: Picture, others: PictureQuerySet) -> None:
    if picture.decision == Picture.Decision.DISCARDED and not others.exists():
        picture.accept()  # there is nothing to choose from: whoever takes it back wants it
        return
    mine = Picture.objects.filter(pk=picture.pk)
    if picture.decision == Picture.Decision.ACCEPTED:
        mine |= Picture.objects.filter(pk__in=ids(others.exclude(decision=Picture.Decision.DISCARDED)))
    mine.reopen()
    if picture.decision == Picture.Decision.DISCARDED and others.accepted().exists():
        mine.pass_over()


def ids(pictures: PictureQuerySet) -> list[int]:
    """Their numbers, read now: an update does not follow a join."""
    return list(pictures.values_list("pk", flat=True))


def decision_response(request: HtmxHttpRequest, picture: Picture, others: PictureQuerySet) -> HttpResponseBase:
    if not request.htmx:
        return redirect(picture)
    picture.refresh_from_db()
    # The picture's own page shows nothing of the others.
    is_set_shown = (request.htmx.current_url_abs_path or "").startswith(reverse("candidates", args=[picture.source_id]))
    context: dict[str, Any] = {"is_alone": not is_set_shown}
    context |= {"picture": picture, "others": list(others) if is_set_shown else [], "source": picture.source}
    context["accepted"] = others.accepted().first() if picture.decision != Picture.Decision.ACCEPTED else picture
    return render(
        request, "create/candidates.html#decided" if is_set_shown else "create/candidates.html#decision", context
    )


# ── On the picture's own page ───────────────────────────────────────────────────────────────────────────────────────


def lock_sentences(picture: Picture) -> dict[str, str]:
    """How an edit was put back onto its source, or why it was not."""
    return {
        "leak_sentence": leak_sentence(picture.leak),
        "unlocked_sentence": str(LockRefused.SENTENCES.get(picture.lock_verdict, "")),
    }


def leak_sentence(leak: float | None) -> str:
    """How much the model changed outside the mask; `leak` is a share of the protected pixels, 0 to 1."""
    if leak is None:
        return ""
    if not leak:
        return _("The model changed none of the protected pixels.")
    if leak < 0.01:
        return _("The model changed less than 1 % of the protected pixels; they were restored in your picture.")
    return _("The model changed %(share)d %% of the protected pixels; they were restored in your picture.") % {
        "share": round(100 * leak)
    }
