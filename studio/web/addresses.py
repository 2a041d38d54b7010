"""The address the studio is reached at: what is asked of another host, and what comes from another origin."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware import csrf
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as token_failure

from .error_responses import refusal_response
from .middleware import GetResponse

log = logging.getLogger(__name__)

# Of the many names a scanner tries, as many are written down.
HOSTS_NAMED = 20
# What Django says where the origin of a form is wrong, as opposed to its token.
ORIGIN_REASONS = (
    csrf.REASON_BAD_ORIGIN.partition("%")[0],
    csrf.REASON_NO_REFERER,
    csrf.REASON_BAD_REFERER.partition("%")[0],
    csrf.REASON_MALFORMED_REFERER,
    csrf.REASON_INSECURE_REFERER,
)


def any_host[View: Callable[..., object]](view: View) -> View:
    """Mark a view that answers whatever host it is asked as: a load balancer probes by IP address."""
    view.is_for_any_host = True  # type: ignore[attr-defined]
    return view


def own_address(request: HttpRequest) -> str:
    """Where people reach the studio; without STUDIO_URL, only on the machine that it runs on."""
    return settings.STUDIO_URL or f"http://localhost:{request.META['SERVER_PORT']}"


class KnownHostMiddleware:
    """Tell whoever asks for a host that the studio does not serve where it is reached."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.named: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            if not is_for_any_host(request.path_info):
                self.log_once(request)
                return other_host(request)
            # Nothing that follows looks at it but to refuse it.
            request.META["HTTP_HOST"] = "localhost"
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
        return self.get_response(request)

    def log_once(self, request: HttpRequest) -> None:
        host = str(request.META.get("HTTP_HOST", ""))[:100]
        if host not in self.named and len(self.named) < HOSTS_NAMED:
            self.named.add(host)
            log.warning(
                "Somebody asked for %r, which is not where the studio is reached (%s); STUDIO_URL says where.",
                host,
                own_address(request),
            )


def is_for_any_host(path: str) -> bool:
    try:
        return bool(getattr(resolve(path).func, "is_for_any_host", False))
    except Resolver404:
        return False


def other_host(request: HttpRequest) -> HttpResponse:
    address = own_address(request)
    if wants_page(request):
        page = {"address": address, "is_local": not settings.STUDIO_URL}
        response = HttpResponse(render_to_string("other_host.html", page), status=400)
        response["Cache-Control"] = "no-store"
        return response
    sentence = _("This studio is reached at %(address)s.") % {"address": address}
    return refusal_response(sentence, status=400, headers=lower_case_headers(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Say which origin a form came from and which is expected; where its token is wrong, that the page is old."""
    if not reason.startswith(ORIGIN_REASONS):
        return token_failure(request, reason)
    came, expected = origin_of(request), settings.STUDIO_URL or f"{request.scheme}://{request.get_host()}"
    log.warning("A form was refused: it came from the origin %r, expected is %s.", came[:200], expected)
    if wants_page(request):
        return render(request, "other_origin.html", {"came": came, "expected": expected}, status=403)
    words = {"came": came or _("no origin"), "expected": expected}
    sentence = (
        _("This came from %(came)s, but the studio is used at %(expected)s. Nothing was sent or charged.") % words
    )
    return refusal_response(sentence, status=403, headers=lower_case_headers(request))


def origin_of(request: HttpRequest) -> str:
    """Where the browser says that a form came from: `null` where it hides that, empty where it says nothing."""
    if "HTTP_ORIGIN" in request.META:
        return str(request.META["HTTP_ORIGIN"])
    try:
        referer = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    return f"{referer.scheme}://{referer.netloc}" if referer.netloc else ""


def wants_page(request: HttpRequest) -> bool:
    is_fragment = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    return not is_fragment and "text/html" in request.headers.get("accept", "text/html")


def lower_case_headers(request: HttpRequest) -> dict[str, Any]:
    return {name.lower(): value for name, value in request.headers.items()}
