"""The framing of an edit, derived from its mask: the whole picture, or only a crop around the painted part."""

from studio.images.framing import Framing, precise_framing, whole_framing

from .masking import PaintedMask


def framing_of(painted: PaintedMask, *, is_precise: bool) -> Framing:
    """How a picture is sent to the model; raise ValueError where no crop around the painted part is possible."""
    if not is_precise:
        return whole_framing(*painted.size)
    framing = precise_framing(*painted.size, painted.box)
    if framing is None:
        raise ValueError("no crop around the painted part has a valid size")
    return framing


def can_crop(painted: PaintedMask) -> bool:
    """Whether a crop around the painted part has a size that the model draws."""
    return precise_framing(*painted.size, painted.box) is not None
