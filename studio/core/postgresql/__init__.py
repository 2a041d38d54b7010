"""PostgreSQL as the studio connects to it: over a pool in each process, directly or through PgBouncer.

`base` is a database engine of Django's, named in settings.DATABASES.
"""

from typing import Any

ENGINE = __name__
# What libpq is told unless DATABASE_URL says otherwise. A server that vanished is noticed within ten seconds, not by
# the operating system's quarter of an hour.
CONNECTION: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
}
# Every page in work has a thread of its own; without a bound on connections, the 101st visitor at one moment would be
# an error, for PostgreSQL takes a hundred. Beyond the bound a page waits for its turn, but not for a database that is
# away: the pool makes a lost connection anew when the next page asks for one.
POOL: dict[str, Any] = {"min_size": 1, "max_size": 30, "timeout": 10, "reconnect_timeout": 2}


def with_pool(database: Any) -> Any:
    """The entry of settings.DATABASES for what DATABASE_URL says; its parameters win over the studio's own."""
    options = {**CONNECTION, **database.get("OPTIONS", {}), "pool": POOL}
    return {**database, "ENGINE": ENGINE, "OPTIONS": options, "CONN_HEALTH_CHECKS": True}
