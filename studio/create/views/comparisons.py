"""Two to four pictures beside, over and under each other, whatever they were chosen from."""

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studio.library.models import Picture
from studio.web.numbers import row_number

from ..comparison import MOST, address, compared, comparison_of
from ..lineage import relatives_of

VIEWS = ("slider", "side", "difference")
OFFERED = 12  # relatives to choose from


@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """`?picture=<id>&picture=<id>…` in their order, the first four of them; `?view=` is one of VIEWS."""
    ids = wanted_ids(request.GET)
    found = Picture.objects.seen_by(request.user).filter(pk__in=ids)
    rows = found.select_related("result__job__generation__mask").prefetch_related("result__job__generation__references")
    by_id = {picture.pk: picture for picture in rows}
    pictures = [by_id[pk] for pk in ids if pk in by_id]
    if not pictures:
        raise Http404
    shown = compared(pictures, user=request.user)
    view = request.GET.get("view", "")
    context = {
        "compared": shown,
        "view": view if view in VIEWS else VIEWS[len(shown) > 2],
        "comparison": comparison_of(shown),
        "others": [] if len(shown) == MOST else offered(request, pictures),
        "left_out": max(0, len(pictures) - MOST),
        "most": MOST,
    }
    return render(request, "create/comparison.html", context)


def wanted_ids(query: QueryDict) -> list[int]:
    """The numbers that are asked for, each once; a few more than are shown, so that the page can say so."""
    numbers = (row_number(text) for text in query.getlist("picture")[: 10 * MOST])
    return list(dict.fromkeys(number for number in numbers if number is not None))


def offered(request: HttpRequest, pictures: list[Picture]) -> list[tuple[Picture, str]]:
    """Relatives of the first picture that are not shown yet, each with the address that adds it."""
    relatives = relatives_of(pictures[0], user=request.user, most=OFFERED + MOST)
    others = [picture for picture in relatives if picture not in pictures][:OFFERED]
    ids = [picture.pk for picture in pictures]
    return [(other, address([*ids, other.pk])) for other in others]
