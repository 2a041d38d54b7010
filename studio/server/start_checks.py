"""What has to answer before a process of the studio starts: the servers that its settings name."""

from django.conf import settings

from studio.core import database, valkey
from studio.core.dependencies import one_line
from studio.library import storage
from studio.worker import sweep


class CannotStart(Exception):
    """A process cannot start; the message says why, in one sentence."""


def require_servers() -> None:
    """Raise CannotStart for a server that does not answer, by the variable that names it and without its password."""
    if database.is_server():
        try:
            database.probe()
        except Exception as error:  # whatever a driver raises, an operator needs the sentence
            raise CannotStart(f"The database of DATABASE_URL cannot be used: {one_line(error)}.") from None
    if settings.VALKEY_URL:
        try:
            valkey.ping()
        except Exception as error:
            raise CannotStart(f"Valkey cannot be reached at VALKEY_URL: {one_line(error)}.") from None
    if storage.is_remote():
        try:
            storage.round_trip()
        except Exception as error:
            raise CannotStart(
                "The storage of STORAGE_URL cannot be used, to which a file was to be written, read and deleted: "
                f"{one_line(error)}."
            ) from None


def require_same_keys(*, home: str = "") -> None:
    """Raise CannotStart where other processes of the studio, which are running, have other keys than this one.

    Each would end the other's sessions, and could not open what the other has encrypted. `home` is this process's own.
    """
    if names := sweep.differing_keys(home=home):
        raise CannotStart(
            f"{' and '.join(names)} differ from those of the studio's processes that are running; give all of them the "
            "same, or stop the others first and wait half a minute."
        )
