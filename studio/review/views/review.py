"""What a reviewer sees: the pictures of a link, one of them, two beside each other, and their files."""

import re
from tempfile import TemporaryFile
from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.rate_limit import RateLimited, hit_key, rate_limited_response
from studio.imaging.thumbnails import THUMBNAIL_WIDTHS, thumbnail_name
from studio.library.media import chunks
from studio.library.models import Picture
from studio.transfer.rendering import Rendering, rendered

from ..access import (
    PASSWORD_COOKIE,
    address_of,
    keep,
    picture_at,
    review_page,
    reviewer_of,
    token_of,
)
from ..models import Reviewer, ReviewLink, ReviewNote, ReviewPicture, numbered

FILE = re.compile(r"(?:(?P<width>\d{1,5})\.webp|original\.(?P<format>png|jpeg|webp))")


@review_page
@require_safe
def review(request: HttpRequest, link: ReviewLink) -> HttpResponse:
    """All pictures, with what this reviewer thinks of them."""
    own = own_notes(reviewer_of(request, link))
    notes = ReviewNote.objects.filter(reviewer__link=link, kind=ReviewNote.Kind.COMMENT)
    commented = list(notes.values_list("picture_id", flat=True))
    pictures = [
        {
            "shown": shown,
            "is_approved": (ReviewNote.Kind.APPROVAL, shown.picture_id) in own,
            "is_picked": (ReviewNote.Kind.PICK, shown.picture_id) in own,
            "comment_count": commented.count(shown.picture_id),
        }
        for shown in link.shown_pictures()
    ]
    return render(request, "review/review.html", {"link": link, "token": token_of(request), "pictures": pictures})


def own_notes(reviewer: Reviewer | None) -> set[tuple[str, int]]:
    return set(reviewer.notes.values_list("kind", "picture_id")) if reviewer else set()


@review_page
@require_POST
def password(request: HttpRequest, link: ReviewLink) -> HttpResponseBase:
    try:
        hit_key(f"{link.pk}-{address_of(request)}", "review_password")
    except RateLimited as limited:
        return rate_limited_response(request, limited)
    if link.password and not link.accepts(request.POST.get("password", "")[:200]):
        context = {"link": link, "token": token_of(request), "error": _("That is not the password.")}
        return render(request, "review/password.html", context, status=422)
    response = redirect("review", token_of(request))
    keep(request, response, PASSWORD_COOKIE, link.key, link=link)
    return response


@review_page
@require_safe
def picture(request: HttpRequest, link: ReviewLink, *, number: int) -> HttpResponse:
    return render(request, "review/picture.html", picture_context(request, link, picture_at(link, number)))


def picture_context(
    request: HttpRequest, link: ReviewLink, shown: ReviewPicture, *, reviewer: Reviewer | None = None
) -> dict[str, Any]:
    reviewer = reviewer or reviewer_of(request, link)
    own = own_notes(reviewer)
    positions = list(link.shown_pictures().values_list("position", flat=True))
    at = positions.index(shown.position)
    notes = numbered(ReviewNote.objects.about(shown), picture=shown.picture)
    return {
        "link": link,
        "token": token_of(request),
        "shown": shown,
        "picture": shown.picture,
        "reviewer": reviewer,
        "notes": notes,
        "pins": [note for note in notes if note.has_point],
        "is_approved": (ReviewNote.Kind.APPROVAL, shown.picture_id) in own,
        "is_picked": (ReviewNote.Kind.PICK, shown.picture_id) in own,
        "number": at + 1,
        "count": len(positions),
        "previous": positions[at - 1] if at else None,
        "following": positions[at + 1] if at + 1 < len(positions) else None,
    }


@review_page
@require_safe
def comparison(request: HttpRequest, link: ReviewLink) -> HttpResponseBase:
    """Two pictures over each other, `?picture=1&picture=2` by their positions."""
    numbers = [int(text) for text in request.GET.getlist("picture")[:9] if re.fullmatch(r"[0-9]{1,4}", text)]
    if len(set(numbers)) < 2:
        return redirect("review", token_of(request))
    before, after = (picture_at(link, number) for number in list(dict.fromkeys(numbers))[:2])
    context = {"link": link, "token": token_of(request), "before": before, "after": after}
    return render(request, "review/comparison.html", context)


@review_page
@require_safe
def media(request: HttpRequest, link: ReviewLink, *, number: int, name: str) -> HttpResponseBase:
    """A thumbnail, or the original where it is shown: without anything but its pixels, and under no telling name."""
    picture, match = picture_at(link, number).picture, FILE.fullmatch(name)
    if match is None:
        raise Http404
    try:
        if match["width"] and int(match["width"]) in THUMBNAIL_WIDTHS:
            with default_storage.open(thumbnail_name(str(picture.file.name), int(match["width"]))) as file:
                return HttpResponse(file.read(), content_type="image/webp")
        if link.shows_originals and match["format"] == picture.format:
            return original(picture, number, is_download="download" in request.GET)
    except FileNotFoundError:
        pass
    raise Http404


def original(picture: Picture, number: int, *, is_download: bool) -> HttpResponseBase:
    """From a file on disk, so that whoever reads slowly holds no memory."""
    size = (picture.width, picture.height)
    data = rendered(picture.read_bytes(), Rendering(format=picture.format, size=size), ground=picture.ground)
    file = TemporaryFile()  # noqa: SIM115 - closed by `chunks`
    file.write(data)
    file.seek(0)
    response = StreamingHttpResponse(chunks(file, len(data)), content_type=f"image/{picture.format}")
    response["Content-Length"] = str(len(data))
    kind = "attachment" if is_download else "inline"
    response["Content-Disposition"] = f'{kind}; filename="picture-{number}.{picture.format}"'
    return response
