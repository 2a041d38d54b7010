"""`python -m tests.engines.tables`: what the database of a studio is made of, as JSON, for comparing two of them."""

import json
import os
import re
from typing import Any

SQLITE_TABLE = re.compile(r"CREATE TABLE \S+ \((.*)\)", re.DOTALL)
POSTGRESQL = {
    "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,"
    " is_identity FROM information_schema.columns WHERE table_schema = 'public'"
    # Django makes this number, which nobody refers to, wider in a migration than its models say.
    " AND NOT (table_name = 'auth_group_permissions' AND column_name = 'id')",
    "constraints": "SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \\S+', '\\1')"
    " FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}
ROWS = {
    "migrations": "SELECT app, name FROM django_migrations",
    "kinds": "SELECT app_label, model FROM django_content_type",
    "permissions": "SELECT codename FROM auth_permission",
}


def described(connection: Any) -> dict[str, list[Any]]:
    """Everything but the order of columns and the names that the engine gave by itself."""
    parts = {
        name: rows(connection, query)
        for name, query in (ROWS | (POSTGRESQL if connection.vendor == "postgresql" else {})).items()
    }
    # So that a migration which fills a table is missed here, and not by a new studio.
    parts["counts"] = [
        [table, *rows(connection, f'SELECT count(*) FROM "{table}"')[0]]
        for table in connection.introspection.table_names()
    ]
    if connection.vendor == "sqlite":
        objects = rows(connection, "SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        parts["objects"] = [[kind, table, parts_of(sql)] for kind, table, sql in objects]
    return {name: sorted(found, key=str) for name, found in parts.items()}


def parts_of(sql: str) -> list[str]:
    """The columns and constraints of a table in no order; whatever else as it stands."""
    sql = re.sub(r"\s+", " ", sql)
    found = SQLITE_TABLE.match(sql)
    return sorted(split(found[1])) if found else [re.sub(r'INDEX "\S+_[0-9a-f]{8}\w*"', "INDEX", sql)]


def split(body: str) -> list[str]:
    """Cut at the commas outside brackets and quotes."""
    found, depth, quoted = [""], 0, False
    for character in body:
        quoted ^= character == "'"
        depth += 0 if quoted else (character == "(") - (character == ")")
        if character == "," and not depth and not quoted:
            found.append("")
        else:
            found[-1] += character
    return [part.strip() for part in found]


def rows(connection: Any, query: str) -> list[list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [list(row) for row in cursor.fetchall()]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    import django

    django.setup()
    from django.db import connection

    print(json.dumps(described(connection)))


if __name__ == "__main__":
    main()
