"""Storing the pictures of a reply as files: first the model's own picture, which was paid for, then what is shown."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from studio import images
from studio.core.database import DATABASE
from studio.gateway import picture_format
from studio.gateway.studio_errors import PictureBroken
from studio.images import Size
from studio.imaging.conversion import convert
from studio.imaging.decoding import Decoded, decode, decode_with_pixels
from studio.imaging.pixels import Pixels, WrongRatio
from studio.imaging.upscaling import upscale
from studio.library import files, inbox

from . import kept_replies
from .compositing import Composite, composite, is_composited
from .models import Attempt

log = logging.getLogger(__name__)


@dataclass
class StoredResult:
    """The files of one picture: the one shown, the one received (often the same), and a picture of their difference."""

    shown: files.Stored
    raw: files.Stored
    upscaled_from: str = ""
    difference_name: str = ""
    difference_bytes: int = 0
    verdict: str = ""
    leak: float | None = None
    number: int = 0  # of the reply's pictures

    def picture_columns(self) -> dict[str, Any]:
        """The columns of Picture that say which files it has and how they were made."""
        return {
            "upscaled_from": self.upscaled_from,
            "lock_verdict": self.verdict,
            "leak": self.leak,
            "raw_file": self.raw.name if self.shown is not self.raw else "",
            "difference_file": self.difference_name,
            **self.shown.fields(),
            "disk_bytes": self.disk_bytes,
        }

    @property
    def disk_bytes(self) -> int:
        """What all its files take on the storage."""
        raw = 0 if self.raw is self.shown else self.raw.disk_bytes
        return self.shown.disk_bytes + raw + self.difference_bytes

    @property
    def format(self) -> str:
        """The format received; where that cannot be shown, the one it was converted to."""
        return self.raw.format if self.raw.has_thumbnails else self.shown.format

    def discard(self) -> None:
        for file in {self.shown.name: self.shown, self.raw.name: self.raw}.values():
            files.discard(file)
        files.remove(self.difference_name)


def store(attempt: Attempt, pictures: Sequence[bytes], *, book: Callable[[list[StoredResult]], bool]) -> None:
    """Write the files, then call `book` in one transaction; the files are removed again if it returns False or raises.

    Not if the database was lost: it may have written the rows all the same, and then they need their files.

    Raise PictureBroken for bytes that are no complete picture, files.StorageFull where there is no space left.
    """
    has_kept_reply = attempt.outcome == Attempt.Outcome.UNKNOWN
    stored = store_all(attempt, pictures)
    try:
        with transaction.atomic():
            is_booked = book(stored)
    except BaseException as error:
        if not DATABASE.is_lost(error):
            discard_all(stored)
        raise
    if not is_booked:
        discard_all(stored)
    if has_kept_reply:
        kept_replies.forget(attempt.pk)
    inbox.remove(attempt.pk)
    files.remove_partials(attempt.job_id, attempt.job.partial_count)


def store_all(attempt: Attempt, pictures: Sequence[bytes]) -> list[StoredResult]:
    """Store the pictures that can be shown; raise PictureBroken where there are pictures and none of them can."""
    stored: list[StoredResult] = []
    broken: PictureBroken | None = None
    try:
        for number, picture in enumerate(pictures):
            try:
                result = store_one(attempt, picture)
            except files.Unreadable as error:
                log.warning("a picture of attempt %s cannot be shown: %s", attempt.pk, error.kind)
                broken = broken or PictureBroken(str(error), picture=picture)
            else:
                result.number = number
                stored.append(result)
    except BaseException:
        discard_all(stored)
        raise
    if broken and not stored:
        raise broken
    return stored


def store_one(attempt: Attempt, picture: bytes) -> StoredResult:
    """Write a picture as the model drew it, then what is made of its pixels; it is decoded once for both."""
    try:
        decoded, pixels = decode_for(attempt, picture)
    except files.Unreadable as error:
        try:
            return store_converted(attempt, picture)
        except files.Unreadable:
            raise error from None  # says more about what is wrong with it
    raw = files.store_decoded(decoded)
    result = StoredResult(shown=raw, raw=raw)
    return with_derived(result, attempt, pixels) if pixels else result


def store_converted(attempt: Attempt, picture: bytes) -> StoredResult:
    """Write a picture that is not shown as it came, and a copy that is; or raise Unreadable."""
    copy, pixels = convert(picture)
    came_as = picture_format(picture)
    raw = files.store_as_it_came(picture, width=copy.width, height=copy.height, came_as=came_as)
    try:
        result = StoredResult(shown=files.store_decoded(copy), raw=raw)
    except BaseException:
        files.discard(raw)
        raise
    if is_composited(attempt.job.generation) or upscaled_size(attempt):
        shown = result.shown
        with_derived(result, attempt, pixels)
        if result.shown is not shown:
            files.discard(shown)
    return result


def decode_for(attempt: Attempt, picture: bytes) -> tuple[Decoded, Pixels | None]:
    """The picture, and its pixels where another one is made of them; or raise Unreadable."""
    if is_composited(attempt.job.generation) or upscaled_size(attempt):
        return decode_with_pixels(picture)
    return decode(picture), None


def with_derived(result: StoredResult, attempt: Attempt, pixels: Pixels) -> StoredResult:
    """Add what is made of its pixels; its files are removed where that fails."""
    try:
        add_derived(result, attempt, pixels)
    except BaseException:
        result.discard()
        raise
    return result


def add_derived(result: StoredResult, attempt: Attempt, pixels: Pixels) -> None:
    """Write what is shown instead of the picture as it was drawn, where that is something else."""
    raw = result.raw
    composited = composite_safely(attempt, pixels)
    result.verdict, result.leak = composited.verdict, composited.leak
    upscaled = upscale_result(attempt, pixels)
    if shown := composited.shown or upscaled:
        result.shown = files.store_decoded(shown)
    if upscaled:
        result.upscaled_from = f"{raw.width}x{raw.height}"
    if composited.difference:
        result.difference_bytes = len(composited.difference)
        result.difference_name = files.store_beside(raw, "difference.webp", composited.difference)


def composite_safely(attempt: Attempt, pixels: Pixels) -> Composite:
    """The composite of an edit's result; an error here must never lose the picture that was paid for."""
    try:
        return composite(attempt.job.generation, pixels)
    except Exception:
        log.exception("a result of job %s could not be put back onto its source", attempt.job_id)
        return Composite()


def upscale_result(attempt: Attempt, pixels: Pixels) -> Decoded | None:
    """The picture in the size that was requested, where a fallback step asked for a smaller one; None elsewhere.

    An error here must never lose the picture that was paid for.
    """
    size = upscaled_size(attempt)
    if size is None or pixels.size == size.edges:
        return None
    request = attempt.job.generation.request
    try:
        data = upscale(
            pixels,
            size=size.edges,
            kind=request.output_format,
            compression=request.output_compression,
        )
        return decode(data)
    except WrongRatio:
        return None
    except Exception:
        log.exception("a result of job %s could not be upscaled", attempt.job_id)
        return None


def upscaled_size(attempt: Attempt) -> Size | None:
    """The size to upscale a picture to; None where it was sent in the requested size."""
    requested = str(attempt.job.generation.request.size)
    return None if requested in (images.AUTO, attempt.size) else Size.parse(requested)


def discard_all(stored: Sequence[StoredResult]) -> None:
    for result in stored:
        result.discard()
