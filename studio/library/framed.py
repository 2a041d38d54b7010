"""A framing carried out on pixels: what is sent of a picture and its mask, and what came back put in its place."""

import cv2
import numpy as np

from studio.images.framing import Framing
from studio.images.masks import same_ratio

from .masking import PaintedMask
from .pixels import Levels, Pixels, png, read, resized

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Reshaped(Exception):
    """What came back has neither the size that was asked nor its proportions, so it fits nowhere; sizes in px."""

    def __init__(self, *, asked: tuple[int, int], got: tuple[int, int]) -> None:
        super().__init__(f"asked {asked}, got {got}")
        self.asked = asked
        self.got = got


def sent_picture(source: bytes, framing: Framing) -> bytes:
    """The picture to send, a PNG of the asked size; a PNG that has it already is sent as it is stored."""
    asked = (framing.asked.width, framing.asked.height)
    if source.startswith(PNG_SIGNATURE) and framing.source == asked and not framing.is_precise:
        return source
    pixels = read(source)
    alpha = None if pixels.alpha is None else sent_levels(pixels.alpha, framing)
    return png(Pixels(sent_levels(pixels.colours, framing), alpha, pixels.profile))


def sent_levels(levels: Levels, framing: Framing) -> Levels:
    return padded(resized(cut(levels, framing), framing.content), framing)


def sent_mask(mask: PaintedMask, framing: Framing) -> PaintedMask:
    """The mask that belongs to the sent picture: cut, scaled by nearest neighbour and padded in the same way."""
    part = PaintedMask(np.ascontiguousarray(cut(mask.painted, framing))).stretched(framing.content)
    return PaintedMask(padded(part.painted.view(np.uint8), framing).view(np.bool_))


def cut[Array: np.ndarray](levels: Array, framing: Framing) -> Array:
    """A view of the framing's box."""
    box = framing.box
    return levels[box.top : box.bottom, box.left : box.right]  # type: ignore[return-value]


def padded(levels: Levels, framing: Framing) -> Levels:
    """Repeat the last column and row up to the asked size."""
    right, below = framing.padding
    if not right and not below:
        return levels
    return np.asarray(cv2.copyMakeBorder(levels, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def returned(raw: Pixels, framing: Framing) -> Pixels:
    """What was drawn, as it belongs in the framing's box; raise Reshaped where it cannot.

    A result of another size but of the asked proportions is first resampled to the asked size.
    """
    asked = (framing.asked.width, framing.asked.height)
    if raw.size != asked and not same_ratio(raw.size, asked):
        raise Reshaped(asked=asked, got=raw.size)
    alpha = None if raw.alpha is None else returned_levels(raw.alpha, framing)
    return Pixels(returned_levels(raw.colours, framing), alpha)


def returned_levels(levels: Levels, framing: Framing) -> Levels:
    whole = resized(levels, (framing.asked.width, framing.asked.height))
    across, down = framing.content
    return resized(whole[:down, :across], (framing.box.width, framing.box.height))
