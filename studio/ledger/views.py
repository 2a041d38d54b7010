"""The spend pages: everyone's own, and what admins see of people."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from studio.accounts.access import admin_required, person

from .models import Entry
from .spending import beginnings, begun_since, page_before, spending_of_people

PAGE_SIZE = 30  # entries


@require_safe
@vary_on_headers("HX-Request")
def spend(request: HttpRequest) -> HttpResponse:
    """A person's own usage; htmx asks for older entries only."""
    mine = Entry.objects.filter(person=person(request))
    before = number_or_404(request.GET.get("before"))
    entries, next_before = page_before(mine, before=before, size=PAGE_SIZE)
    context: dict[str, Any] = {"entries": entries, "next_before": next_before}
    if before is not None and asks_for_fragment(request):
        return render(request, "ledger/spend.html#entries", context)
    today, month = beginnings(timezone.localtime())
    context |= {
        "periods": [
            ("month", month, begun_since(mine, month).totals()),
            ("today", today, begun_since(mine, today).totals()),
        ],
        "is_older": before is not None,
    }
    return render(request, "ledger/spend.html", context)


def asks_for_fragment(request: HttpRequest) -> bool:
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def number_or_404(text: str | None) -> int | None:
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404
    return int(text) if text else None


@admin_required
@require_safe
def people_spend(request: HttpRequest) -> HttpResponse:
    """Everyone's totals: of this month, or of all time with ?period=all."""
    is_all = request.GET.get("period") == "all"
    _today, month = beginnings(timezone.localtime())
    entries = Entry.objects.all() if is_all else begun_since(Entry.objects.all(), month)
    context = {"people": spending_of_people(entries), "is_all": is_all, "month": month}
    return render(request, "ledger/people_spend.html", context)
