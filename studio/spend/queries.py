"""Reads the address of a spend page, and checks whether the person may see it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from studio.accounts.access import person
from studio.accounts.models import User
from studio.ledger.filters import Filter, InvalidQuery
from studio.ledger.periods import local_day
from studio.ledger.spending import Spending
from studio.web.htmx import HtmxHttpRequest


def reject_invalid_queries[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """Answer 404 to an invalid query string."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except InvalidQuery as error:
            raise Http404 from error

    return guarded  # type: ignore[return-value]


def read_spending(request: HttpRequest, who: User | None = None) -> Spending:
    today = local_day(timezone.now())
    return Spending(Filter.read(request.GET.dict(), today=today), today, who)


def read_visible(request: HttpRequest, person_id: int | None) -> Spending:
    """The spending of a person or, without one, of the studio; 404 for people who may not see it."""
    if person_id is None and not person(request).is_admin:
        raise Http404
    return read_spending(request, None if person_id is None else visible_person(request, person_id))


def visible_person(request: HttpRequest, person_id: int) -> User:
    """Oneself, or anyone for an admin; 404 otherwise."""
    if person_id != request.user.pk and not person(request).is_admin:
        raise Http404
    return get_object_or_404(User, pk=person_id)


def number(text: str | None) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidQuery(text)
    return int(text or 0)


def asks_for_fragment(request: HtmxHttpRequest) -> bool:
    htmx: Any = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
