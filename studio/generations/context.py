"""What the frame around every page shows."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from studio.upstreams.models import Alert, Upstream

from .models import Approval, Job

SECTIONS = {
    "gallery": "gallery",
    "pictures": "gallery",
    "spend": "spend",
    "settings": "settings",
    "approvals": "settings",
}


def frame(request: HttpRequest) -> dict[str, Any]:
    is_simulated = Upstream.objects.usable().filter(is_simulated=True).exists()
    if not request.user.is_authenticated:
        return {"is_simulated": is_simulated}
    section = SECTIONS.get(request.path.split("/")[1], "create")
    is_admin = getattr(request.user, "is_admin", False)
    return {
        "is_simulated": is_simulated,
        "nav": section,
        "live_counts": live_counts(request.user.pk),
        "upstream_alerts": upstream_alerts() if is_admin else [],
        "approval_count": Approval.objects.open().count() if is_admin else 0,
    }


def upstream_alerts() -> list[Alert]:
    """What admins have to see to; on every page until they did."""
    return list(Alert.objects.open().select_related("upstream")[:20])


def live_counts(user_id: int) -> dict[str, int]:
    """How many of a person's jobs are drawing and how many wait."""
    return (
        Job.objects.filter(owner=user_id)
        .live()
        .aggregate(
            drawing=Count("pk", filter=Q(state=Job.State.RUNNING)), queued=Count("pk", filter=Q(state=Job.State.QUEUED))
        )
    )
