"""Django's engine for PostgreSQL, which reads long results through a cursor of the server only within a transaction.

Outside of one, PgBouncer in transaction mode gives each question of such a cursor to another connection, which does
not know it. Prepared statements, which have the same trouble, are Django's to leave out, and it does.
"""

from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def chunked_cursor(self) -> Any:
        return super().chunked_cursor() if self.in_atomic_block else self.cursor()
