"""Periodic tasks: due readings, mail about alerts, what was kept long enough, keys of removed upstreams.

Every worker runs them; they are safe to run twice.
"""

from datetime import datetime

from django.core.cache import cache

from studio.accounts import outgoing_mail
from studio.curation import bulk_acts, purging, storage_rules
from studio.generations import kept_replies, reconciliation
from studio.generations.models import Attempt
from studio.upstreams import alerts
from studio.upstreams.models import Upstream

STORAGE_INTERVAL = 300  # seconds; what the rules ask for is counted in days


def run(*, now: datetime) -> None:
    reconciliation.request_due_readings(now=now)
    alerts.mail_alerts(now=now)
    outgoing_mail.request_delivery(now=now)
    kept_replies.delete_expired(now=now)
    bulk_acts.forget_expired(now=now)
    if cache.add("storage-rules-applied", True, STORAGE_INTERVAL):
        storage_rules.apply_rules(now=now)
        purging.purge_expired(now=now)
    delete_unused_keys()


def delete_unused_keys() -> int:
    """Delete the keys of removed upstreams once their last call has ended; return how many."""
    in_use = Attempt.objects.unfinished().exclude(upstream=None).values("upstream")
    removed = Upstream.objects.exclude(removed_at=None).exclude(encrypted_key=b"").exclude(pk__in=in_use)
    return removed.update(encrypted_key=b"", key_hint="", key_fingerprint="")
