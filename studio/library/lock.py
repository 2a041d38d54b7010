"""Mask lock: the stored source put back wherever the mask protected it, and what the model had changed there."""

import io
from concurrent.futures import ThreadPoolExecutor
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
from .decoding import WEBP_MAX_EDGE, Worded
from .framed import Reshaped, cut, returned
from .masking import PaintedMask
from .pixels import BAND, Levels, Pixels, png, read
from .seam import blend

MAX_FEATHER = 64  # px
FEATHER_PARTS = 100  # by default a hundredth of the short edge
VISIBLE = 8  # levels of 255; what differs by more counts as changed


class Unlockable(Worded):
    """A result that is not composited blindly; `kind` is shifted, rescaled, unlike or reshaped."""

    SENTENCES: ClassVar[dict[str, Promise]] = {
        "shifted": _(
            "The model moved the picture, so your original cannot be put back over it without a visible seam."
        ),
        "rescaled": _("The model drew the picture at another scale, so your original does not fit over it."),
        "unlike": _("What came back does not match your picture even where it should have stayed as it was."),
        "reshaped": _("What came back has other proportions than your picture, so your original does not fit over it."),
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


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked copy: a PNG of the source's size and alpha; `resized_from` is the result's px where it was resampled."""

    data: bytes = field(repr=False)
    leak: Leak
    alignment: Alignment
    feather: int
    resized_from: tuple[int, int] | None


def lock(
    source: bytes,
    result: bytes,
    mask: PaintedMask,
    *,
    framing: Framing | None = None,
    feather: int | None = None,
    even_if_moved: bool = False,
) -> Locked:
    """Composite the source back over a result wherever the mask protects it; the result may be a part (`framing`).

    `feather` is 0 to 64 px, by default a hundredth of the edited part's short edge. Raise Unlockable for a result that
    does not lie where the source lies (unless `even_if_moved`) and Unreadable for bytes that are no picture.
    """
    whole, raw, framing = opened_pair(source, result, mask, framing)
    drawn = fitted(raw, framing)
    old, painted = part_of(whole, framing), cut(mask.painted, framing)
    found = alignment(old.colours, drawn.colours, painted)
    if not (found.is_aligned or even_if_moved):
        raise Unlockable(found.kind, found)
    leak = leak_of(old, drawn, painted)
    feather = default_feather(framing) if feather is None else min(max(0, feather), MAX_FEATHER)
    # `old` is a view, so this paints into the whole source.
    blend(old.colours, drawn.colours, painted, feather)
    asked = (framing.asked.width, framing.asked.height)
    resized_from = raw.size if raw.size != asked else None
    del raw, drawn
    return Locked(png(whole), leak, found, feather, resized_from)


def opened_pair(
    source: bytes, result: bytes, mask: PaintedMask, framing: Framing | None
) -> tuple[Pixels, Pixels, Framing]:
    """Both pictures decoded at once, and the framing, which must belong to this source and hold all that is painted."""
    with ThreadPoolExecutor(2) as pool:
        whole, raw = pool.map(read, (source, result))
    framing = framing or whole_framing(*whole.size)
    if whole.size != framing.source or mask.size != framing.source or not framing.box.holds(mask.box):
        raise ValueError("the mask, the framing and the source do not belong together")
    return whole, raw, framing


def fitted(raw: Pixels, framing: Framing) -> Pixels:
    try:
        return returned(raw, framing)
    except Reshaped as error:
        raise Unlockable("reshaped") from error


def part_of(whole: Pixels, framing: Framing) -> Pixels:
    """The framing's box as views."""
    return Pixels(cut(whole.colours, framing), None if whole.alpha is None else cut(whole.alpha, framing))


def default_feather(framing: Framing) -> int:
    return min(MAX_FEATHER, round(min(framing.box.width, framing.box.height) / FEATHER_PARTS))


def leak_of(old: Pixels, drawn: Pixels, painted: NDArray[np.bool_]) -> Leak:
    """Count in bands what differs visibly where the mask protects; alpha counts where the source has it."""
    changed_count = 0
    for top in range(0, len(painted), BAND):
        rows = slice(top, top + BAND)
        changed_count += int(np.count_nonzero((differences(old, drawn, rows) > VISIBLE) & ~painted[rows]))
    return Leak(changed_count, int(painted.size - np.count_nonzero(painted)))


def differences(old: Pixels, drawn: Pixels, rows: slice) -> Levels:
    """The largest difference of any channel, for each pixel of some rows."""
    red, green, blue = cv2.split(cv2.absdiff(old.colours[rows], np.ascontiguousarray(drawn.colours[rows])))
    largest = np.maximum(np.maximum(red, green), blue)
    if old.alpha is not None:
        other = np.full_like(largest, 255) if drawn.alpha is None else drawn.alpha[rows]
        largest = np.maximum(largest, cv2.absdiff(old.alpha[rows], np.ascontiguousarray(other)))
    return np.asarray(largest, np.uint8)


def difference_picture(source: bytes, result: bytes, mask: PaintedMask, *, framing: Framing | None = None) -> bytes:
    """A WebP of the source's size: the source in dim grey, and in red what the model changed where it was protected.

    The brighter the red the larger the change. Raise Unlockable for a result of other proportions.
    """
    whole, raw, framing = opened_pair(source, result, mask, framing)
    drawn = fitted(raw, framing)
    old, painted = part_of(whole, framing), cut(mask.painted, framing)
    seen = np.zeros(mask.painted.shape, np.uint8)
    part = cut(seen, framing)
    for top in range(0, len(painted), BAND):
        rows = slice(top, top + BAND)
        part[rows] = np.where(painted[rows], 0, differences(old, drawn, rows))
    dim = np.asarray(cv2.cvtColor(whole.colours, cv2.COLOR_RGB2GRAY), np.uint8) // 3
    red = np.where(seen > VISIBLE, np.maximum(dim, 127 + np.minimum(seen, 128)), dim)
    return webp(np.dstack([red, dim, dim]))


def webp(colours: Levels) -> bytes:
    image, out = Image.fromarray(colours), io.BytesIO()
    image.thumbnail((WEBP_MAX_EDGE, WEBP_MAX_EDGE))
    image.save(out, "WEBP", quality=80, method=1)
    return out.getvalue()
