"""The triggers by which the audit log refuses UPDATE and DELETE in the database itself, on both engines."""

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as registry
from django.db import connections

from studio import triggers

AUDIT = triggers.append_only(
    "accounts_auditevent", prefix="audit", sentence="the audit log is never changed or deleted"
)


def restore(*, using: str, apps: Apps = registry, **_signal: Any) -> None:
    """Create what is missing of them: after every `migrate`, for a table that SQLite rebuilds loses its triggers."""
    from .models import AuditEvent

    triggers.restore(connections[using], AUDIT[connections[using].vendor], models=[AuditEvent], state=apps)
