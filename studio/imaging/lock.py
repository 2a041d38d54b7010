"""Mask lock: the source put back wherever the mask protected it, and what the model had changed there."""

import io
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray
from PIL import Image

from studio.images.framing import Framing, whole_framing

from .alignment import Alignment, alignment
from .alpha import flattened
from .blend import blend
from .decoding import WEBP_MAX_EDGE, PictureRefused, read_pixels
from .framing_pixels import crop, restored
from .masking import PaintedMask
from .pixels import BAND, Levels, Pixels, WrongRatio

MAX_FEATHER = 64  # px
FEATHER_PARTS = 100  # by default a hundredth of the short edge
VISIBLE = 8  # levels of 255; what differs by more counts as changed


class LockRefused(PictureRefused):
    """A result that cannot be locked to its source; `kind` is shifted, rescaled, different or wrong_ratio."""

    SENTENCES: ClassVar[dict[str, Promise]] = {
        "shifted": _(
            "The model moved the picture, so your original cannot be put back over it without a visible seam."
        ),
        "rescaled": _("The model drew the picture at another scale, so your original does not fit over it."),
        "different": _("What came back does not match your picture even where it should have stayed as it was."),
        "wrong_ratio": _(
            "What came back has other proportions than your picture, so your original does not fit over it."
        ),
    }

    def __init__(self, kind: str, alignment: Alignment | None = None) -> None:
        super().__init__(kind)
        self.alignment = alignment


@dataclass(frozen=True, slots=True)
class Leak:
    """Protected pixels that were sent, and how many the model changed by more than 8 of 255 in any channel."""

    changed_count: int
    protected_count: int

    @property
    def share(self) -> float:
        return self.changed_count / self.protected_count if self.protected_count else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Locked:
    """A locked copy, of the source's size, alpha and colour profile, and how the result differed from the source.

    `resized_from` is the result's px where it was resampled; `difference` shows what changed as a WebP (see
    `difference_picture`).
    """

    pixels: Pixels
    leak: Leak
    alignment: Alignment
    feather: int
    resized_from: tuple[int, int] | None
    difference: bytes = field(repr=False)


def lock(
    source: bytes,
    result: Pixels,
    mask: PaintedMask,
    *,
    framing: Framing | None = None,
    feather: int | None = None,
    even_if_moved: bool = False,
    ground: str = "",
) -> Locked:
    """Composite the source back over a result wherever the mask protects it; the result may be a part (`framing`).

    `feather` is 0 to 64 px, by default a hundredth of the edited part's short edge; `ground` is what the source's
    transparent parts were sent on. Raise LockRefused for a result that
    does not lie where the source lies (unless `even_if_moved`) and Unreadable for a source that is no picture.
    """
    whole = read_pixels(source)
    framing = framing or whole_framing(*whole.size)
    check_framing(framing, whole, mask)
    drawn = fit_result(result, framing)
    shown, painted = flattened(whole, ground), crop(mask.painted, framing)
    old, seen = part_of(shown, framing), flattened(drawn, ground)
    found = alignment(old.colours, seen.colours, painted)
    if not (found.is_aligned or even_if_moved):
        raise LockRefused(found.kind, found)
    changes = protected_changes(old, seen, painted)
    difference = difference_picture(shown, changes, framing)
    feather = feather_within(feather, framing)
    whole.alpha = None if whole.alpha is None else whole.alpha.copy()  # it is read-only
    # Views, so this paints into the whole source, whose own pixels nobody needs any more.
    paint(part_of(whole, framing), drawn, painted, feather, old=old)
    return Locked(
        pixels=whole,
        leak=leak_of(changes, painted),
        alignment=found,
        feather=feather,
        resized_from=None if result.size == framing.requested.edges else result.size,
        difference=difference,
    )


def paint(into: Pixels, drawn: Pixels, painted: NDArray[np.bool_], feather: int, *, old: Pixels) -> None:
    """Blend the result into pixels of the source; what was painted on nothing can be seen then.

    `old` are the same pixels on their ground: a feathered rim must not show the colours hidden under transparency.
    """
    if into.alpha is not None:
        np.copyto(into.colours, old.colours, where=painted[..., np.newaxis])
        alpha = np.full_like(into.alpha, 255) if drawn.alpha is None else drawn.alpha
        blend(into.alpha[..., np.newaxis], alpha[..., np.newaxis], painted, feather)
    blend(into.colours, drawn.colours, painted, feather)


def check_framing(framing: Framing, whole: Pixels, mask: PaintedMask) -> None:
    """The framing must belong to this source and mask, and hold all that is painted; else ValueError."""
    if whole.size != framing.source or mask.size != framing.source or not framing.box.contains(mask.box):
        raise ValueError("the mask, the framing and the source do not belong together")


def fit_result(result: Pixels, framing: Framing) -> Pixels:
    try:
        return restored(result, framing)
    except WrongRatio as error:
        raise LockRefused("wrong_ratio") from error


def part_of(whole: Pixels, framing: Framing) -> Pixels:
    """The framing's box as views."""
    return Pixels(crop(whole.colours, framing), None if whole.alpha is None else crop(whole.alpha, framing))


def feather_within(feather: int | None, framing: Framing) -> int:
    """A feather in px within its limits; by default a hundredth of the short edge of the framing's box."""
    default = round(min(framing.box.width, framing.box.height) / FEATHER_PARTS)
    return min(MAX_FEATHER, default if feather is None else max(0, feather))


def protected_changes(old: Pixels, drawn: Pixels, painted: NDArray[np.bool_]) -> Levels:
    """How far each protected pixel of two opaque pictures differs, 0 to 255, and 0 where painted."""
    changes = np.empty(painted.shape, np.uint8)
    for top in range(0, len(painted), BAND):
        rows = slice(top, top + BAND)
        changes[rows] = np.where(painted[rows], 0, differences(old, drawn, rows))
    return changes


def leak_of(changes: Levels, painted: NDArray[np.bool_]) -> Leak:
    return Leak(
        changed_count=int(np.count_nonzero(changes > VISIBLE)),
        protected_count=int(painted.size - np.count_nonzero(painted)),
    )


def differences(old: Pixels, drawn: Pixels, rows: slice) -> Levels:
    """The largest difference of any channel, for each pixel of some rows."""
    red, green, blue = cv2.split(cv2.absdiff(old.colours[rows], np.ascontiguousarray(drawn.colours[rows])))
    return np.asarray(np.maximum(np.maximum(red, green), blue), np.uint8)


def difference_picture(source: Pixels, changes: Levels, framing: Framing) -> bytes:
    """A WebP of the source's size: the source in dim grey, and in red what the model changed where it was protected.

    The brighter the red the larger the change. `changes` are those of the framing's box.
    """
    dim = np.asarray(cv2.cvtColor(source.colours, cv2.COLOR_RGB2GRAY), np.uint8) // 3
    red = dim.copy()
    part = crop(red, framing)
    np.maximum(part, 127 + np.minimum(changes, 128), out=part, where=changes > VISIBLE)
    return webp(Image.merge("RGB", [Image.fromarray(levels) for levels in (red, dim, dim)]))


def webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.thumbnail((WEBP_MAX_EDGE, WEBP_MAX_EDGE))
    image.save(out, "WEBP", quality=80, method=1)
    return out.getvalue()
