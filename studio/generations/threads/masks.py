"""A mask for a thread's composer: painted in the editor, kept, and brought back to the conversation."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from studio.accounts.access import person
from studio.library.models import Picture

from .. import drafts
from ..masks import PaintForm, editor_context, kept_mask
from ..models import Thread


@require_http_methods(["GET", "HEAD", "POST"])
def mask(request: HttpRequest, picture_id: int, thread_id: int | None = None) -> HttpResponseBase:
    """GET opens the editor over a version; POST keeps what was painted and leads back to the composer with it."""
    picture = get_object_or_404(Picture.objects.seen_by(request.user).kept(), pk=picture_id)
    thread = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id) if thread_id else None
    form = (
        PaintForm(request.POST, request.FILES, source=picture)
        if request.method == "POST"
        else PaintForm(source=picture)
    )
    if form.is_bound and form.is_valid():
        kept = kept_mask(form.cleaned_data["mask"], picture=picture, owner=person(request))
        drafts.opened(request, picture).delete()
        return redirect(f"{address_of(thread, picture)}&mask={kept.pk}")
    context: dict[str, Any] = editor_context(request, picture, drafts.opened(request, picture), form) | {
        "thread": thread,
        "back_url": address_of(thread, picture),
    }
    return render(request, "generations/thread_mask.html", context, status=422 if form.is_bound else 200)


def address_of(thread: Thread | None, picture: Picture) -> str:
    """The conversation, about to go on from this version."""
    if thread is None:
        return f"{reverse('new_thread')}?picture={picture.pk}"
    return f"{thread.get_absolute_url()}?from={picture.pk}"
