"""Partial pictures: shown while a job runs, deleted when it is over."""

from contextlib import suppress

from django.conf import settings
from django.core.files.storage import default_storage

from .storage import local_path, write


def partial_name(job_id: int, index: int) -> str:
    return f"jobs/{job_id}/partial-{index}.webp"


def partial_url(job_id: int, index: int, *, job_round: int = 1) -> str:
    """The private address of a partial picture; each round has its own, since a page caches by address."""
    return f"{settings.MEDIA_URL}{partial_name(job_id, index)}" + (f"?round={job_round}" if job_round > 1 else "")


def store_partial(job_id: int, index: int, webp: bytes) -> str:
    """Write a job's partial picture, replacing one of an earlier round; return its name or raise StorageFull."""
    name = partial_name(job_id, index)
    write(name, webp)
    return name


def remove_partials(job_id: int, count: int) -> None:
    """Remove the partial pictures with the indexes 0 to `count`; those already gone do not matter."""
    for index in range(count + 1):
        with suppress(Exception):
            default_storage.delete(partial_name(job_id, index))
    if folder := local_path(f"jobs/{job_id}"):
        with suppress(OSError):
            folder.rmdir()
