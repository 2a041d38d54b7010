"""What `studio.accounts.allauth_private` and `passkey_credential` rely on in django-allauth."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows import password_reset
from allauth.account.utils import perform_login, user_pk_to_url_str
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn import forms as webauthn
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.usersessions.models import UserSession
from django.forms import JSONField
from django.http import HttpRequest

# Each callable, and the arguments that the studio passes or receives.
CALLS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (DefaultAccountAdapter.pre_authenticate, ("self", "request")),
    (DefaultAccountAdapter._delete_login_attempts_cached_email, ("self", "request")),
    (ratelimit.get_ip, ("request",)),
    (perform_login, ("request", "user")),
    (user_pk_to_url_str, ("user",)),
    (default_token_generator.make_token, ("user",)),
    (RecoveryCodes.get_unused_codes, ("self",)),
    (UserSession.objects.create_from_request, ("request",)),
    (UserSession.objects.purge_and_list, ("user",)),
    (UserSession.end, ("self",)),
    (openid_connect.login, ("request", "provider_id")),
    (openid_connect.callback, ("request", "provider_id")),
]


@pytest.mark.parametrize(("function", "arguments"), CALLS, ids=[function.__qualname__ for function, _ in CALLS])
def test_allauth_still_takes_the_arguments_the_studio_passes(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    inspect.signature(function).bind(*arguments)


def test_allauth_still_counts_failed_sign_ins_where_the_studio_does() -> None:
    calls = inspect.getsource(DefaultAccountAdapter.authenticate)
    assert "self.pre_authenticate(request" in calls, "the override in AttemptsByBrowser no longer has an effect"
    assert "_login_failed_rl_usage" in inspect.getsource(DefaultAccountAdapter._rollback_login_failed_rl_usage)
    assert "._delete_login_attempts_cached_email(" in inspect.getsource(password_reset.finalize_password_reset)


@pytest.mark.parametrize(
    "form", [webauthn.AuthenticateWebAuthnForm, webauthn.LoginWebAuthnForm, webauthn.ReauthenticateWebAuthnForm]
)
def test_the_credential_of_a_passkey_is_still_a_json_field_that_the_form_cleans(form: Any) -> None:
    assert isinstance(form.base_fields["credential"], JSONField)
    assert callable(form.clean_credential)


def test_allauth_still_gives_its_forms_the_current_request() -> None:
    request = HttpRequest()
    with context.request_context(request):
        assert context.request is request
