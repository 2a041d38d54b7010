"""Both ways to put a picture before the model, whole or only its painted part: sizes, prices, and which one to take."""

from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from studio.accounts.access import person
from studio.images import MODELS, Estimate, ImageRequest
from studio.images.framing import Box, Framing, precise_framing, precision_reason, whole_framing
from studio.library.masking import PaintedMask
from studio.library.models import Picture

from .forms import words
from .tariffs import Board


class Send(TextChoices):
    """What of a picture goes to the model."""

    WHOLE = "whole", _("The whole picture")
    PRECISE = "precise", _("Only the painted part")


UNCUT = _("No part around what is painted has a size the model draws. Send the whole picture instead.")
OUTSIDE = _("What is painted lies outside the picture.")


def framing_of(painted: PaintedMask, *, is_precise: bool) -> Framing:
    """The framing of an edit, found anew from its kept mask; ValueError where no part can be cut out."""
    if not is_precise:
        return whole_framing(*painted.size)
    framing = precise_framing(*painted.size, painted.box)
    if framing is None:
        raise ValueError("nothing can be cut out around what is painted")
    return framing


def can_cut(painted: PaintedMask) -> bool:
    """Whether a part around what is painted has a size that the model draws."""
    return precise_framing(*painted.size, painted.box) is not None


def price(request: ImageRequest, framing: Framing) -> Estimate:
    """What one picture of a request costs in USD when it is drawn in this framing, the sent picture included."""
    asked = replace(request, size=framing.asked)
    return Board.of(timezone.now()).probable(asked).estimate(asked, input_tokens=framing.input_tokens)


def comparison(picture: Picture, box: Box, request: ImageRequest) -> dict[str, Any]:
    """Both ways as data for the page; `precise` is None where nothing can be cut out."""
    sides = (picture.width, picture.height)
    precise, reason = precise_framing(*sides, box), precision_reason(*sides, box)
    return {
        "whole": described(whole_framing(*sides), request),
        "precise": described(precise, request) if precise else None,
        "is_proposed": reason is not None,
        "reason": words(reason) if reason else "",
    }


def described(framing: Framing, request: ImageRequest) -> dict[str, Any]:
    """A framing as data: edges in px, prices in USD as strings, `scale` in px drawn for a px of the picture."""
    cost = price(request, framing)
    return {
        "size": str(framing.asked),
        "width": framing.asked.width,
        "height": framing.asked.height,
        "input_tokens": framing.input_tokens,
        "scale": float(framing.scale),
        "price": {"low": str(cost.low), "high": str(cost.high), "expected": str(cost.expected)},
    }


class BoxForm(forms.Form):
    """Where a picture is painted, in px, and with what it is to be drawn."""

    left = forms.IntegerField(min_value=0)
    top = forms.IntegerField(min_value=0)
    width = forms.IntegerField(min_value=1)
    height = forms.IntegerField(min_value=1)
    model = forms.ChoiceField(choices=[(model.id, model.id) for model in MODELS], required=False)
    quality = forms.CharField(required=False, empty_value="medium")

    def __init__(self, *args: Any, picture: Picture, **kwargs: Any) -> None:
        self.picture = picture
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        self.box = Box(*(cleaned[name] for name in Box._fields))
        self.request = ImageRequest(prompt="", model=cleaned["model"] or MODELS[0].id, quality=cleaned["quality"])
        if not Box(0, 0, self.picture.width, self.picture.height).holds(self.box):
            self.add_error(None, OUTSIDE)
        for problem in self.request.problems():
            if problem.param != "prompt":  # prices come without its words, which may still be missing
                self.add_error(None, words(problem))
        return cleaned


@require_safe
def framings(request: HttpRequest, picture_id: int) -> HttpResponse:
    """Both ways of sending a picture that is painted in a box, as JSON; prices are without the prompt's words."""
    picture = get_object_or_404(Picture.objects.seen_by(person(request)), pk=picture_id)
    form = BoxForm(request.GET, picture=picture)
    if form.is_valid():
        return JsonResponse(comparison(picture, form.box, form.request))
    said = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return JsonResponse({"error": said}, status=400)
