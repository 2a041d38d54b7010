"""Signing in at a company's own provider (OpenID Connect), and who is let in that way.

The provider says who somebody is; whether they may come in stays the studio's word: an account of that address, an
open invitation, or a domain named in OIDC_DOMAINS. Every call to the provider goes only where the guard allows.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests.adapters import HTTPAdapter

from studio.outgoing import AddressForbidden, judged, resolved

from . import audit
from .models import Invitation, User

log = logging.getLogger(__name__)

PORTS = {"http": 80, "https": 443}
SECONDS = (5, 15)  # to connect, and of silence


class ByInvitation(DefaultSocialAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": _("Somebody in this studio has this address already. Sign in with the password."),
    }

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whether an address the provider vouches for was invited or belongs to an allowed domain."""
        email = vouched_for(sociallogin)
        if email and User.objects.called(email):
            # Whoever is active was found by this address before; only a deactivated person comes this far.
            raise ImmediateHttpResponse(redirect("account_inactive"))
        return bool(email) and (invitation_of(email) is not None or email.rpartition("@")[2] in settings.OIDC_DOMAINS)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.email = (data.get("email") or "").strip().lower()
        user.name = (data.get("name") or "")[: User._meta.get_field("name").max_length]
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: object = None) -> User:
        """Make the person: with the role they were invited to, and then the invitation is used; else a designer."""
        now = timezone.now()
        user: User = sociallogin.user
        user.email = vouched_for(sociallogin)
        invited = invitation_of(user.email)
        if invited and invited.spend(now=now):
            user.role = invited.role
        user.set_unusable_password()
        sociallogin.save(request)
        audit.note(
            actor=user,
            action="person.join",
            subject=user.email,
            before=None,
            after={"role": user.role, "by": "invitation" if invited else "domain"},
            now=now,
        )
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: object) -> str:
        return reverse("mfa_index")

    def get_requests_session(self) -> requests.Session:
        return GuardedSession()


def vouched_for(sociallogin: SocialLogin) -> str:
    """The address the provider says it has verified, or nothing."""
    emails = [address.email.strip().lower() for address in sociallogin.email_addresses if address.verified]
    return emails[0] if emails else ""


def invitation_of(email: str) -> Invitation | None:
    return Invitation.objects.open(now=timezone.now()).filter(email=email).first()


# ── The way out ─────────────────────────────────────────────────────────────────────────────────────────────────────


class GuardedSession(requests.Session):
    """Calls that reach only judged addresses, redirects included, and never use a proxy named by the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 3
        for scheme in PORTS:
            self.mount(f"{scheme}://", GuardedAdapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{"timeout": SECONDS} | kwargs)


class GuardedAdapter(HTTPAdapter):
    """Connects to the very address that was judged, and still asks, and checks the certificate, for the named host."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.headers["Host"] = urlsplit(request.url or "").netloc
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        host = host_params["host"]
        host_params["host"] = judged_address(host, host_params["port"] or PORTS[host_params["scheme"]])
        if host_params["scheme"] == "https":
            pool_kwargs |= {"server_hostname": host, "assert_hostname": host}
        return host_params, pool_kwargs


def judged_address(host: str, port: int) -> str:
    """One address of a host, all of whose addresses may be reached; raises what requests raises otherwise."""
    try:
        return str(judged(resolved(host, port), is_private_allowed=settings.OIDC_IS_PRIVATE)[0])
    except AddressForbidden as error:
        raise requests.exceptions.InvalidURL(str(error)) from None
    except OSError as error:
        raise requests.exceptions.ConnectionError(str(error)) from None


# ── The pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
@login_not_required  # type: ignore[untyped-decorator]
@never_cache
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider by a page that moves on by itself.

    A form may only lead within the studio (`form-action 'self'`), and browsers hold its redirects to that too.
    """
    try:
        answer = openid_connect.login(request, provider_id)
    except (requests.RequestException, OAuth2Error, KeyError, ValueError):
        log.exception("The sign-in provider could not be asked.")
        return render(request, "socialaccount/authentication_error.html", status=502)
    if answer.status_code != 302:
        return answer
    page = render(request, "accounts/leaving.html", {"url": answer["Location"], "name": settings.OIDC_NAME})
    page.headers["Refresh"] = f"0; url={answer['Location']}"
    page.cookies.update(answer.cookies)
    return page


@require_safe
@login_not_required  # type: ignore[untyped-decorator]
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the provider sends people back."""
    try:
        return openid_connect.callback(request, provider_id)
    except (requests.RequestException, KeyError, ValueError):
        log.exception("The sign-in provider's answer could not be read.")
        return render(request, "socialaccount/authentication_error.html", status=502)
