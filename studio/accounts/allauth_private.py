"""The parts of django-allauth the studio uses that allauth does not document.

They may change in any release, so they are used here only, and `tests/accounts/test_allauth_private.py` names what an
upgrade has to keep. Documented parts (adapters, forms, models, settings) are used wherever they are needed.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.utils import perform_login, user_pk_to_url_str
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from .known_browsers import browser_of
from .models import User

__all__ = ["OAuth2Error"]

# The values in `Authenticator.data` that allauth passes through `encrypt` of the MFA adapter.
ENCRYPTED_DATA = ("secret", "seed")


class AttemptsByBrowser:
    """Mixin for the account adapter: failed sign-ins are counted by account together with address or known browser.

    allauth counts them by account alone, so that anybody can keep its owner out, and adds the requested host to the
    key, whose port a client may choose freely. There is no setting for that.
    """

    _login_failed_rl_usage: ratelimit.RateLimitUsage | None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try, which allauth takes back where the password is right; raise ValidationError beyond a limit."""
        usage: list[ratelimit.SingleRateLimitUsage] = []
        for action, key in attempt_keys(request, email_in(credentials)):
            counted = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if counted is None:
                raise get_adapter().validation_error("too_many_login_attempts")
            usage += counted.usage
        self._login_failed_rl_usage = ratelimit.RateLimitUsage(usage=usage)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Forget the tries of whoever has set a new password."""
        for action, key in attempt_keys(request, email_in(credentials)):
            ratelimit.clear(request, app="allauth.account", action=action, key=key)


def email_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", credentials.get("username", ""))).lower()


def attempt_keys(request: HttpRequest, email: str) -> list[tuple[str, str]]:
    """What a try for an account is counted by: the action of ACCOUNT_RATE_LIMITS and the key."""
    if browser := browser_of(request, email):
        return [("login_failed_known", f"{email} {browser}")]
    return [("login_failed", f"{email} {ratelimit.get_ip(request)}"), ("login_failed_account", email)]


def current_request() -> HttpRequest:
    """The request allauth is handling; its forms do not receive it."""
    request: HttpRequest = context.request
    return request


def sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """Sign a person in with all that allauth does at a sign-in, second factor included."""
    return perform_login(request, user)


def password_reset_key(user: User) -> list[str]:
    """The two arguments of allauth's address for a password reset: the user and a token."""
    return [user_pk_to_url_str(user), default_token_generator.make_token(user)]


def active_people(email: str) -> list[User]:
    """Who signs in with this address."""
    return list(filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True))


def unused_recovery_codes(authenticator: Authenticator) -> list[str]:
    codes: list[str] = authenticator.wrap().get_unused_codes()
    return codes


def record_session(request: HttpRequest) -> None:
    """Store that a session is in use, with its address and browser."""
    UserSession.objects.create_from_request(request)


def active_sessions(user: User) -> list[UserSession]:
    """A person's sessions; the rows of those that ended are deleted."""
    sessions: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sessions


def begin_oidc(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Redirect to the provider; raise OAuth2Error, or what reading its configuration raises."""
    return openid_connect.login(request, provider_id)


def finish_oidc(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whoever the provider sent back."""
    return openid_connect.callback(request, provider_id)
