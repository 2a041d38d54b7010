"""The database as a server that may be away: whether it answers, and which errors mean that it does not.

SQLite is a file of this machine and never away.
"""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.utils.translation import gettext_lazy as _

from .dependencies import Dependency

CONNECT_SECONDS = 2
# Classes of SQLSTATE: connection lost, wrong name or password, no such database, too many connections, shutting down.
LOST_STATES = ("08", "28", "3D", "53300", "57P")


def probe() -> None:
    """Ask over a connection of its own, for those of the pool may be the very ones that are lost."""
    import psycopg

    parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
    with psycopg.connect(**{**parameters, "connect_timeout": CONNECT_SECONDS}) as connection:
        connection.execute("SELECT 1")


def discard_pool() -> None:
    """Its connections are lost, and it waits longer and longer before it tries to make new ones."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    wrapper.close_pool()


def is_server() -> bool:
    return str(settings.DATABASES[DEFAULT_DB_ALIAS]["ENGINE"]).endswith("postgresql")


class DatabaseAway(OperationalError):
    """It is known to be away, so it was not asked."""


def is_lost(error: BaseException) -> bool:
    """Whether an error means that the database could not be reached, or was lost on the way."""
    if not isinstance(error, OperationalError | InterfaceError) or not is_server():
        return False
    state: Any = getattr(error.__cause__, "sqlstate", None)
    return state is None or str(state).startswith(LOST_STATES)


DATABASE = Dependency(
    "database",
    sentence=_(
        "The studio’s database cannot be reached right now. Nothing is lost: pictures that are being generated go on, "
        "and everything works again as soon as it is back."
    ),
    probe=probe,
    is_used=is_server,
    is_lost=is_lost,
)
DATABASE.call_on_return(discard_pool)
