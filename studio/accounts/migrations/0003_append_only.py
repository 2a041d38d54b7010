"""The audit log refuses UPDATE and DELETE in the database itself, on both engines."""

from django.db import migrations

from studio.accounts.triggers import AUDIT

UNDO = {
    "sqlite": ["DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"],
    "postgresql": ["DROP TRIGGER audit_refuses_change ON accounts_auditevent", "DROP FUNCTION accounts_auditevent_refuse"],
}


def protect(apps, schema_editor):
    for statement in AUDIT[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_and_studio")]
    operations = [migrations.RunPython(protect, unprotect)]
