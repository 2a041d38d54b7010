"""The triggers that refuse UPDATE and DELETE of entries and of closed months in the database itself, on both engines.

They are restored after every `migrate`, since SQLite rebuilds a table, and so drops its triggers, for most changes of
its columns; a migration that changes rows of Entry begins with `unprotect` and ends with `protect`.
"""

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as registry
from django.db import connections

from studio import triggers

ENTRIES = triggers.append_only("ledger_entry", prefix="entry", sentence="ledger entries are never changed or deleted")
UNDO = {
    "sqlite": ["DROP TRIGGER IF EXISTS entry_refuses_update", "DROP TRIGGER IF EXISTS entry_refuses_delete"],
    "postgresql": ["DROP TRIGGER IF EXISTS entry_refuses_change ON ledger_entry"],
}
# A closed month: nothing in it changes but a name that has to be forgotten.
FIXED = {
    "ledger_statement": "month, closed_at, closed_by_id",
    "ledger_statementline": (
        "statement_id, person_id, model, quality, size_tier, upstream_name, is_simulated, is_carried, spent, maybe, "
        "failed, estimated, reported, compared, picture_count, attempt_count, charged_failure_count, flagged_count, "
        "input_text_tokens, cached_input_tokens, input_image_tokens, output_text_tokens, output_image_tokens"
    ),
}
CLOSED = "a closed month is never changed"
STATEMENT_TRIGGERS = [
    (table, f"{table}_{verb}", event)
    for table, columns in FIXED.items()
    for verb, event in (("update", f"UPDATE OF {columns}"), ("delete", "DELETE"))
]
STATEMENTS = {
    "sqlite": [
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
        for table, name, event in STATEMENT_TRIGGERS
    ],
    "postgresql": [
        triggers.refusing("ledger_statement_refuse", CLOSED),
        *(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_statement_refuse()"
            for table, name, event in STATEMENT_TRIGGERS
        ),
    ],
}


def restore(*, using: str, apps: Apps = registry, **_signal: Any) -> None:
    from .models import Entry, Statement, StatementLine

    statements = ENTRIES[connections[using].vendor] + STATEMENTS[connections[using].vendor]
    triggers.restore(connections[using], statements, models=[Entry, Statement, StatementLine], state=apps)


def protect(apps: Any, schema_editor: Any) -> None:
    unprotect(apps, schema_editor)
    run(ENTRIES, schema_editor)


def unprotect(apps: Any, schema_editor: Any) -> None:
    run(UNDO, schema_editor)


def protect_statements(apps: Any, schema_editor: Any) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for table, name, _event in STATEMENT_TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if is_sqlite else f" ON {table}"))
    run(STATEMENTS, schema_editor)


def run(statements: dict[str, list[str]], schema_editor: Any) -> None:
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)
