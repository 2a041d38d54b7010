"""How often one person may do one thing: counted in the cache, so over all processes where they share one.

Whoever asks too often is told when to come back; where the cache cannot be asked nobody is held up.
"""

import logging
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import ngettext

from studio.middleware import Answer
from studio.refusals import refusal

from .models import User

log = logging.getLogger(__name__)

WINDOW = 60  # seconds


class TooOften(Exception):
    """Somebody did something more often than a person does; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    @property
    def sentence(self) -> str:
        seconds = max(1, round(self.retry_after))
        words = ngettext(
            "That was very often within a minute. Try again in a second.",
            "That was very often within a minute. Try again in %(seconds)s seconds.",
            seconds,
        )
        return words % {"seconds": seconds}


def take(user: User, action: str, *, count: int = 1) -> None:
    """Count this person's doing `action`; raise TooOften once settings.RATES allow no more within this minute."""
    limit, now = settings.RATES[action], time.time()
    if not limit:
        return
    key = f"pace:{action}:{user.pk}:{int(now // WINDOW)}"
    try:
        cache.add(key, 0, WINDOW * 2)
        taken = cache.incr(key, count)
    except Exception:  # a cache that is away, in whatever way it says so, must not close the studio
        log.exception("What people do a minute could not be counted.")
        return
    if taken is not None and taken > limit:
        raise TooOften(WINDOW - now % WINDOW)


class PacedSearch:
    """A search is a page with words in `?q=`; typing is quick, a loop is quicker."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.GET.get("q") and isinstance(request.user, User):
            try:
                take(request.user, "search")
            except TooOften as often:
                return told(request, often)
        return self.get_response(request)


def told(request: HttpRequest, often: TooOften) -> HttpResponseBase:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return refusal(often.sentence, status=429, headers=headers, retry_after=often.retry_after)
