"""Browsers in which somebody has signed in before, known by a signed cookie.

Wrong tries are counted by address and account together, and for a known browser apart from all others, so that nobody
who guesses a person's password from elsewhere, or behind the same proxy, keeps the person out. The cookie signs nobody
in; whoever steals it may guess as often as anybody.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

SALT = "studio.accounts.known_browsers"
LIFETIME = timedelta(days=365)
PEOPLE_KEPT = 8  # in one browser


def browser_of(request: HttpRequest, email: str) -> str | None:
    """A name for this browser if the person with that address has signed in with it, else None."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.email == email.lower():
        return f"session {request.session.session_key}"
    return known_people(request).get(fingerprint(email))


def remember(request: HttpRequest, response: HttpResponseBase, *, email: str) -> None:
    """Have the browser bring along from now on that this person has signed in with it."""
    mine = fingerprint(email)
    known = known_people(request)
    others = [entry for entry in known.items() if entry[0] != mine]
    kept = dict([(mine, known.get(mine) or secrets.token_urlsafe(12)), *others][:PEOPLE_KEPT])
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps(kept, salt=SALT, compress=True),
        max_age=LIFETIME,
        secure=settings.IS_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_people(request: HttpRequest) -> dict[str, str]:
    """Who has signed in with this browser: the fingerprint of an address → the browser's name for that person."""
    try:
        found = signing.loads(request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def fingerprint(email: str) -> str:
    """Shorter than an address, and tells the next person in this browser nothing."""
    return salted_hmac(SALT, email.strip().lower(), algorithm="sha256").hexdigest()[:20]
