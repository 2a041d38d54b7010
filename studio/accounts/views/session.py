"""Who is signed in in this browser, for pages that were opened earlier, and where signing in beside a page ends."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio.web import person_key


@require_safe
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """The key of the person who is signed in, "" for nobody, and a token for forms that were rendered before."""
    return JsonResponse({"person": person_key.key_of(request.user), "token": get_token(request)})


@require_safe
@never_cache
def signed_in(request: HttpRequest) -> HttpResponse:
    """The end of a sign-in in a window of its own: tells the page that opened it, and closes the window."""
    return render(request, "accounts/signed_in.html")
