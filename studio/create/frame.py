"""The context of the frame around every page: navigation, running jobs, alerts. A context processor."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest

from studio.core import dependencies
from studio.generations.models import Approval, Job
from studio.review.models import ReviewNote
from studio.safety.models import SafetyNote
from studio.upstreams.models import Alert, Upstream

# The navigation section of a page, by the room of its view; pages of one picture belong to the gallery.
SECTIONS = {
    "library": "gallery",
    "transfer": "gallery",
    "curation": "gallery",
    "review": "gallery",
    "spend": "spend",
    "accounts": "settings",
    "ledger": "settings",
}
SECTIONS |= {"administration": "settings"}
GALLERY_VIEWS = {"comparison", "picture", "candidates", "mask", "draft"}
SETTINGS_VIEWS = {"storage"}


def frame(request: HttpRequest) -> dict[str, Any]:
    is_simulated = Upstream.objects.usable().filter(is_simulated=True).exists()
    if not request.user.is_authenticated:
        return {"is_simulated": is_simulated}
    is_admin = getattr(request.user, "is_admin", False)
    return {
        "is_simulated": is_simulated,
        "nav": section_of(request),
        "heartbeat": settings.LIVE_HEARTBEAT,
        "live_counts": live_counts(request.user.pk),
        "upstream_alerts": upstream_alerts() if is_admin else [],
        "servers_away": [server for server in dependencies.away() if is_admin or server.is_felt],
        "approval_count": Approval.objects.open().count() if is_admin else 0,
        "objected": SafetyNote.objects.objected(),  # counted only where the pages of Settings are listed
        "review_note_count": ReviewNote.objects.of_owner(request.user.pk).unseen().count(),
    }


def section_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None:
        return "create"
    if match.url_name in GALLERY_VIEWS:
        return "gallery"
    if match.url_name in SETTINGS_VIEWS:
        return "settings"
    return SECTIONS.get(match.func.__module__.split(".")[1], "create")


def upstream_alerts() -> list[Alert]:
    """The open alerts, which admins see on every page until they are dismissed or over."""
    return list(Alert.objects.open().select_related("upstream")[:20])


def live_counts(user_id: int) -> dict[str, int]:
    """How many of a person's jobs are generating, being stopped, and queued."""
    return (
        Job.objects.filter(owner=user_id)
        .live()
        .aggregate(
            generating=Count("pk", filter=Q(state=Job.State.RUNNING, cancel_requested_at=None)),
            stopping=Count("pk", filter=Q(state=Job.State.RUNNING, cancel_requested_at__isnull=False)),
            queued=Count("pk", filter=Q(state=Job.State.QUEUED)),
        )
    )
