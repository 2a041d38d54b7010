"""The composer's context: initial values, uploaded references, and the rules and prices sent to the browser."""

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
from studio.generations.models import Generation
from studio.generations.tariffs import PriceBoard
from studio.images import MAX_IMAGES, ImageRequest
from studio.ledger.models import Budget, Entry, Period
from studio.ledger.periods import local_day
from studio.library import uploads
from studio.library.models import Picture
from studio.web.numbers import row_number


def new_token() -> uuid.UUID:
    """A token for one form: the same token again means the same click again."""
    return uuid.uuid4()


def starting_values(user: Any, *, reuse: str | None, references: Sequence[str] = ()) -> dict[str, Any]:
    """Initial values: the settings of the picture to reuse, else of the person's last generation, else defaults."""
    source = reused_generation(user, reuse)
    is_reuse = source is not None
    source = source or Generation.objects.seen_by(user).order_by("-pk").first()
    values: dict[str, Any] = {"token": new_token()}
    if source is not None:
        names = ["model", "quality", "output_format", "output_compression", "background", "moderation"]
        values |= {name: getattr(source.request, name) for name in [*names, "partial_images"]}
        values["size"] = str(source.request.size)
    if is_reuse and source is not None:
        values["prompt"] = source.prompt
        values["reference"] = [str(reference.picture_id) for reference in source.references.all()]
    return values | ({"reference": list(references)} if references else {})


def data_with_uploads(request: HttpRequest) -> tuple[QueryDict, list[str]]:
    """The POST data with uploaded files stored and added as references, and why any of them were refused."""
    data, uploaded = request.POST.copy(), request.FILES.getlist("references")
    room = MAX_IMAGES - len(data.getlist("reference"))
    pictures, sentences = uploads.store_uploads(uploaded[: max(0, room)], owner=person(request))
    for picture in pictures:
        data.appendlist("reference", str(picture.pk))
    if len(uploaded) > room:
        sentences.append(gettext("At most %(limit)s references can be attached.") % {"limit": MAX_IMAGES})
    return data, sentences


def reused_generation(user: Any, picture_id: str | None) -> Generation | None:
    """The generation of one of this person's pictures."""
    number = row_number(picture_id or "")
    mine = Picture.objects.owned_by(user).kept()
    return Generation.objects.filter(jobs__pictures__in=mine.filter(pk=number)).first() if number else None


def rules(board: PriceBoard) -> dict[str, Any]:
    """The rules of `images` as data, with messages in the person's language, and the current tariffs."""
    return translated_rules(get_language() or "en") | {"tariffs": board.as_data()}


def money_context(user: Any, board: PriceBoard) -> dict[str, Any]:
    """What stands beside the price: what the person's pictures usually cost, and a budget that is nearly spent."""
    usual = Entry.objects.filter(person=user, is_simulated=board.is_simulated).usual_price()
    return {"usual_price": usual, "partial_price": partial_price(board), "budget_warning": budget_warning(user, board)}


def budget_warning(user: Any, board: PriceBoard) -> Period | None:
    return Budget.objects.warning(user.pk, today=local_day(board.now), is_simulated=board.is_simulated)


def partial_price(board: PriceBoard) -> Decimal:
    """What one partial preview adds to a picture's price, in USD; 0 where pictures are billed by the picture."""
    plain = ImageRequest(prompt="", size=images.Size.parse("1024x1024"), quality="low")
    tariff = board.likely_tariff(plain)
    return tariff.estimate(replace(plain, stream=True, partial_images=1)).expected - tariff.estimate(plain).expected


@cache
def translated_rules(_language: str) -> dict[str, Any]:
    data = images.rules()
    return data | {"messages": {code: gettext(message) for code, message in data["messages"].items()}}


def presets() -> list[dict[str, str]]:
    """The three presets: fast for a draft, normal, and high quality for the final picture."""
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


def examples(board: PriceBoard) -> list[dict[str, Any]]:
    requests = [
        ImageRequest(prompt=gettext(prompt), size=images.Size.parse(size), quality=quality)
        for prompt, size, quality in EXAMPLES
    ]
    return [
        {
            "prompt": request.prompt,
            "size": str(request.size),
            "quality": request.quality,
            "price": board.likely_tariff(request).estimate(request).expected,
        }
        for request in requests
    ]
