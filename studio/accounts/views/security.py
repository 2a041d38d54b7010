"""The security page: authenticator app, recovery codes, passkeys, and where a person is signed in."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from .. import second_factor, sessions
from ..access import person
from ..allauth_private import unused_recovery_codes


@require_safe
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    user = person(request)
    mine = Authenticator.objects.filter(user=user).order_by("created_at")
    by_type: dict[str, list[Authenticator]] = {}
    for authenticator in mine:
        by_type.setdefault(authenticator.type, []).append(authenticator)
    context = {
        "app": next(iter(by_type.get(Authenticator.Type.TOTP, [])), None),
        "passkeys": by_type.get(Authenticator.Type.WEBAUTHN, []),
        "left_codes": left_codes(by_type.get(Authenticator.Type.RECOVERY_CODES, [])),
        "can_have_passkeys": second_factor.can_have_passkeys(request),
        "sessions": [session_row(session, request) for session in sessions.sessions_of(user)],
        "can_manage": user.has_usable_password() or bool(by_type),
    }
    return render(request, "accounts/security.html", context)


def left_codes(rows: list[Authenticator]) -> int | None:
    """The number of unused recovery codes; None without any."""
    return len(unused_recovery_codes(rows[0])) if rows else None


def session_row(session: UserSession, request: HttpRequest) -> dict[str, Any]:
    return {
        "pk": session.pk,
        "browser": sessions.browser_in_words(session.user_agent),
        "ip": session.ip,
        "last_seen_at": session.last_seen_at,
        "is_current": session.session_key == request.session.session_key,
    }


def passkeys(request: HttpRequest) -> HttpResponse:
    """allauth redirects here after a change; passkeys are listed on the security page."""
    return redirect("mfa_index")


@require_POST
def ended_session(request: HttpRequest, session_id: int) -> HttpResponse:
    mine = get_object_or_404(UserSession, pk=session_id, user=person(request))
    sessions.end(UserSession.objects.filter(pk=mine.pk))
    messages.success(request, _("This browser is signed out."))
    return redirect("mfa_index")


@require_POST
def ended_sessions(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one."""
    others = UserSession.objects.filter(user=person(request)).exclude(session_key=request.session.session_key)
    count = sessions.end(others)
    words = ngettext("%(count)s other browser is signed out.", "%(count)s other browsers are signed out.", count)
    messages.success(request, words % {"count": count} if count else _("You are not signed in anywhere else."))
    return redirect("mfa_index")
