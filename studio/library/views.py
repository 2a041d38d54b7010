"""The gallery."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from .models import Picture

PAGE = 48  # pictures


@require_safe
@vary_on_headers("HX-Request")
def gallery(request: HttpRequest) -> HttpResponse:
    """Own pictures, newest first; `?before=<id>` continues below that picture, as a fragment for htmx.

    `?downgraded=1` shows only those for which a gateway gave less than was asked for.
    """
    own = Picture.objects.seen_by(request.user).kept()
    is_downgraded = request.GET.get("downgraded") == "1"
    shown = own.downgraded() if is_downgraded else own
    before = picture_id(request.GET.get("before", ""))
    page = list((shown.before(before) if before else shown).order_by("-pk")[: PAGE + 1])
    context = {
        "pictures": page[:PAGE],
        "next_before": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_downgraded": is_downgraded,
    }
    if request.htmx and before:  # type: ignore[attr-defined]
        return render(request, "library/gallery.html#page", context)
    more = {"count": shown.count(), "before": before, "has_downgraded": own.downgraded().exists()}
    return render(request, "library/gallery.html", context | more)


def picture_id(text: str) -> int | None:
    """A picture's number from an address, or None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
