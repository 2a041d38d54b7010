"""Computed costs beside those the gateways report, by upstream, for admins."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.access import admin_required, person
from studio.core.wakeups import wake_on_commit
from studio.generations.reconciliation import upstream_accounts
from studio.ledger.entry_pages import page_of
from studio.ledger.models import Entry
from studio.ledger.spending import Spending
from studio.upstreams.models import Reading, Upstream
from studio.web.htmx import HtmxHttpRequest

from ..queries import read_spending, reject_invalid_queries
from ..toolbar import toolbar_context
from .spend import list_address

FLAGGED = 10  # entries listed on the page; all of them are one click away


@admin_required
@require_safe
@reject_invalid_queries
def upstreams_spend(request: HtmxHttpRequest) -> HttpResponse:
    """Estimated, computed and reported for each upstream, its account, and the pictures whose figures differ."""
    spending = read_spending(request)
    context = toolbar_context(request, spending, csv_files=["entries"]) | {
        "accounts": upstream_accounts(spending.shown.span),
        "flagged": flagged(spending),
        "is_reading": Reading.objects.under_way(now=timezone.now()).exists(),
        "list_address": list_address(request),
        "tolerance": settings.COST_TOLERANCE,
    }
    return render(request, "spend/upstreams_spend.html", context)


def flagged(spending: Spending) -> list[Entry]:
    """The newest pictures whose figures differ beyond the tolerance."""
    shown = replace(spending.shown, only="flagged", order="newest")
    entries, _more = page_of(replace(spending, shown=shown).entries(), shown=shown, after=None, size=FLAGGED)
    return entries


@admin_required
@require_POST
def account_readings(request: HtmxHttpRequest) -> HttpResponse:
    """Have the runner read all accounts now."""
    for upstream in Upstream.objects.usable():
        Reading.objects.request(upstream, now=timezone.now(), by=person(request))
    wake_on_commit()
    return redirect("upstreams_spend")
