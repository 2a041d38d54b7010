"""Compositing an edit's result with its source: locked outside the mask, or cropped to the source's size.

The pixel arithmetic is in `library`; what a generation asked for decides here.
"""

from dataclasses import dataclass, field

from studio.images.framing import Framing
from studio.imaging.decoding import Decoded, encode
from studio.imaging.framing import framing_of
from studio.imaging.framing_pixels import restored
from studio.imaging.lock import LockRefused, lock
from studio.imaging.pixels import Pixels, WrongRatio
from studio.library.models import Picture

from .models import Generation


@dataclass(frozen=True)
class Composite:
    """A result composited with its source; `shown` is None where the model's own picture is shown unchanged."""

    shown: Decoded | None = field(repr=False, default=None)
    verdict: str = ""  # one of Picture.Lock
    leak: float | None = None  # share of the protected pixels that the model changed, 0 to 1
    difference: bytes | None = field(repr=False, default=None)  # WebP


def is_composited(generation: Generation) -> bool:
    """Whether its results are put back onto a source: those of an edit with a mask."""
    return generation.source is not None and generation.mask is not None


def composite(generation: Generation, raw: Pixels) -> Composite:
    """Lock a result to its source, or crop it to the source's size.

    One that cannot be locked, such as a shifted result, is left as it is, with the reason as `verdict`.
    """
    if generation.source is None or generation.mask is None:
        return Composite()
    mask = generation.mask.read()
    framing = framing_of(mask, is_precise=generation.is_precise)
    if not generation.is_locked:
        return Composite(shown=cropped(raw, framing))
    try:
        source = generation.source
        locked = lock(source.read_bytes(), raw, mask, framing=framing, feather=generation.feather, ground=source.ground)
    except LockRefused as error:
        return Composite(verdict=error.kind)
    return Composite(
        shown=encode(locked.pixels),
        verdict=Picture.Lock.LOCKED,
        leak=locked.leak.share,
        difference=locked.difference,
    )


def cropped(raw: Pixels, framing: Framing) -> Decoded | None:
    """The result without the padding its request added; None where there was none."""
    if framing.source == framing.requested.edges:
        return None
    try:
        return encode(restored(raw, framing))
    except WrongRatio:
        return None
