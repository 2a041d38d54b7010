"""Who a page was made for, in a form that browsers may keep: a key of the person that tells nothing about them.

Every page carries the key, the cookie `person` holds that of whoever is signed in, and requests of a page's own scripts
send it along (`X-Person`). So a page that is still open, or comes out of a cache, when somebody else has signed in is
never taken for theirs.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

COOKIE = "person"
HEADER = "X-Person"


def key_of(user: Any) -> str:
    """The key of a person; "" for nobody."""
    if user is None or not user.is_authenticated:
        return ""
    # Keyed, so that two studios at one address, one after the other, have no person in common.
    return salted_hmac("studio.web.person_key", str(user.pk), algorithm="sha256").hexdigest()[:20]


def key_of_request(request: HttpRequest) -> str:
    return key_of(getattr(request, "user", None))


def context(request: HttpRequest) -> dict[str, str]:
    """The key of the page's person, for every page. A context processor."""
    return {"person_key": key_of_request(request)}
