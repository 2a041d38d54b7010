"""A reply's pictures as files: what the model drew first, since it is what was paid for, then what is made of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from studio.library import files

from . import edits
from .errors import PictureBroken
from .models import Generation

log = logging.getLogger(__name__)


@dataclass
class Kept:
    """The files of one picture: what is shown, what the model drew if that is something else, their difference."""

    shown: files.Stored
    drawn: files.Stored
    difference_name: str = ""
    verdict: str = ""
    leak: float | None = None

    def discard(self) -> None:
        for file in {self.shown.name: self.shown, self.drawn.name: self.drawn}.values():
            files.discard(file)
        files.remove(self.difference_name)


def keep_all(generation: Generation, pictures: Sequence[bytes]) -> list[Kept]:
    kept: list[Kept] = []
    try:
        for picture in pictures:
            kept.append(keep(generation, picture))
    except files.Unreadable as error:
        discard_all(kept)
        raise PictureBroken(str(error)) from error
    except BaseException:
        discard_all(kept)
        raise
    return kept


def keep(generation: Generation, picture: bytes) -> Kept:
    """Store what the model drew first, since it is what was paid for; then what is made of it."""
    drawn = files.store(picture, folder="pictures")
    kept = Kept(shown=drawn, drawn=drawn)
    try:
        back = put_back(generation, picture)
        kept.verdict, kept.leak = back.verdict, back.leak
        if back.data:
            kept.shown = files.store(back.data, folder="pictures")
        if back.difference:
            kept.difference_name = files.store_beside(drawn, "difference.webp", back.difference)
    except BaseException:
        kept.discard()
        raise
    return kept


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
