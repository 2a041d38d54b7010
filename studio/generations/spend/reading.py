"""What an address of a spend page asks for, and whether whoever asks may see it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from studio.accounts.access import person
from studio.accounts.models import User
from studio.ledger.filters import Filter, Nonsense
from studio.ledger.periods import local_day
from studio.ledger.spending import Spending


def no_nonsense[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """An address that no page of the studio leads to is not found."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Nonsense as error:
            raise Http404 from error

    return guarded  # type: ignore[return-value]


def read(request: HttpRequest, who: User | None = None) -> Spending:
    today = local_day(timezone.now())
    return Spending(Filter.read(request.GET.dict(), today=today), today, who)


def read_seen(request: HttpRequest, person_id: int | None) -> Spending:
    """What an address says of a person, or of the studio where it names none; not found for whoever may not see it."""
    if person_id is None and not person(request).is_admin:
        raise Http404
    return read(request, None if person_id is None else seen_person(request, person_id))


def seen_person(request: HttpRequest, person_id: int) -> User:
    """Oneself, or anybody for an admin."""
    if person_id != request.user.pk and not person(request).is_admin:
        raise Http404
    return get_object_or_404(User, pk=person_id)


def number(text: str | None) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Nonsense(text)
    return int(text or 0)


def asks_for_fragment(request: HttpRequest) -> bool:
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
