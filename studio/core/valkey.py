"""Valkey, or Redis: the connection to it, and whether it answers. Nothing a person made is kept there."""

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .dependencies import Dependency

# Seconds. A page asks before it is shown, so an answer that takes longer is worth less than none.
PATIENCE = 0.15
PROBE_PATIENCE = 1.0


@cache
def options(patience: float) -> dict[str, Any]:
    """How the client connects. What `VALKEY_URL` says in its query wins, such as `?socket_timeout=1`."""
    # Only where VALKEY_URL is set: the client is an optional extra.
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as NoConnection
    from redis.retry import Retry

    return {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        # Once, for a connection that was closed since it was last used; never after a silence.
        "retry": Retry(NoBackoff(), 1, supported_errors=(NoConnection,)),
    }


def address() -> str:
    """VALKEY_URL by the names that the client knows."""
    return re.sub(r"^valkey(s?)://", r"redis\1://", settings.VALKEY_URL)


def ping() -> None:
    """Raise RedisError where it does not answer."""
    import redis

    with redis.Redis.from_url(address(), **options(PROBE_PATIENCE)) as client:
        client.ping()


VALKEY = Dependency(
    "valkey",
    sentence=_("Valkey cannot be reached right now. Everything works, but limits are counted in each process alone."),
    probe=ping,
    is_used=lambda: bool(settings.VALKEY_URL),
    is_felt=False,
)
