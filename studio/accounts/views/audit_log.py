"""The audit log as a page: who changed what, newest first, filtered by person and action."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from studio.web.htmx import HtmxHttpRequest

from .. import audit
from ..access import admin_required
from ..models import AuditEvent, User

PAGE_SIZE = 50  # events
STUDIO = "studio"  # the filter for events without an actor


@admin_required
@require_safe
@vary_on_headers("HX-Request")
def audit_log(request: HtmxHttpRequest) -> HttpResponse:
    """One page of events; `?before=<id>` continues below that event, as a fragment for htmx."""
    actor, action = request.GET.get("actor", ""), request.GET.get("action", "")
    before = number(request.GET.get("before"))
    events = AuditEvent.objects.select_related("actor").order_by("-pk")
    if actor:
        events = events.filter(actor=None) if actor == STUDIO else events.filter(actor=number(actor))
    if action:
        events = events.filter(action=action)
    if before:
        events = events.older_than(before)
    page = list(events[: PAGE_SIZE + 1])
    context = {
        "events": [(event, audit.ACTIONS.get(event.action, event.action)) for event in page[:PAGE_SIZE]],
        "next_before": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "filters": {"actor": actor, "action": action},
    }
    if before and request.htmx and not request.htmx.boosted:
        return render(request, "accounts/audit_log.html#events", context)
    actors = User.objects.filter(pk__in=AuditEvent.objects.order_by().values("actor").distinct())
    return render(request, "accounts/audit_log.html", context | {"actors": actors, "actions": audit.ACTIONS.items()})


def number(text: str | None) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404
    return int(text) if text else None
