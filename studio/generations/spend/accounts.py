"""Our sums beside the gateways': what each upstream says it charged, for admins."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.access import admin_required, person
from studio.ledger.models import Entry
from studio.ledger.spending import Spending, page_of
from studio.upstreams.models import Reading, Upstream

from ..upkeep.readings import books
from ..wakeups import wake_on_commit
from .pages import list_address
from .reading import no_nonsense, read
from .toolbar import toolbar_context

FLAGGED = 10  # entries listed on the page; all of them are one click away


@admin_required
@require_safe
@no_nonsense
def upstreams_spend(request: HttpRequest) -> HttpResponse:
    """Estimated, computed and reported for each upstream, its account, and the pictures whose figures differ."""
    spending = read(request)
    context = toolbar_context(request, spending, sheets=["entries"]) | {
        "books": books(spending.shown.span),
        "flagged": flagged(spending),
        "is_reading": Reading.objects.under_way(now=timezone.now()).exists(),
        "list_address": list_address(request),
        "tolerance": settings.COST_TOLERANCE,
    }
    return render(request, "generations/upstreams_spend.html", context)


def flagged(spending: Spending) -> list[Entry]:
    """The newest pictures whose figures differ beyond the tolerance."""
    shown = replace(spending.shown, only="flagged", order="newest")
    entries, _more = page_of(replace(spending, shown=shown).entries(), shown=shown, after=None, size=FLAGGED)
    return entries


@admin_required
@require_POST
def account_readings(request: HttpRequest) -> HttpResponse:
    """Have the runner read every account now."""
    for upstream in Upstream.objects.usable():
        Reading.objects.ask(upstream, now=timezone.now(), by=person(request))
    wake_on_commit()
    return redirect("upstreams_spend")
