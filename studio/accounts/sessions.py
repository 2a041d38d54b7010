"""Sessions: where a person is signed in, with which browser, and when it was last active."""

import re
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext

from studio.web.middleware import GetResponse

from .allauth_private import active_sessions, record_session
from .models import User

SEEN_EVERY = timedelta(minutes=5)  # not on every request, which would cost a write each

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Version": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


class SessionActivityMiddleware:
    """Record every few minutes that a session is active, and from where."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        if key and request.user.is_authenticated and cache.add(f"seen:{key}", True, SEEN_EVERY.total_seconds()):
            record_session(request)
        return self.get_response(request)


def sessions_of(user: User) -> list[UserSession]:
    """A person's active sessions, the most recent first."""
    return sorted(active_sessions(user), key=lambda session: session.last_seen_at, reverse=True)


def end(sessions: QuerySet[UserSession]) -> int:
    """End these sessions; return how many there were."""
    ended = list(sessions)
    for session in ended:
        session.end()
    return len(ended)


def browser_in_words(user_agent: str) -> str:
    """A browser and its system by name, such as “Firefox on macOS”."""
    browser = next((name for mark, name in BROWSERS.items() if re.search(rf"{mark}/\d", user_agent)), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown browser")
