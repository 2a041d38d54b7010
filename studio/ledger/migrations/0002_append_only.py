"""Entries refuse UPDATE and DELETE in the database itself, on both engines."""

from django.db import migrations

from studio.ledger.triggers import protect, unprotect


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(protect, unprotect)]
