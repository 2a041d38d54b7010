"""What every answer says of itself, who may come in at all, and Django's idioms when the asker is htmx."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.decorators import sync_and_async_middleware
from django_htmx.http import HttpResponseClientRedirect, HttpResponseLocation

Answer = Callable[[HttpRequest], HttpResponseBase]

# Reached without signing in: signing in itself, links that let people in, and the probes.
OPEN_PATHS = ("/accounts/", "/sign-in/", "/invitations/", "/healthz", "/readyz", "/favicon.ico")


PAGES_AT_ONCE = 12  # in one process


@sync_and_async_middleware
def paged(get_response: Any) -> Any:
    """Make no more pages at once than a process makes well; the others wait for their turn, without a thread.

    A page that writes holds the database's lock while all other threads take the interpreter from it: a hundred at once
    were each so slow that SQLite gave up waiting. What is streamed, and a body that comes slowly, holds no turn.
    """
    if not iscoroutinefunction(get_response):
        return get_response
    turns = asyncio.Semaphore(PAGES_AT_ONCE)

    async def answer(request: HttpRequest) -> HttpResponseBase:
        async with turns:
            response: HttpResponseBase = await get_response(request)
            return response

    return answer


class Reticence:
    """What Django has no setting for: no use of the device, no other site, and no copy in a cache on the way."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.permissions = ", ".join(f"{name}={value}" for name, value in settings.PERMISSIONS_POLICY.items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.permissions)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class HtmxAnswers:
    """Turn redirects into HX-Location and hand messages over out of band."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.htmx:  # type: ignore[attr-defined]
            return response
        if response.status_code in (301, 302, 303) and "HX-Redirect" not in response:
            return carried_over(response, HttpResponseLocation(response["Location"]))
        if isinstance(response, HttpResponse) and is_fragment(response):
            response.write(render_to_string("components/messages.html", {"oob": True}, request))
        return response


def is_fragment(response: HttpResponse) -> bool:
    is_page_change = any(name in response for name in ("HX-Location", "HX-Redirect", "HX-Refresh"))
    return not is_page_change and response.status_code != 204 and response["Content-Type"].startswith("text/html")


def carried_over(old: HttpResponseBase, new: HttpResponse) -> HttpResponse:
    new.cookies.update(old.cookies)
    return new


class NoNul:
    """An address with a NUL in it leads nowhere: no page links there, and PostgreSQL cannot be asked for one."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise Http404
        return self.get_response(request)


class SignInRequired:
    """Send everyone who is not signed in to the sign-in page, and back afterwards to where they were."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated or request.path.startswith(OPEN_PATHS):
            return self.get_response(request)
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect_to_login(request.get_full_path())
        here = urlsplit(request.htmx.current_url or "/")  # type: ignore[attr-defined]
        target = here.path + (f"?{here.query}" if here.query else "")
        return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': target})}")
