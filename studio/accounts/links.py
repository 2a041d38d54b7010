"""Addresses that are handed to people."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .models import User

LOCAL_HOST = "http://localhost:8000"


def absolute(path: str, request: HttpRequest | None = None) -> str:
    """The full address of a path: under STUDIO_URL, else where the request came in, else on this machine."""
    if settings.STUDIO_URL or request is None:
        return (settings.STUDIO_URL or LOCAL_HOST) + path
    return request.build_absolute_uri(path)


def reset_path(user: User) -> str:
    """Where a person sets a new password; works once, and for three days."""
    return reverse(
        "account_reset_password_from_key", args=[user_pk_to_url_str(user), default_token_generator.make_token(user)]
    )
