"""What the migrations leave behind in the database, on either engine."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from studio.core.append_only import RefuseChanges

TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.mark.django_db
def test_every_table_that_refuses_changes_has_both_its_triggers_after_migrate() -> None:
    """SQLite drops the triggers of a table that a later migration rebuilds."""
    steps = [
        step for migration in MigrationLoader(connection).disk_migrations.values() for step in migration.operations
    ]
    promised = {name for step in steps if isinstance(step, RefuseChanges) for name, _event in step.triggers}

    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        found = {name for (name,) in cursor.fetchall()}

    assert {"ledger_entry_refuses_update", "ledger_entry_refuses_delete"} <= promised
    assert found == promised
