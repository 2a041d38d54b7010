"""A reply's pictures as files: what the model drew first, since it is what was paid for, then what is made of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction

from studio.library import files, inbox
from studio.library.enlarging import Unlike, enlarged

from . import edits, fallback
from .errors import PictureBroken
from .models import Attempt, Generation

log = logging.getLogger(__name__)


@dataclass
class Kept:
    """The files of one picture: what is shown, what the model drew if that is something else, their difference."""

    shown: files.Stored
    drawn: files.Stored
    upscaled_from: str = ""
    difference_name: str = ""
    verdict: str = ""
    leak: float | None = None

    def discard(self) -> None:
        for file in {self.shown.name: self.shown, self.drawn.name: self.drawn}.values():
            files.discard(file)
        files.remove(self.difference_name)


def bring_home(attempt: Attempt, pictures: Sequence[bytes], *, book: Callable[[list[Kept]], bool]) -> None:
    """Files first, then what `book` writes of them in one transaction; where it writes nothing, they go again."""
    kept = keep_all(attempt, pictures)
    try:
        with transaction.atomic():
            is_booked = book(kept)
    except BaseException:
        discard_all(kept)
        raise
    if not is_booked:
        discard_all(kept)
    inbox.remove(attempt.pk)
    files.remove_partials(attempt.job_id, attempt.job.partial_count)


def keep_all(attempt: Attempt, pictures: Sequence[bytes]) -> list[Kept]:
    kept: list[Kept] = []
    try:
        for picture in pictures:
            kept.append(keep(attempt, picture))
    except files.Unreadable as error:
        discard_all(kept)
        raise PictureBroken(str(error)) from error
    except BaseException:
        discard_all(kept)
        raise
    return kept


def keep(attempt: Attempt, picture: bytes) -> Kept:
    """Store what the model drew first, since it is what was paid for; then what is made of it."""
    drawn = files.store(picture, folder="pictures")
    kept = Kept(shown=drawn, drawn=drawn)
    try:
        back = put_back(attempt.job.generation, picture)
        kept.verdict, kept.leak = back.verdict, back.leak
        large = enlarge(attempt, picture, drawn=drawn)
        if shown := back.data or large:
            kept.shown = files.store(shown, folder="pictures")
        if large:
            kept.upscaled_from = f"{drawn.width}x{drawn.height}"
        if back.difference:
            kept.difference_name = files.store_beside(drawn, "difference.webp", back.difference)
    except BaseException:
        kept.discard()
        raise
    return kept


def enlarge(attempt: Attempt, picture: bytes, *, drawn: files.Stored) -> bytes | None:
    """The picture in the size the wish named, where a step down sent for a smaller one; None where there is none.

    A fault in that never costs the picture that was paid for.
    """
    generation = attempt.job.generation
    size = fallback.upscaled_to(generation.size, attempt.size)
    if size is None or (drawn.width, drawn.height) == (size.width, size.height):
        return None
    try:
        return enlarged(
            picture,
            size=(size.width, size.height),
            kind=generation.output_format,
            compression=generation.output_compression,
        )
    except Unlike:
        return None
    except Exception:
        log.exception("a result of generation %s could not be enlarged", generation.pk)
        return None


def put_back(generation: Generation, picture: bytes) -> edits.PutBack:
    """What `edits.put_back` makes of it; a fault in that never costs the picture that was paid for."""
    try:
        return edits.put_back(generation, picture)
    except Exception:
        log.exception("a result of generation %s could not be put back onto its source", generation.pk)
        return edits.PutBack()


def discard_all(kept: Sequence[Kept]) -> None:
    for files_of_one in kept:
        files_of_one.discard()
