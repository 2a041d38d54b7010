"""Who may follow a review link: whoever knows its token, and its password where it has one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from studio.accounts.rate_limit import RateLimited, hit_key, rate_limited_response
from studio.web.numbers import row_number

from .models import Reviewer, ReviewLink, ReviewPicture

PASSWORD_COOKIE, REVIEWER_COOKIE = "review-key", "reviewer"
SALT = "studio.review"

type ReviewView = Callable[..., HttpResponseBase]


def review_page(view: ReviewView) -> ReviewView:
    """Show a view to whoever has the link, which it gets instead of the token; no answer is kept or told to others."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        response = answer(view, request, token, kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return login_not_required(guarded)


def answer(view: ReviewView, request: HttpRequest, token: str, kwargs: dict[str, Any]) -> HttpResponseBase:
    try:
        hit_key(address_of(request), "review")
    except RateLimited as limited:
        return rate_limited_response(request, limited)
    link = ReviewLink.objects.find(token)
    if link is None or not link.is_open(now=timezone.now()):
        return over(request, status=404 if link is None else 410)
    request.review_token = token  # type: ignore[attr-defined]
    if link.password and not has_password(request, link) and view.__name__ != "password":
        return render(request, "review/password.html", {"link": link, "token": token}, status=403)
    try:
        return view(request, link, **kwargs)
    except Http404:
        return over(request, status=404)


def over(request: HttpRequest, *, status: int) -> HttpResponse:
    return render(request, "review/over.html", {"is_over": status == 410}, status=status)


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def token_of(request: HttpRequest) -> str:
    return str(request.review_token)  # type: ignore[attr-defined]


def picture_at(link: ReviewLink, number: int) -> ReviewPicture:
    """A picture of a link by its position; 404 where there is none."""
    shown = link.shown_pictures().filter(position=min(number, 32_767)).first()
    if shown is None:
        raise Http404
    return shown


# ── What a reviewer's browser keeps ─────────────────────────────────────────────────────────────────────────────────


def has_password(request: HttpRequest, link: ReviewLink) -> bool:
    return request.get_signed_cookie(PASSWORD_COOKIE, "", salt=SALT) == link.key


def reviewer_of(request: HttpRequest, link: ReviewLink) -> Reviewer | None:
    """The person who has said something from this browser."""
    number = row_number(request.get_signed_cookie(REVIEWER_COOKIE, "", salt=SALT) or "")
    return link.reviewers.filter(pk=number).first() if number else None


def keep(request: HttpRequest, response: HttpResponseBase, name: str, value: str, *, link: ReviewLink) -> None:
    """Set a signed cookie that is sent below the link's address only, for as long as the link is open."""
    response.set_signed_cookie(
        name,
        value,
        salt=SALT,
        max_age=max(1, int((link.expires_at - timezone.now()).total_seconds())),
        path=reverse("review", args=[token_of(request)]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
