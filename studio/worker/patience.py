"""Steps of the runner while a server is away: one that must not be lost is repeated when the server is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from django.db import connections

from studio.core import dependencies
from studio.core.database import DATABASE, DatabaseAway
from studio.library.storage import STORAGE, StorageFull

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds that a server may take to say whether it is there
TRIES = 5
PAUSE = 0.5  # seconds before a step is repeated


def with_connection[T](function: Callable[[], T]) -> T:
    """Run one step and close the thread's database connections; raise at once where the database is away."""
    if DATABASE.is_away:
        raise DatabaseAway
    try:
        return function()
    except Exception as error:
        if DATABASE.is_lost(error):
            DATABASE.check(seconds=PATIENCE)  # so that the next step need not wait to find out
        raise
    finally:
        connections.close_all()


async def until_it_can[T](step: Callable[[], Awaitable[T]]) -> T:
    """Run a step, again and again while what it needs is away. A step is one transaction, or may be repeated.

    What fails TRIES times although the server answers fails for another reason.
    """
    tries = 0
    while True:
        try:
            return await step()
        except Exception as error:
            server = server_lost_by(error)
            if server is None or tries >= TRIES:
                raise
            log.info("a step waits for the %s", server.name)
            tries = tries + 1 if await asyncio.to_thread(server.check, seconds=PATIENCE) else 0
            await asyncio.sleep(PAUSE)
            await server.returned()


def server_lost_by(error: BaseException) -> dependencies.Dependency | None:
    """The server whose absence made a step fail, if any."""
    if isinstance(error, StorageFull) and STORAGE.is_used and error.kind == "unreachable":
        return STORAGE
    return dependencies.lost_by(error)


def log_failure(message: str, error: BaseException) -> None:
    """Log why something repeated failed; that a server is away was logged when it went."""
    if server_lost_by(error) is None:
        log.error(message, exc_info=error)
