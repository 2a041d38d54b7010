"""The forms of the mask editor: a painted mask, and the edit requested with it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.generations.models import EditSpec
from studio.images import EditRequest, ImageFile
from studio.images.edits import MAX_IMAGE_BYTES
from studio.images.masks import is_question
from studio.imaging.framing import can_crop, framing_of
from studio.imaging.masking import PaintedMask, UnusableMask, read_mask
from studio.library.models import Mask, Picture
from studio.web.problems import problem_words

from .forms import STALE
from .framing_choice import CANNOT_CUT, SendMode

MAX_CANDIDATES = 4
MAX_FEATHER = 64  # px


class PaintForm(forms.Form):
    """A painted mask, validated from its bytes."""

    # Set when the person has confirmed an unusual mask, such as one that covers the whole picture.
    is_confirmed = forms.BooleanField(required=False)
    mask = forms.FileField(error_messages={"required": _("Paint the area to change first.")})

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
            raise forms.ValidationError([problem_words(problem) for problem in error.problems]) from None
        questions = [problem_words(problem) for problem in painted.questions if is_question(problem)]
        if questions and "is_confirmed" not in self.data:
            raise forms.ValidationError(questions)
        return painted


class EditForm(PaintForm):
    """The mask and the settings of the editor's panel."""

    token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": STALE, "required": STALE})
    prompt = forms.CharField(label=_("Prompt"), strip=False, required=False)
    model = forms.CharField(label=_("Model"), initial="gpt-image-2")
    quality = forms.CharField(label=_("Quality"), initial="medium")
    n = forms.IntegerField(label=_("Count"), initial=1, min_value=1, max_value=MAX_CANDIDATES)
    lock = forms.BooleanField(required=False, initial=True)
    feather = forms.IntegerField(label=_("Feather"), required=False, min_value=0, max_value=MAX_FEATHER)
    send = forms.ChoiceField(label=_("Send"), choices=SendMode, initial=SendMode.WHOLE, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "token" in self.errors:
            self.add_error(None, STALE)
        if not self.errors and cleaned["send"] == SendMode.PRECISE and not can_crop(cleaned["mask"]):
            self.add_error("send", CANNOT_CUT)
        if not self.errors:
            self.request = self.build_request(cleaned)
            for problem in self.request.problems():
                self.add_error(problem.param if problem.param in self.fields else None, problem_words(problem))
        return cleaned

    def clean_send(self) -> str:
        return str(self.cleaned_data["send"] or SendMode.WHOLE)

    def build_request(self, cleaned: dict[str, Any]) -> EditRequest:
        size = framing_of(cleaned["mask"], is_precise=cleaned["send"] == SendMode.PRECISE).requested
        picture = ImageFile(format="png", byte_count=0, width=size.width, height=size.height)
        return EditRequest(
            prompt=cleaned["prompt"],
            model=cleaned["model"],
            size=size,
            quality=cleaned["quality"],
            output_format="png",
            n=cleaned["n"],
            images=(picture,),
        )


def edit_spec(form: EditForm, mask: Mask) -> EditSpec:
    cleaned, is_precise = form.cleaned_data, form.cleaned_data["send"] == SendMode.PRECISE
    return EditSpec(
        source=form.source,
        mask=mask,
        # With a precise framing only a part comes back; it must be composited with the rest of the picture.
        is_locked=cleaned["lock"] or is_precise,
        is_precise=is_precise,
        feather=cleaned["feather"],
    )
