"""The signed-in person for the ASGI apps beside Django, by the same session cookie and rules."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from starlette.requests import HTTPConnection
from starlette.types import Scope

from .models import User


def person_of(scope: Scope) -> User | None:
    """The active person of a request's session cookie, or None. Reads the database (blocking)."""
    key = HTTPConnection(scope).cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None
