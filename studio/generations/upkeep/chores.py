"""What has to be done around upstreams now and then, by whichever worker comes first."""

from datetime import datetime

from studio.upstreams.models import Upstream

from ..models import Attempt
from . import alerts, readings


def do(*, now: datetime) -> None:
    readings.file_due(now=now)
    alerts.mail(now=now)
    forget_keys()


def forget_keys() -> int:
    """Forget the keys of removed upstreams once their last call is over; return how many."""
    in_use = Attempt.objects.unfinished().exclude(upstream=None).values("upstream")
    removed = Upstream.objects.exclude(removed_at=None).exclude(sealed_key=b"").exclude(pk__in=in_use)
    return removed.update(sealed_key=b"", key_hint="", key_fingerprint="")
