"""The triggers by which the audit log refuses UPDATE and DELETE in the database itself, on both engines."""

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as registry
from django.db import connections

from studio import triggers

REFUSED = "the audit log is never changed or deleted"
AUDIT = {
    "sqlite": [
        f"CREATE TRIGGER audit_refuses_{verb.lower()} BEFORE {verb} ON accounts_auditevent "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            "CREATE OR REPLACE FUNCTION accounts_auditevent_refuse() RETURNS trigger AS $$ "
            f"BEGIN RAISE EXCEPTION '{REFUSED}'; END $$ LANGUAGE plpgsql"
        ),
        (
            "CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE ON accounts_auditevent "
            "FOR EACH ROW EXECUTE FUNCTION accounts_auditevent_refuse()"
        ),
    ],
}


def restore(*, using: str, apps: Apps = registry, **_signal: Any) -> None:
    """Create what is missing of them: after every `migrate`, for a table that SQLite rebuilds loses its triggers."""
    from .models import AuditEvent

    triggers.restore(connections[using], AUDIT[connections[using].vendor], models=[AuditEvent], state=apps)
