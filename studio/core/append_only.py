"""Append-only tables: triggers by which the database refuses UPDATE and DELETE, on SQLite and PostgreSQL."""

from collections.abc import Collection
from typing import Any

from django.db.migrations.operations.base import Operation


class RefuseChanges(Operation):
    """A migration operation: a table refuses DELETE, and UPDATE of the given columns or of all, with a sentence.

    SQLite drops the triggers of a table it rebuilds, as it does for most column changes. A migration that changes the
    table has to repeat this operation after the change.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, sentence: str, columns: Collection[str] = ()) -> None:
        self.table, self.sentence, self.columns = table, sentence, tuple(columns)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are not part of the models' state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        is_sqlite = schema_editor.connection.vendor == "sqlite"
        refuse = f"BEGIN SELECT RAISE(ABORT, '{self.sentence}'); END"
        if not is_sqlite:
            schema_editor.execute(
                f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger AS $$ "
                f"BEGIN RAISE EXCEPTION '{self.sentence}'; END $$ LANGUAGE plpgsql",
                params=None,
            )
            refuse = f"FOR EACH ROW EXECUTE FUNCTION {self.function}()"
        for name, event in self.triggers:
            schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {self.table} {refuse}", params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        suffix = "" if schema_editor.connection.vendor == "sqlite" else f" ON {self.table}"
        for name, _event in self.triggers:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}", params=None)

    def describe(self) -> str:
        return f"Refuse changes of {self.table}"

    @property
    def function(self) -> str:
        return f"{self.table}_refuse"

    @property
    def triggers(self) -> list[tuple[str, str]]:
        update = f"UPDATE OF {', '.join(self.columns)}" if self.columns else "UPDATE"
        return [(f"{self.table}_refuses_update", update), (f"{self.table}_refuses_delete", "DELETE")]
