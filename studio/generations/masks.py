"""The mask editor's page: painting, its drafts, and the edit that is asked for."""

import hashlib
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from studio.accounts.access import person
from studio.images import EditRequest, ImageFile
from studio.images.edits import MAX_IMAGE_BYTES
from studio.images.framing import whole_framing
from studio.images.masks import TINY_SHARE, is_question, same_ratio
from studio.library.masking import PaintedMask, UnusableMask, read_mask
from studio.library.models import Draft, Mask, Picture

from . import composer, drafts
from .forms import STALE, words
from .framings import UNCUT, Send, can_cut, framing_of
from .models import Edit, Generation, NotFiled, SafetyNote
from .pace import count_wish
from .tariffs import Board

MAX_CANDIDATES = 4
MAX_FEATHER = 64  # px
SHOWN_MASKS, CONSIDERED_MASKS = 24, 500


class PaintForm(forms.Form):
    """A painted mask, read by the server from its bytes."""

    # The person was asked about an odd mask and meant it.
    is_meant = forms.BooleanField(required=False)
    mask = forms.FileField(error_messages={"required": _("Paint where the picture should change first.")})

    def __init__(self, *args: Any, source: Picture, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "%s")
        self.source = source
        super().__init__(*args, **kwargs)

    def clean_mask(self) -> PaintedMask:
        file = self.cleaned_data["mask"]
        data = file.read(MAX_IMAGE_BYTES + 1)
        try:
            painted = read_mask(data, source=(self.source.width, self.source.height))
        except UnusableMask as error:
            raise forms.ValidationError([words(problem) for problem in error.problems]) from None
        asked = [words(problem) for problem in painted.questions if is_question(problem)]
        if asked and "is_meant" not in self.data:
            raise forms.ValidationError(asked)
        return painted


class EditForm(PaintForm):
    """What the editor's panel asks for beside the mask."""

    token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": STALE, "required": STALE})
    prompt = forms.CharField(label=_("Prompt"), strip=False, required=False)
    model = forms.CharField(label=_("Model"), initial="gpt-image-2")
    quality = forms.CharField(label=_("Quality"), initial="medium")
    n = forms.IntegerField(label=_("Count"), initial=1, min_value=1, max_value=MAX_CANDIDATES)
    lock = forms.BooleanField(required=False, initial=True)
    feather = forms.IntegerField(label=_("Feather"), required=False, min_value=0, max_value=MAX_FEATHER)
    send = forms.ChoiceField(label=_("Send"), choices=Send, initial=Send.WHOLE, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "token" in self.errors:
            self.add_error(None, STALE)
        if not self.errors and cleaned["send"] == Send.PRECISE and not can_cut(cleaned["mask"]):
            self.add_error("send", UNCUT)
        if not self.errors:
            self.request = self.made_request(cleaned)
            for problem in self.request.problems():
                self.add_error(problem.param if problem.param in self.fields else None, words(problem))
        return cleaned

    def clean_send(self) -> str:
        return str(self.cleaned_data["send"] or Send.WHOLE)

    def made_request(self, cleaned: dict[str, Any]) -> EditRequest:
        asked = framing_of(cleaned["mask"], is_precise=cleaned["send"] == Send.PRECISE).asked
        picture = ImageFile(format="png", byte_count=0, width=asked.width, height=asked.height)
        return EditRequest(
            prompt=cleaned["prompt"],
            model=cleaned["model"],
            size=asked,
            quality=cleaned["quality"],
            output_format="png",
            n=cleaned["n"],
            images=(picture,),
        )


@require_http_methods(["GET", "HEAD", "POST"])
def mask(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """GET opens the editor with the latest draft; POST files the edit."""
    picture = get_object_or_404(Picture.objects.seen_by(request.user), pk=picture_id)
    if request.method == "POST":
        return apply(request, picture)
    draft = drafts.opened(request, picture)
    form = EditForm(source=picture, initial={"token": composer.fresh_token()})
    return render(request, "generations/mask.html", editor_context(request, picture, draft, form))


def apply(request: HttpRequest, picture: Picture) -> HttpResponseBase:
    form, status = EditForm(request.POST, request.FILES, source=picture), 422
    if form.is_valid():
        try:
            count_wish(person(request))
            file_edit(form, owner=person(request))
            # The one that was just saved with it; a draft of another window stays.
            drafts.opened(request, picture).delete()
            return redirect("candidates", picture.pk)
        except NotFiled as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
    form.data = {**{name: form.data[name] for name in form.data}, "token": str(composer.fresh_token())}
    context = editor_context(request, picture, drafts.opened(request, picture), form)
    return render(request, "generations/mask.html", context, status=status)


def file_edit(form: EditForm, *, owner: Any) -> Generation:
    cleaned = form.cleaned_data
    # Before the transaction, which would take the log's line back with it.
    SafetyNote.objects.screen(form.request.prompt, person=owner, now=timezone.now())
    with transaction.atomic():
        edit = edit_of(form, kept_mask(cleaned["mask"], picture=form.source, owner=owner))
        return Generation.objects.submit(
            owner=owner, request=form.request, token=cleaned["token"], now=timezone.now(), edit=edit
        )


def edit_of(form: EditForm, mask: Mask) -> Edit:
    cleaned, is_precise = form.cleaned_data, form.cleaned_data["send"] == Send.PRECISE
    return Edit(
        source=form.source,
        mask=mask,
        # A part that is not put back under the lock would be no edit of this picture.
        is_locked=cleaned["lock"] or is_precise,
        is_precise=is_precise,
        feather=cleaned["feather"],
    )


def known_mask(painted: PaintedMask, *, picture: Picture, owner: Any) -> Mask | None:
    """The row of a mask that was painted on this picture before, to the pixel."""
    digest = hashlib.sha256(painted.png()).hexdigest()
    return Mask.objects.filter(owner=owner, picture=picture, sha256=digest).first()


def kept_mask(painted: PaintedMask, *, picture: Picture, owner: Any) -> Mask:
    """The mask as a file and a row, once for each picture and owner."""
    if known := known_mask(painted, picture=picture, owner=owner):
        return known
    data = painted.png()
    digest = hashlib.sha256(data).hexdigest()
    name = default_storage.save(f"masks/{picture.pk}-{digest[:16]}.png", ContentFile(data))
    facts = {"width": painted.size[0], "height": painted.size[1], "share": painted.share}
    return Mask.objects.create(owner=owner, picture=picture, file=name, sha256=digest, **facts)


def fitting_masks(picture: Picture, *, owner: Any) -> list[Mask]:
    """The masks that can be laid on this picture, those of its own edits first, then the latest."""
    recent = Mask.objects.filter(owner=owner).order_by("-pk")
    kept = [*recent.filter(picture=picture)[:SHOWN_MASKS], *recent.exclude(picture=picture)[:CONSIDERED_MASKS]]
    size = (picture.width, picture.height)
    return [mask for mask in kept if same_ratio((mask.width, mask.height), size)][:SHOWN_MASKS]


def editor_context(request: HttpRequest, picture: Picture, row: Draft, form: PaintForm) -> dict[str, Any]:
    board = Board.of(timezone.now())
    return {
        "picture": picture,
        "form": form,
        "back_url": picture.get_absolute_url(),
        "rules": composer.rules(board),
        **composer.money_context(request.user, board),
        "draft": row.content or None,
        "draft_url": drafts.address(row),
        "draft_version": row.version,
        "masks": fitting_masks(picture, owner=person(request)),
        "whole": whole_framing(picture.width, picture.height),
        "tiny_share": TINY_SHARE,
    }
