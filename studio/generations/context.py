"""What the frame around every page shows."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from studio.upstreams.models import Upstream

from .models import Job

SECTIONS = {"gallery": "gallery", "pictures": "gallery", "spend": "spend", "settings": "settings"}


def frame(request: HttpRequest) -> dict[str, Any]:
    is_simulated = Upstream.objects.usable().filter(is_simulated=True).exists()
    if not request.user.is_authenticated:
        return {"is_simulated": is_simulated}
    section = SECTIONS.get(request.path.split("/")[1], "create")
    return {"is_simulated": is_simulated, "nav": section, "live_counts": live_counts(request.user.pk)}


def live_counts(user_id: int) -> dict[str, int]:
    """How many of a person's jobs are drawing and how many wait."""
    return (
        Job.objects.filter(owner=user_id)
        .live()
        .aggregate(
            drawing=Count("pk", filter=Q(state=Job.State.RUNNING)), queued=Count("pk", filter=Q(state=Job.State.QUEUED))
        )
    )
