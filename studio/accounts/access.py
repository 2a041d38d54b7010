"""Access: who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern
from django.views.decorators.http import require_http_methods

from .models import User

# A page that shows a form and receives it.
page_with_form = require_http_methods(["GET", "HEAD", "POST"])


def allow_anonymous(patterns: list[URLPattern]) -> list[URLPattern]:
    """Let these addresses be reached without signing in."""
    for pattern in patterns:
        pattern.callback = login_not_required(pattern.callback)
    return patterns


def admin_required[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """Show a view to admins only; everyone else gets 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(request.user, "is_admin", False):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View", guarded)


def person(request: HttpRequest) -> User:
    """The person who sent the request; 404 where nobody is signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user
