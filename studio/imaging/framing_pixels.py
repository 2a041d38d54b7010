"""A framing applied to pixels: to a picture and its mask before they are sent, and back to the result."""

import cv2
import numpy as np

from studio.images.framing import Framing
from studio.images.masks import same_ratio

from .alpha import flattened
from .decoding import read_pixels
from .masking import PaintedMask
from .pixels import Levels, Pixels, WrongRatio, encode_png, resized

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def sent_picture(source: bytes, framing: Framing, *, ground: str) -> bytes:
    """The picture to send, a PNG of the requested size, its transparent parts on their ground ("" where none are).

    An opaque PNG that has the size already is sent as it is stored.
    """
    is_fitting = framing.source == framing.requested.edges and not framing.is_precise
    if source.startswith(PNG_SIGNATURE) and is_fitting and not ground:
        return source
    pixels = flattened(read_pixels(source), ground)
    return encode_png(Pixels(sent_levels(pixels.colours, framing), None, pixels.profile))


def sent_levels(levels: Levels, framing: Framing) -> Levels:
    return padded(resized(crop(levels, framing), framing.content), framing)


def sent_mask(mask: PaintedMask, framing: Framing) -> PaintedMask:
    """The mask that belongs to the sent picture: cropped, scaled by nearest neighbour and padded in the same way."""
    part = PaintedMask(np.ascontiguousarray(crop(mask.painted, framing))).resized(framing.content)
    return PaintedMask(padded(part.painted.view(np.uint8), framing).view(np.bool_))


def crop[Array: np.ndarray](levels: Array, framing: Framing) -> Array:
    """A view of the framing's box."""
    box = framing.box
    return levels[box.top : box.bottom, box.left : box.right]  # type: ignore[return-value]


def padded(levels: Levels, framing: Framing) -> Levels:
    """Repeat the last column and row up to the requested size."""
    right, below = framing.padding
    if not right and not below:
        return levels
    return np.asarray(cv2.copyMakeBorder(levels, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def restored(drawn: Pixels, framing: Framing) -> Pixels:
    """The result as it belongs in the framing's box; raise WrongRatio where its ratio is another one.

    A result of another size but of the requested proportions is first resampled to the requested size.
    """
    requested = framing.requested.edges
    if drawn.size != requested and not same_ratio(drawn.size, requested):
        raise WrongRatio(requested=requested, received=drawn.size)
    alpha = None if drawn.alpha is None else restored_levels(drawn.alpha, framing)
    return Pixels(restored_levels(drawn.colours, framing), alpha)


def restored_levels(levels: Levels, framing: Framing) -> Levels:
    whole = resized(levels, framing.requested.edges)
    across, down = framing.content
    return resized(whole[:down, :across], (framing.box.width, framing.box.height))
