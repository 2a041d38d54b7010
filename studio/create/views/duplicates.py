"""Warns before a duplicate: an identical earlier request, its pictures and what they cost."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from studio.accounts.access import person
from studio.generations.duplicate_requests import Duplicate, find_duplicate
from studio.images.edits import MAX_IMAGE_BYTES
from studio.library.models import Mask, Picture
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from ..forms import ComposerForm
from ..mask_forms import EditForm, edit_spec

SHOWN = 3  # pictures


@require_POST
def duplicates(request: HttpRequest) -> HttpResponse:
    """The note over the composer's button; empty without a duplicate. Nothing is submitted."""
    form = ComposerForm(request.POST, owner=request.user)
    found = None
    if form.is_valid():
        found = find_duplicate(form.request, owner=person(request), references=form.cleaned_data["reference"])
    return render(request, "create/duplicates.html", context_of(found) if found else {})


@body_limit(MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_POST
def mask_duplicates(request: HttpRequest, picture_id: int) -> HttpResponse:
    """The same for an edit that is about to be submitted; neither it nor its mask is stored."""
    picture, found = get_object_or_404(Picture.objects.owned_by(request.user), pk=picture_id), None
    form = EditForm(request.POST, request.FILES, source=picture)
    if form.is_valid() and (
        mask := Mask.objects.find_same(form.cleaned_data["mask"], picture=picture, owner=request.user)
    ):
        found = find_duplicate(form.request, owner=person(request), spec=edit_spec(form, mask))
    return render(request, "create/duplicates.html#question", context_of(found) if found else {})


def context_of(found: Duplicate) -> dict[str, Any]:
    return {
        "earlier": found.earlier,
        "paid": found.paid,
        "pictures": found.pictures[:SHOWN],
        "more": len(found.pictures[SHOWN:]),
        "when": day_label(found.earlier.created_at),
    }


def day_label(instant: datetime) -> str:
    """Such as "today at 14:05", "yesterday" or "on 3 November"."""
    local = timezone.localtime(instant)
    days = (timezone.localdate() - local.date()).days
    if days == 0:
        return _("today at %(time)s") % {"time": date_format(local, "H:i")}
    return _("yesterday") if days == 1 else _("on %(day)s") % {"day": date_format(local, _("j F"))}
