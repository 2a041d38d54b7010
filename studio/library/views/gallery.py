"""The gallery."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from studio.web.htmx import HtmxHttpRequest
from studio.web.numbers import row_number

from ..models import Picture

PAGE = 48  # pictures
COUNTED = 10_000  # pictures at the most; counting all of an archive would take longer than the rest of its page


@require_safe
@vary_on_headers("HX-Request")
def gallery(request: HtmxHttpRequest) -> HttpResponse:
    """Own pictures, newest first; `?before=<id>` continues below that picture, as a fragment for htmx.

    `?downgraded=1` shows only those for which a gateway gave less than was requested.
    """
    own = Picture.objects.owned_by(request.user).kept()
    is_downgraded = request.GET.get("downgraded") == "1"
    shown = own.downgraded() if is_downgraded else own
    before = row_number(request.GET.get("before", ""))
    page = list((shown.before(before) if before else shown).order_by("-pk")[: PAGE + 1])
    context = {
        "pictures": page[:PAGE],
        "next_before": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_downgraded": is_downgraded,
    }
    if request.htmx and before:
        return render(request, "library/gallery.html#page", context)
    more = {
        "count": shown.order_by("-pk")[: COUNTED + 1].count(),
        "counted": COUNTED,
        "before": before,
        "has_downgraded": own.downgraded().exists(),
    }
    return render(request, "library/gallery.html", context | more)
