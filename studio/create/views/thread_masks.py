"""The mask editor for a thread: the mask is stored, and the thread's composer continues with it."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from studio.accounts.access import person
from studio.images.edits import MAX_IMAGE_BYTES
from studio.library.models import Mask, Picture
from studio.threads.models import Thread
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from .. import composer_drafts, mask_drafts
from ..mask_forms import PaintForm
from .masks import editor_context


@body_limit(MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def mask(request: HttpRequest, picture_id: int, thread_id: int | None = None) -> HttpResponseBase:
    """GET opens the editor on a version; POST stores the mask and redirects to the thread's composer with it."""
    picture = get_object_or_404(Picture.objects.owned_by(request.user).kept(), pk=picture_id)
    thread = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id) if thread_id else None
    form = (
        PaintForm(request.POST, request.FILES, source=picture)
        if request.method == "POST"
        else PaintForm(source=picture)
    )
    if form.is_bound and form.is_valid():
        stored_mask = Mask.objects.get_or_store(form.cleaned_data["mask"], picture=picture, owner=person(request))
        mask_drafts.open_draft(request, picture).delete()
        return redirect(f"{continue_url(thread, picture)}&mask={stored_mask.pk}")
    context: dict[str, Any] = editor_context(request, picture, mask_drafts.open_draft(request, picture), form) | {
        "thread": thread,
        "back_url": continue_url(thread, picture),
        **composer_drafts.context(person(request), composer_drafts.place_of(thread)),
    }
    return render(request, "create/thread_mask.html", context, status=422 if form.is_bound else 200)


def continue_url(thread: Thread | None, picture: Picture) -> str:
    """The address of a thread, continuing from this version."""
    if thread is None:
        return f"{reverse('new_thread')}?picture={picture.pk}"
    return f"{thread.get_absolute_url()}?from={picture.pk}"
