"""Entries refuse UPDATE and DELETE in the database itself, on both engines."""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER entry_refuses_{name} BEFORE {verb} ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed or deleted'); END
    """.format(name=verb.lower(), verb=verb)
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    """
    CREATE FUNCTION ledger_entry_refuse() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'ledger entries are never changed or deleted'; END
    $$ LANGUAGE plpgsql
    """,
    """
    CREATE TRIGGER entry_refuses_change BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()
    """,
]
UNDO = {
    "sqlite": ["DROP TRIGGER entry_refuses_update", "DROP TRIGGER entry_refuses_delete"],
    "postgresql": ["DROP TRIGGER entry_refuses_change ON ledger_entry", "DROP FUNCTION ledger_entry_refuse"],
}


def protect(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(protect, unprotect)]
