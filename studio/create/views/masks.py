"""The page of the mask editor, and submitting an edit."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from studio.accounts import rate_limit
from studio.accounts.access import person
from studio.core.refusals import Refusal
from studio.generations.models import Generation
from studio.generations.tariffs import PriceBoard
from studio.images.edits import MAX_IMAGE_BYTES
from studio.images.framing import whole_framing
from studio.images.masks import TINY_SHARE
from studio.library.models import Draft, Mask, Picture
from studio.safety.models import SafetyNote
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from .. import composer, mask_drafts
from ..mask_forms import EditForm, PaintForm, edit_spec


@body_limit(MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def mask(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """GET opens the editor with the latest draft; POST submits the edit."""
    picture = get_object_or_404(Picture.objects.owned_by(request.user).unpurged(), pk=picture_id)
    if request.method == "POST":
        return apply(request, picture)
    draft = mask_drafts.open_draft(request, picture)
    form = EditForm(source=picture, initial={"token": composer.new_token()})
    return render(request, "create/mask.html", editor_context(request, picture, draft, form))


def apply(request: HttpRequest, picture: Picture) -> HttpResponseBase:
    form, status, refused = EditForm(request.POST, request.FILES, source=picture), 422, None
    if form.is_valid():
        try:
            rate_limit.hit(person(request), "submit")
            submit_edit(form, owner=person(request))
            # Only the draft of this window; a draft of another window stays.
            mask_drafts.open_draft(request, picture).delete()
            return redirect("candidates", picture.pk)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status, refused = refusal.status, refusal
    form.data = {**{name: form.data[name] for name in form.data}, "token": str(composer.new_token())}
    context = editor_context(request, picture, mask_drafts.open_draft(request, picture), form)
    return render(request, "create/mask.html", context | {"refusal": refused}, status=status)


def submit_edit(form: EditForm, *, owner: Any) -> Generation:
    cleaned = form.cleaned_data
    # Before the transaction: a refusal must not roll back the line in the safety log.
    SafetyNote.objects.screen(form.request.prompt, person=owner, now=timezone.now())
    with transaction.atomic():
        mask = Mask.objects.get_or_store(cleaned["mask"], picture=form.source, owner=owner)
        return Generation.objects.submit(
            owner=owner, request=form.request, token=cleaned["token"], now=timezone.now(), spec=edit_spec(form, mask)
        )


def editor_context(request: HttpRequest, picture: Picture, row: Draft, form: PaintForm) -> dict[str, Any]:
    board = PriceBoard.of(timezone.now())
    return {
        "picture": picture,
        "form": form,
        "back_url": picture.get_absolute_url(),
        "rules": composer.rules(board),
        **composer.money_context(request.user, board),
        "draft": row.content or None,
        "draft_url": mask_drafts.draft_url(row),
        "draft_version": row.version,
        "masks": Mask.objects.fitting(picture, owner=person(request)),
        "whole": whole_framing(picture.width, picture.height),
        "tiny_share": TINY_SHARE,
    }
