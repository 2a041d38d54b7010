"""The two ways to send a picture to the model, whole or only its painted part: sizes, prices, and a recommendation."""

from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.generations.tariffs import PriceBoard
from studio.images import MODELS, Estimate, ImageRequest
from studio.images.framing import Box, Framing, precise_framing, precision_reason, whole_framing
from studio.library.models import Picture
from studio.web.problems import problem_words


class SendMode(TextChoices):
    """What of a picture goes to the model."""

    WHOLE = "whole", _("The whole picture")
    PRECISE = "precise", _("Only the painted area")


CANNOT_CUT = _("No area around the painting has a size the model supports. Send the whole picture instead.")
OUTSIDE_PICTURE = _("The painted area is outside the picture.")


def framing_price(request: ImageRequest, framing: Framing) -> Estimate:
    """What one picture costs in USD in this framing, including the picture that is sent."""
    sent = replace(request, size=framing.requested)
    tariff = PriceBoard.of(timezone.now()).likely_tariff(sent)
    return tariff.estimate(sent, input_tokens=framing.input_tokens)


def compare_framings(picture: Picture, box: Box, request: ImageRequest) -> dict[str, Any]:
    """Both framings as data for the page; `precise` is None where the painted part cannot be cut out."""
    sides = (picture.width, picture.height)
    precise, reason = precise_framing(*sides, box), precision_reason(*sides, box)
    return {
        "whole": framing_data(whole_framing(*sides), request),
        "precise": framing_data(precise, request) if precise else None,
        "is_proposed": reason is not None,
        "reason": problem_words(reason) if reason else "",
    }


def framing_data(framing: Framing, request: ImageRequest) -> dict[str, Any]:
    """A framing as data: edges in px, prices in USD as strings, `scale` in generated px per px of the picture."""
    cost = framing_price(request, framing)
    return {
        "size": str(framing.requested),
        "width": framing.requested.width,
        "height": framing.requested.height,
        "input_tokens": framing.input_tokens,
        "scale": float(framing.scale),
        "price": {"low": str(cost.low), "high": str(cost.high), "expected": str(cost.expected)},
    }


class BoxForm(forms.Form):
    """The box of a picture that is painted, in px, and the model and quality to price."""

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
        if not Box(0, 0, self.picture.width, self.picture.height).contains(self.box):
            self.add_error(None, OUTSIDE_PICTURE)
        for problem in self.request.problems():
            if problem.param != "prompt":  # prices come without its words, which may still be missing
                self.add_error(None, problem_words(problem))
        return cleaned
