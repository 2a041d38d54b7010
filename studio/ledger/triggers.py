"""The triggers that refuse UPDATE and DELETE of entries in the database itself, on both engines.

SQLite rebuilds a table, and so drops its triggers, for most changes of its columns: a migration that changes Entry
begins with `unprotect` and ends with `protect`.
"""

from typing import Any

SQLITE = [
    f"""
    CREATE TRIGGER entry_refuses_{verb.lower()} BEFORE {verb} ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed or deleted'); END
    """
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    """
    CREATE OR REPLACE FUNCTION ledger_entry_refuse() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'ledger entries are never changed or deleted'; END
    $$ LANGUAGE plpgsql
    """,
    """
    CREATE TRIGGER entry_refuses_change BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()
    """,
]
UNDO = {
    "sqlite": ["DROP TRIGGER IF EXISTS entry_refuses_update", "DROP TRIGGER IF EXISTS entry_refuses_delete"],
    "postgresql": ["DROP TRIGGER IF EXISTS entry_refuses_change ON ledger_entry"],
}


def protect(apps: Any, schema_editor: Any) -> None:
    unprotect(apps, schema_editor)
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unprotect(apps: Any, schema_editor: Any) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
