"""Where a person is signed in: each session with its browser and when it was last seen, to be ended from any other."""

import re
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext

from studio.middleware import Answer

from .models import User

SEEN_EVERY = timedelta(minutes=5)  # no page pays for a write each time

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


class SessionsSeen:
    """Note now and then that a session is alive, and from where."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        if key and request.user.is_authenticated and cache.add(f"seen:{key}", True, SEEN_EVERY.total_seconds()):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


def sessions_of(user: User) -> list[UserSession]:
    """A person's living sessions, the latest seen first; those that ended meanwhile are forgotten."""
    living = UserSession.objects.purge_and_list(user)
    return sorted(living, key=lambda session: session.last_seen_at, reverse=True)


def end(sessions: QuerySet[UserSession]) -> int:
    """Sign these out; return how many there were."""
    ended = list(sessions)
    for session in ended:
        session.end()
    return len(ended)


def browser_in_words(user_agent: str) -> str:
    """A browser and its system as people call them, such as “Firefox on macOS”."""
    browser = next((name for mark, name in BROWSERS.items() if re.search(rf"{mark}/\d", user_agent)), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown browser")
