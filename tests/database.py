"""How the database is emptied between tests, and the data folder removed after the last."""

import shutil
import sqlite3
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

# Written by the migrations, and the same for every test.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


def pytest_unconfigure() -> None:
    """tests/settings.py made this folder for this process."""
    shutil.rmtree(settings.DATA, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> None:
    """Django flushes every table after a transactional test and writes content types and permissions anew.

    Most tables are empty, though: to look costs less than to flush.
    """
    TransactionTestCase._fixture_teardown = delete_rows  # type: ignore[method-assign]


def delete_rows(_test: Any) -> None:
    """Empty the tables that hold rows, with the triggers off that would not have it."""
    quoted = [connection.ops.quote_name(table) for table in tables() - KEPT_TABLES]
    query = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in quoted)
    with connection.cursor() as cursor:
        cursor.execute(query)
        filled = [table for (table,) in cursor.fetchall()]
    guard(False)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        for table in filled:
            cursor.execute(f"DELETE FROM {table}")
    guard(True)


def tables() -> set[str]:
    return set(connection.introspection.django_table_names(only_existing=True, include_views=False))


def guard(is_guarded: bool) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, is_guarded)
