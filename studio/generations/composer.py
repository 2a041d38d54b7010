"""What the composer starts with, and the rules it hands to the browser."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from studio import images
from studio.accounts.access import person
from studio.images import MAX_IMAGES, ImageRequest
from studio.ledger.models import Budget, Entry, Period
from studio.ledger.periods import local_day
from studio.library.models import Picture

from . import uploads
from .models import Generation
from .tariffs import Board


def fresh_token() -> uuid.UUID:
    """One token a wish: the same one again is the same click again."""
    return uuid.uuid4()


def starting_values(user: Any, *, reuse: str | None, references: Sequence[str] = ()) -> dict[str, Any]:
    """The settings of the picture to be reused, else those of the person's last wish, else the form's own."""
    source = reused(user, reuse)
    is_reuse = source is not None
    source = source or Generation.objects.seen_by(user).order_by("-pk").first()
    values: dict[str, Any] = {"token": fresh_token()}
    if source is not None:
        names = ["model", "size", "quality", "output_format", "output_compression", "background", "moderation"]
        values |= {name: getattr(source, name) for name in [*names, "partial_images"]}
    if is_reuse and source is not None:
        values["prompt"] = source.prompt
        values["reference"] = [str(reference.picture_id) for reference in source.references.all()]
    return values | ({"reference": list(references)} if references else {})


def with_uploads(request: HttpRequest) -> tuple[QueryDict, list[str]]:
    """What was posted, its files as pictures among the references, and why any were refused."""
    data, uploaded = request.POST.copy(), request.FILES.getlist("references")
    room = MAX_IMAGES - len(data.getlist("reference"))
    pictures, sentences = uploads.kept_all(uploaded[: max(0, room)], owner=person(request))
    for picture in pictures:
        data.appendlist("reference", str(picture.pk))
    if len(uploaded) > room:
        sentences.append(gettext("At most %(limit)s pictures can go along.") % {"limit": MAX_IMAGES})
    return data, sentences


def reused(user: Any, picture_id: str | None) -> Generation | None:
    if not (picture_id and picture_id.isascii() and picture_id.isdigit() and len(picture_id) < 16):
        return None
    picture = Picture.objects.seen_by(user).kept().filter(pk=int(picture_id)).select_related("job__generation").first()
    return picture.job.generation if picture and picture.job else None


def rules(board: Board) -> dict[str, Any]:
    """Every rule of `images` as data, worded in the person's language, and what pictures are charged by now."""
    return translated_rules(get_language() or "en") | {"tariffs": board.as_data()}


def money_context(user: Any, board: Board) -> dict[str, Any]:
    """What a person is told beside the price: what their pictures usually cost, and a budget that is nearly spent."""
    usual = Entry.objects.filter(person=user, is_simulated=board.is_simulated).usual_price()
    return {"usual_price": usual, "partial_price": partial_price(board), "budget_warning": budget_warning(user, board)}


def budget_warning(user: Any, board: Board) -> Period | None:
    return Budget.objects.warning(user.pk, today=local_day(board.now), is_simulated=board.is_simulated)


def partial_price(board: Board) -> Decimal:
    """What one partial preview adds to a picture, in USD; nothing where pictures are billed whole."""
    plain = ImageRequest(prompt="", size=images.Size.parse("1024x1024"), quality="low")
    tariff = board.probable(plain)
    return tariff.estimate(replace(plain, stream=True, partial_images=1)).expected - tariff.estimate(plain).expected


@cache
def translated_rules(_language: str) -> dict[str, Any]:
    data = images.rules()
    return data | {"messages": {code: gettext(message) for code, message in data["messages"].items()}}


def presets() -> list[dict[str, str]]:
    """Three ways of asking: quick to look, normal to show, high to keep."""
    return [
        {"name": "draft", "label": gettext(_("Draft")), "quality": "low", "output_format": "jpeg"},
        {"name": "normal", "label": gettext(_("Normal")), "quality": "medium", "output_format": "png"},
        {"name": "final", "label": gettext(_("Final")), "quality": "high", "output_format": "png"},
    ]


EXAMPLES = (
    (_("A quiet harbour at sunrise, paper-cut layers, soft orange light"), "1536x1024", "medium"),
    (_("Product photo of a matte ceramic cup on warm stone, soft window light"), "1024x1024", "medium"),
    (_("Poster of a night city seen from above, long exposure, deep blue"), "1024x1536", "low"),
)


def examples(board: Board) -> list[dict[str, Any]]:
    wishes = [
        ImageRequest(prompt=gettext(prompt), size=images.Size.parse(size), quality=quality)
        for prompt, size, quality in EXAMPLES
    ]
    return [
        {
            "prompt": wish.prompt,
            "size": str(wish.size),
            "quality": wish.quality,
            "price": board.probable(wish).estimate(wish).expected,
        }
        for wish in wishes
    ]
