"""Triggers by which the database itself refuses to change what is written once."""

import re
from collections.abc import Iterable
from typing import Any

from django.apps.registry import Apps
from django.db.models import Model

NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
CREATED = re.compile(r"\s*CREATE TRIGGER (\w+)")


def append_only(table: str, *, prefix: str, sentence: str) -> dict[str, list[str]]:
    """What makes a table refuse UPDATE and DELETE with a sentence, by engine."""
    refuse = f"{table}_refuse"
    return {
        "sqlite": [
            f"CREATE TRIGGER {prefix}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            for verb in ("UPDATE", "DELETE")
        ],
        "postgresql": [
            refusing(refuse, sentence),
            (
                f"CREATE TRIGGER {prefix}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {refuse}()"
            ),
        ],
    }


def refusing(function: str, sentence: str) -> str:
    """PostgreSQL's way to raise from a trigger."""
    return (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{sentence}'; END $$ LANGUAGE plpgsql"
    )


def restore(connection: Any, statements: Iterable[str], *, models: Iterable[type[Model]], state: Apps) -> None:
    """Create the triggers that are missing, with the functions they call; nothing is locked where none is.

    `state` is what the migrations led to: where they have not come as far as `models`, their triggers must wait.
    """
    if not all(is_reached(model, state) for model in models):
        return
    with connection.cursor() as cursor:
        cursor.execute(NAMES[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    left = [statement for statement in statements if not (made := CREATED.match(statement)) or made[1] not in there]
    if any(map(CREATED.match, left)):
        with connection.schema_editor() as editor:
            for statement in left:
                editor.execute(statement, params=None)


def is_reached(model: type[Model], state: Apps) -> bool:
    try:
        reached = state.get_model(model._meta.label)
    except LookupError:
        return False
    return columns(reached) == columns(model)


def columns(model: type[Model]) -> set[str]:
    return {str(field.column) for field in model._meta.local_concrete_fields}
