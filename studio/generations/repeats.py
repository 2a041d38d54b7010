"""Was it paid for before? A wish that is the same in everything leads to what came of it the last time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from studio.accounts.access import person
from studio.accounts.models import User
from studio.images import ImageRequest
from studio.ledger.models import Entry
from studio.library.models import Picture

from .forms import ComposerForm
from .masks import EditForm, edit_of, known_mask
from .models import Generation
from .models.generation import Detail

RECENT = timedelta(days=30)
CONSIDERED = 20  # of the same wishes, the latest
SHOWN = 3  # pictures


class Repeat(NamedTuple):
    """An earlier wish for the same, what it cost in USD, and those of its pictures that are still there."""

    earlier: Generation
    paid: Decimal
    pictures: Sequence[Picture]

    def as_context(self) -> dict[str, Any]:
        return {
            "earlier": self.earlier,
            "paid": self.paid,
            "pictures": self.pictures[:SHOWN],
            "more": len(self.pictures[SHOWN:]),
            "when": day_words(self.earlier.created_at),
        }


@require_POST
def repeats(request: HttpRequest) -> HttpResponse:
    """The note over the composer's button; empty where there is nothing to say. Nothing is filed."""
    form = ComposerForm(request.POST, owner=request.user)
    found = None
    if form.is_valid():
        found = repeat_of(form.request, owner=person(request), references=form.cleaned_data["reference"])
    return render(request, "generations/repeat.html", found.as_context() if found else {})


@require_POST
def mask_repeats(request: HttpRequest, picture_id: int) -> HttpResponse:
    """The same of an edit, asked when it is about to be applied; nothing of it is kept, its mask neither."""
    picture = get_object_or_404(Picture.objects.seen_by(request.user), pk=picture_id)
    form = EditForm(request.POST, request.FILES, source=picture)
    mask = known_mask(form.cleaned_data["mask"], picture=picture, owner=person(request)) if form.is_valid() else None
    found = repeat_of(form.request, owner=person(request), edit=edit_of(form, mask)) if mask else None
    return render(request, "generations/repeat.html#asked", found.as_context() if found else {})


def repeat_of(
    request: ImageRequest, *, owner: User, edit: Detail | None = None, references: Sequence[Picture] = ()
) -> Repeat | None:
    """The latest of the same wishes of this person that brought a picture they still have."""
    same = Generation.objects.seen_by(owner).same_as(request, edit=edit, references=references)
    same = same.filter(created_at__gt=timezone.now() - RECENT).order_by("-pk")
    for earlier in same.prefetch_related("jobs__pictures")[:CONSIDERED]:
        jobs = earlier.jobs.all()
        pictures = [picture for job in jobs for picture in job.pictures.all() if picture.trashed_at is None]
        if pictures:
            return Repeat(earlier, Entry.objects.booked().filter(job_id__in=[job.pk for job in jobs]).sum(), pictures)
    return None


def day_words(instant: datetime) -> str:
    """today at 14:05, yesterday, on 3 November"""
    local = timezone.localtime(instant)
    days = (timezone.localdate() - local.date()).days
    if days == 0:
        return _("today at %(time)s") % {"time": date_format(local, "H:i")}
    return _("yesterday") if days == 1 else _("on %(day)s") % {"day": date_format(local, _("j F"))}
