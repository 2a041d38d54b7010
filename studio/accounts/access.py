"""Who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from .models import User

# A page that shows a form and takes it back.
page_with_form = require_http_methods(["GET", "HEAD", "POST"])


def admin_required[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """Show a view to admins only; for everyone else the page does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(request.user, "is_admin", False):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View", guarded)


def person(request: HttpRequest) -> User:
    """Who is asking; every page but the entrance is for people who signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user
