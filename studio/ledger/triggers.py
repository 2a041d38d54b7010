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


def protect_statements(apps: Any, schema_editor: Any) -> None:
    """The same for statements; a migration that changes their tables calls it again at its end."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    if not is_sqlite:
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION ledger_statement_refuse() RETURNS trigger AS $$ "
            f"BEGIN RAISE EXCEPTION '{CLOSED}'; END $$ LANGUAGE plpgsql",
            params=None,
        )
    refuse = (
        f"BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
        if is_sqlite
        else "FOR EACH ROW EXECUTE FUNCTION ledger_statement_refuse()"
    )
    for table, columns in FIXED.items():
        for verb, event in (("update", f"UPDATE OF {columns}"), ("delete", "DELETE")):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{verb}" + ("" if is_sqlite else f" ON {table}"))
            schema_editor.execute(f"CREATE TRIGGER {table}_{verb} BEFORE {event} ON {table} {refuse}", params=None)
