"""Rate limits by person, counted in the cache: across processes where they share one.

A refusal says when to try again. Nobody is limited while the cache cannot be reached.
"""

import logging
import time
from typing import ClassVar

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import ngettext

from studio.core.refusals import Refusal
from studio.web.error_responses import refusal_response
from studio.web.middleware import GetResponse

from .models import User

log = logging.getLogger(__name__)

WINDOW = 60  # seconds


class RateLimited(Refusal):
    """A person exceeded a rate limit."""

    status: ClassVar[int] = 429

    retry_after: float  # seconds

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    @property
    def sentence(self) -> str:
        seconds = max(1, round(self.retry_after))
        words = ngettext(
            "Too many requests within a minute. Try again in a second.",
            "Too many requests within a minute. Try again in %(seconds)s seconds.",
            seconds,
        )
        return words % {"seconds": seconds}


def hit(user: User, action: str, *, count: int = 1) -> None:
    """Count `action` for this person; raise RateLimited beyond the limit of settings.RATES for this minute."""
    hit_key(str(user.pk), action, count=count)


def hit_key(key: str, action: str, *, count: int = 1) -> None:
    """Count `action` for whoever the key stands for, such as an address on the network; raise RateLimited."""
    limit, now = settings.RATES[action], time.time()
    if not limit:
        return
    name = f"rate:{action}:{key}:{int(now // WINDOW)}"
    try:
        cache.add(name, 0, WINDOW * 2)
        taken = cache.incr(name, count)
    except Exception:  # whatever a cache that is down raises, the studio has to keep working
        log.exception("A rate limit could not be counted.")
        return
    if taken is not None and taken > limit:
        raise RateLimited(WINDOW - now % WINDOW)


class SearchRateLimit:
    """Middleware that limits searches, which are pages with a query in `?q=`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.GET.get("q") and isinstance(request.user, User):
            try:
                hit(request.user, "search")
            except RateLimited as limited:
                return rate_limited_response(request, limited)
        return self.get_response(request)


def rate_limited_response(request: HttpRequest, limited: RateLimited) -> HttpResponseBase:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return refusal_response(limited.sentence, status=429, headers=headers, retry_after=limited.retry_after)
