"""The account adapter: what the studio decides for allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from . import known_browsers, outgoing_mail
from .allauth_private import AttemptsByBrowser
from .models import User


class AccountAdapter(AttemptsByBrowser, DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up without an invitation; mails carry the studio's own address."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account was deactivated. Ask an admin of this studio to let you in again."),
        "email_password_mismatch": _("This email and password do not match."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link has already been used or has expired."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Have a mail sent, rendered now and delivered by a task."""
        message = self.render_mail(template_prefix, email, {"request": self.request, "email": email} | context)
        outgoing_mail.queue(subject=str(message.subject), body=str(message.body), to=list(message.to))

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **facts)
        known_browsers.remember(request, response, email=user.email)
        return response

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings")
