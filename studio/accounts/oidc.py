"""Sign-in through a company's own provider (OpenID Connect).

The provider identifies a person; the studio decides whether to let them in: by an account with that address, an open
invitation, or a domain named in OIDC_DOMAINS. Calls to the provider are bound by the network policy.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests.adapters import HTTPAdapter

from studio.core.network_policy import AddressForbidden, resolve_allowed

from . import audit
from .allauth_private import OAuth2Error, begin_oidc, finish_oidc
from .models import Invitation, User

log = logging.getLogger(__name__)

PORTS = {"http": 80, "https": 443}
SECONDS = (5, 15)  # to connect, and of silence


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": _("This address already has an account in this studio. Sign in with its password."),
    }

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whether the address that the provider has verified was invited or belongs to an allowed domain."""
        email = verified_email(sociallogin)
        if email and User.objects.with_email(email):
            # allauth has already found active people by this address; only a deactivated person gets here.
            raise ImmediateHttpResponse(redirect("account_inactive"))
        return bool(email) and (invitation_of(email) is not None or email.rpartition("@")[2] in settings.OIDC_DOMAINS)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.email = (data.get("email") or "").strip().lower()
        user.name = (data.get("name") or "")[: User._meta.get_field("name").max_length]
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: object = None) -> User:
        """Create the person with the role of their invitation, which is then used up, or as a designer."""
        now = timezone.now()
        user: User = sociallogin.user
        user.email = verified_email(sociallogin)
        invited = invitation_of(user.email)
        if invited and invited.redeem(now=now):
            user.role = invited.role
        user.set_unusable_password()
        sociallogin.save(request)
        audit.record(
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


def verified_email(sociallogin: SocialLogin) -> str:
    """The address the provider has verified; "" where there is none."""
    emails = [address.email.strip().lower() for address in sociallogin.email_addresses if address.verified]
    return emails[0] if emails else ""


def invitation_of(email: str) -> Invitation | None:
    return Invitation.objects.open(now=timezone.now()).filter(email=email).first()


# ── Outgoing requests ─────────────────────────────────────────────────────────────────────────────────────────────────


class GuardedSession(requests.Session):
    """Reaches only allowed addresses, redirects included, and ignores proxies in the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 3
        for scheme in PORTS:
            self.mount(f"{scheme}://", GuardedAdapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{"timeout": SECONDS} | kwargs)


class GuardedAdapter(HTTPAdapter):
    """Connects to the address that was checked, with the Host header and the certificate of the named host."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.headers["Host"] = urlsplit(request.url or "").netloc
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        host = host_params["host"]
        host_params["host"] = allowed_address(host, host_params["port"] or PORTS[host_params["scheme"]])
        if host_params["scheme"] == "https":
            pool_kwargs |= {"server_hostname": host, "assert_hostname": host}
        return host_params, pool_kwargs


def allowed_address(host: str, port: int) -> str:
    """One address of a host whose addresses are all allowed; raise an exception of requests otherwise."""
    try:
        return str(resolve_allowed(host, port, is_private_allowed=settings.OIDC_IS_PRIVATE)[0])
    except AddressForbidden as error:
        raise requests.exceptions.InvalidURL(str(error)) from None
    except OSError as error:
        raise requests.exceptions.ConnectionError(str(error)) from None


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
@login_not_required
@never_cache
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send people to the provider by a page that refreshes to it.

    The content security policy allows forms to submit to the studio only (`form-action 'self'`), redirects included.
    """
    try:
        answer = begin_oidc(request, provider_id)
    except (requests.RequestException, OAuth2Error, KeyError, ValueError):
        log.exception("The sign-in provider could not be reached.")
        return render(request, "socialaccount/authentication_error.html", status=502)
    if answer.status_code != 302:
        return answer
    page = render(request, "accounts/leaving.html", {"url": answer["Location"], "name": settings.OIDC_NAME})
    page.headers["Refresh"] = f"0; url={answer['Location']}"
    page.cookies.update(answer.cookies)
    return page


@require_safe
@login_not_required
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The address the provider sends people back to."""
    try:
        return finish_oidc(request, provider_id)
    except (requests.RequestException, KeyError, ValueError):
        log.exception("The sign-in provider's answer could not be read.")
        return render(request, "socialaccount/authentication_error.html", status=502)
