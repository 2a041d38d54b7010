"""What a reviewer does: comment, approve, pick."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from studio.accounts.rate_limit import RateLimited, hit_key, rate_limited_response
from studio.web.error_responses import refusal_response
from studio.web.htmx import HtmxHttpRequest

from .. import notices
from ..access import REVIEWER_COOKIE, address_of, keep, picture_at, review_page, reviewer_of, token_of
from ..forms import NoteForm
from ..models import MAX_NOTES, MAX_REVIEWERS, Reviewer, ReviewLink, ReviewNote, ReviewPicture
from .review import picture_context

Kind = ReviewNote.Kind


@review_page
@require_POST
def comments(request: HtmxHttpRequest, link: ReviewLink, *, number: int) -> HttpResponseBase:
    def add(reviewer: Reviewer, shown: ReviewPicture, form: NoteForm) -> ReviewNote | None:
        facts = {"kind": Kind.COMMENT, "text": form.cleaned_data["text"], **form.point()}
        return ReviewNote.objects.create(reviewer=reviewer, picture=shown.picture, **facts)

    return said(request, link, number, add, needs_text=True)


@review_page
@require_POST
def approval(request: HtmxHttpRequest, link: ReviewLink, *, number: int) -> HttpResponseBase:
    """Approve a picture, or take the approval back."""

    def switch(reviewer: Reviewer, shown: ReviewPicture, _form: NoteForm) -> ReviewNote | None:
        own = reviewer.notes.filter(kind=Kind.APPROVAL, picture=shown.picture)
        return None if own.delete()[0] else added(reviewer, shown, Kind.APPROVAL)

    return said(request, link, number, switch)


@review_page
@require_POST
def pick(request: HtmxHttpRequest, link: ReviewLink, *, number: int) -> HttpResponseBase:
    """Pick a picture instead of the one picked before, or take the pick back."""

    def switch(reviewer: Reviewer, shown: ReviewPicture, _form: NoteForm) -> ReviewNote | None:
        picked = reviewer.notes.filter(kind=Kind.PICK).first()
        reviewer.notes.filter(kind=Kind.PICK).delete()
        return None if picked and picked.picture_id == shown.picture_id else added(reviewer, shown, Kind.PICK)

    return said(request, link, number, switch)


def added(reviewer: Reviewer, shown: ReviewPicture, kind: str) -> ReviewNote | None:
    """The note, once: a double click may have made it already."""
    try:
        with transaction.atomic():
            return ReviewNote.objects.create(reviewer=reviewer, picture=shown.picture, kind=kind)
    except IntegrityError:
        return None


def said(
    request: HtmxHttpRequest,
    link: ReviewLink,
    number: int,
    write: Callable[[Reviewer, ReviewPicture, NoteForm], ReviewNote | None],
    *,
    needs_text: bool = False,
) -> HttpResponseBase:
    """Write what was said and show the picture with it; refuse what is too much, too fast or empty with a sentence."""
    shown, form = picture_at(link, number), NoteForm(request.POST)
    try:
        hit_key(f"{link.pk}-{address_of(request)}", "review_note")
    except RateLimited as limited:
        return rate_limited_response(request, limited)
    if not form.is_valid() or (needs_text and not form.cleaned_data["text"]):
        return refused(request, _("Write a comment of at most 2,000 characters."))
    now = timezone.now()
    with transaction.atomic():
        reviewer = reviewer_of(request, link) or new_reviewer(link, form)
        if reviewer is None or ReviewNote.objects.filter(reviewer__link=link).count() >= MAX_NOTES:
            return refused(request, _("This review is full: nothing more can be added to it."))
        if name := form.cleaned_data["reviewer"]:
            Reviewer.objects.filter(pk=reviewer.pk).exclude(name=name).update(name=name)
            reviewer.name = name
        note = write(reviewer, shown, form)
    if note:
        notices.tell(note, link=link, request=request, now=now)
    answer = picture_context(request, link, shown, reviewer=reviewer) | {"is_answer": True}
    response = (
        render(request, "review/picture.html#said", answer)
        if request.htmx
        else redirect("review_picture", token_of(request), number)
    )
    keep(request, response, REVIEWER_COOKIE, str(reviewer.pk), link=link)
    return response


def new_reviewer(link: ReviewLink, form: NoteForm) -> Reviewer | None:
    if link.reviewers.count() >= MAX_REVIEWERS:
        return None
    return Reviewer.objects.create(link=link, name=form.cleaned_data["reviewer"] or _("A reviewer"))


def refused(request: HttpRequest, sentence: str) -> HttpResponseBase:
    headers: dict[str, Any] = {name.lower(): value for name, value in request.headers.items()}
    return refusal_response(sentence, status=422, headers=headers)
