"""What the studio decides for allauth."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from . import links

log = logging.getLogger(__name__)


class InvitationOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves; mails carry the studio's own address and words."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account was deactivated. Ask an admin of this studio to let you in again."),
        "email_password_mismatch": _("This email and password do not belong together."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link was used already or is too old."),
        "too_many_login_attempts": _("That were too many tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        """Count wrong tries by address alone: allauth adds the host asked for, whose port anybody may make up."""
        return str(credentials.get("email", credentials.get("username", ""))).lower()

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> bool:
        """Send a mail; False when the mail server refused, which is logged and breaks no page."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            log.exception("The mail %s could not be sent.", template_prefix)
            return False
        return True

    def get_reset_password_from_key_url(self, key: str) -> str:
        return links.absolute(reverse("account_reset_password_from_key", args=key.split("-", 1)), self.request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings")
