"""The owner's pages: own links, a new one, what was said, revoking."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts import links
from studio.accounts.access import page_with_form, person
from studio.library.models import Picture
from studio.library.selection import Selection, TooManyChosen

from ..forms import LinkForm
from ..models import MAX_PICTURES, ReviewLink, ReviewNote, numbered

SHOWN = 200  # links on a page


@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """Own links, the newest first."""
    own = list(ReviewLink.objects.owned_by(request.user).with_counts().order_by("-pk")[:SHOWN])
    return render(request, "review/reviews.html", {"links": with_state(own, now=timezone.now())})


def with_state(own: list[ReviewLink], *, now: datetime) -> list[tuple[ReviewLink, bool]]:
    return [(link, link.revoked_at is None and now < link.expires_at) for link in own]


@page_with_form
def new_review(request: HttpRequest) -> HttpResponseBase:
    """A link for the pictures that `picture` names; its address is shown once."""
    pictures = chosen_pictures(request)
    if not pictures:
        messages.error(request, _("Choose the pictures of the review first."))
        return redirect("gallery")
    form = LinkForm(request.POST if request.method == "POST" else None, initial={"name": first_name()})
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "review/new_review.html", {"form": form, "pictures": pictures}, status=status)
    link, token = ReviewLink.issue(owner=person(request), pictures=pictures, now=timezone.now(), **form.facts())
    return show(request, link, token=token)


def chosen_pictures(request: HttpRequest) -> list[Picture]:
    """Own pictures of a selection, in the order in which they were chosen; anything else is skipped."""
    try:
        selection = Selection.parse(request.POST if request.method == "POST" else request.GET)
    except TooManyChosen:
        return []
    found = selection.of(Picture.objects.owned_by(request.user).kept(), user=request.user).order_by("-pk")
    if selection.query is not None:
        return list(found[:MAX_PICTURES])
    by_number = found.in_bulk(selection.ids[:MAX_PICTURES])
    return [by_number[number] for number in selection.ids if number in by_number]


def first_name() -> str:
    """What a link is called that nobody has named yet: never by a prompt, which reviewers might see."""
    return _("Review of %(day)s") % {"day": date_format(timezone.localtime(), "j F")}


@require_safe
def review_notes(request: HttpRequest, link_id: int) -> HttpResponse:
    """What was said to one link; from then on it counts as seen."""
    link = own_link(request, link_id)
    response = show(request, link)
    ReviewNote.objects.filter(reviewer__link=link).mark_seen(now=timezone.now())
    return response


def show(request: HttpRequest, link: ReviewLink, *, token: str = "") -> HttpResponse:
    notes: dict[int, list[ReviewNote]] = {}
    for note in ReviewNote.objects.filter(reviewer__link=link).select_related("reviewer").order_by("pk"):
        notes.setdefault(note.picture_id, []).append(note)
    shown_pictures = link.shown_pictures()
    pictures = [(shown, numbered(notes.get(shown.picture_id, []), picture=shown.picture)) for shown in shown_pictures]
    context: dict[str, Any] = {
        "link": link,
        "is_open": link.is_open(now=timezone.now()),
        "pictures": pictures,
        "address": links.absolute(reverse("review", args=[token]), request) if token else "",
    }
    return render(request, "review/review_notes.html", context)


@require_POST
def review_address(request: HttpRequest, link_id: int) -> HttpResponseBase:
    """A new address for a link that is open; the old one stops working."""
    link = own_link(request, link_id)
    if not link.is_open(now=timezone.now()):
        messages.error(request, _("This review is over. Create a new link."))
        return redirect(link)
    return show(request, link, token=link.replace_token())


@require_POST
def review_revocation(request: HttpRequest, link_id: int) -> HttpResponseBase:
    own_link(request, link_id).revoke(now=timezone.now())
    messages.success(request, _("The link no longer works."))
    return redirect("reviews")


def own_link(request: HttpRequest, link_id: int) -> ReviewLink:
    return get_object_or_404(ReviewLink.objects.owned_by(request.user).select_related("owner"), pk=link_id)
