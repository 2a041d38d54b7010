"""Addresses sent or shown to people."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .allauth_private import password_reset_key
from .models import User

LOCAL_HOST = "http://localhost:8000"


def absolute(path: str, request: HttpRequest | None = None) -> str:
    """The full address of a path: under STUDIO_URL, else on the host of the request, else on this machine."""
    if settings.STUDIO_URL or request is None:
        return (settings.STUDIO_URL or LOCAL_HOST) + path
    return request.build_absolute_uri(path)


def reset_path(user: User) -> str:
    """The path where a person sets a new password. It works once, for three days."""
    return reverse("account_reset_password_from_key", args=password_reset_key(user))
