"""Django's `migrate`, which for an empty database need not go through everything its tables have ever been."""

from typing import Any

from django.apps import apps
from django.core.management.commands import migrate
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

MARKS = MigrationRecorder.Migration._meta.db_table


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        is_whole = not (options["app_label"] or options["plan"] or options["check_unapplied"] or options["fake"])
        if is_whole and is_empty(connection):
            create_tables(connection)
            if options["verbosity"] >= 1:
                self.stdout.write("Created the tables of an empty database.")
        super().handle(*args, **options)


def is_empty(connection: Any) -> bool:
    return {MARKS}.issuperset(connection.introspection.table_names()) and not MigrationRecorder(
        connection
    ).applied_migrations()


def create_tables(connection: Any) -> None:
    """Create every table as the models say, and mark every migration as made: all of it, or nothing.

    That it comes to the same is for a test to show; what migrations create besides tables comes with `post_migrate`.
    """
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    with connection.schema_editor() as editor:
        for app in apps.get_app_configs():
            for model in router.get_migratable_models(app, connection.alias):
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        for app_label, name in MigrationLoader(None).disk_migrations or {}:
            recorder.record_applied(app_label, name)
