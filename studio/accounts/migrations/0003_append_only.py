"""The audit log refuses UPDATE and DELETE in the database itself, on both engines."""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER audit_refuses_{name} BEFORE {verb} ON accounts_auditevent
    BEGIN SELECT RAISE(ABORT, 'the audit log is never changed or deleted'); END
    """.format(name=verb.lower(), verb=verb)
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    """
    CREATE FUNCTION accounts_auditevent_refuse() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'the audit log is never changed or deleted'; END
    $$ LANGUAGE plpgsql
    """,
    """
    CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION accounts_auditevent_refuse()
    """,
]
UNDO = {
    "sqlite": ["DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"],
    "postgresql": ["DROP TRIGGER audit_refuses_change ON accounts_auditevent", "DROP FUNCTION accounts_auditevent_refuse"],
}


def protect(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_and_studio")]
    operations = [migrations.RunPython(protect, unprotect)]
