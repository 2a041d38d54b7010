"""Middleware: security headers, required sign-in, concurrency, and Django's idioms under htmx."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseLocation

from . import person_key
from .error_responses import refusal_response
from .htmx import HtmxHttpRequest

GetResponse = Callable[[Any], HttpResponseBase]

PAGES_AT_ONCE = 12  # in one process


@sync_and_async_middleware
def limit_concurrency(get_response: Any) -> Any:
    """Render at most PAGES_AT_ONCE pages at a time; further requests wait without a thread.

    A page that writes holds the database lock while other threads compete for the interpreter: with a hundred at once
    SQLite ran into its timeout. Streamed responses and slow request bodies do not count.
    """
    if not iscoroutinefunction(get_response):
        return get_response
    turns = asyncio.Semaphore(PAGES_AT_ONCE)

    async def answer(request: HtmxHttpRequest) -> HttpResponseBase:
        async with turns:
            response: HttpResponseBase = await get_response(request)
            return response

    return answer


class SecurityHeadersMiddleware:
    """Set the headers Django has no setting for: permissions, cross-origin resources and caching."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.permissions = ", ".join(f"{name}={value}" for name, value in settings.PERMISSIONS_POLICY.items())

    def __call__(self, request: HtmxHttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.permissions)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class HtmxResponseMiddleware:
    """Turn redirects into HX-Location and add messages out of band."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxHttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.htmx:
            return response
        if response.status_code in (301, 302, 303) and "HX-Redirect" not in response:
            return with_cookies_of(response, HttpResponseLocation(response["Location"]))
        if isinstance(response, HttpResponse) and is_fragment(response):
            response.write(render_to_string("components/messages.html", {"oob": True}, request))
        return response


def is_fragment(response: HttpResponse) -> bool:
    is_page_change = any(name in response for name in ("HX-Location", "HX-Redirect", "HX-Refresh"))
    return not is_page_change and response.status_code != 204 and response["Content-Type"].startswith("text/html")


def with_cookies_of(old: HttpResponseBase, new: HttpResponse) -> HttpResponse:
    new.cookies.update(old.cookies)
    return new


class RejectNulMiddleware:
    """Answer 404 to an address with a NUL character, which PostgreSQL does not accept in a query."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxHttpRequest) -> HttpResponseBase:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise Http404
        return self.get_response(request)


class PersonCookieMiddleware:
    """Keep the cookie that tells the scripts of every page in a browser who is signed in there now."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxHttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        key = person_key.key_of_request(request)
        if request.COOKIES.get(person_key.COOKIE, "") == key:
            return response
        if key:
            response.set_cookie(
                person_key.COOKIE,
                key,
                max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        else:
            response.delete_cookie(person_key.COOKIE, samesite="Lax")
        return response


class SignInRequiredMiddleware:
    """Redirect everyone who is not signed in to the sign-in page, which leads back afterwards.

    Unlike Django's own middleware it also hides which addresses exist, and supports htmx. Views that need no sign-in
    are marked with Django's `login_not_required`. A request that says which person's page it comes from is answered
    with 401 where that person is not signed in any more: the page asks to sign in and sends it again.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxHttpRequest) -> HttpResponseBase:
        page_of = request.headers.get(person_key.HEADER)
        is_ours = not page_of or page_of == person_key.key_of(request.user)
        if (is_ours and request.user.is_authenticated) or is_open(request.path_info):
            return self.get_response(request)
        if not is_ours:
            sentence = _("You are signed out. Sign in to continue.")
            headers = {name.lower(): value for name, value in request.headers.items()}
            return refusal_response(sentence, status=401, headers=headers)
        if not request.htmx:
            return redirect_to_login(request.get_full_path())
        here = urlsplit(request.htmx.current_url or "/")
        target = here.path + (f"?{here.query}" if here.query else "")
        return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': target})}")


def is_open(path: str) -> bool:
    """Whether an address needs no sign-in: the sign-in pages, invitations and sign-in links, the probes."""
    try:
        return not getattr(resolve(path).func, "login_required", True)
    except Resolver404:
        return False
