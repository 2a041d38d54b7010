"""Transparency: what can be seen of a picture with alpha, and the plain ground its transparent parts are sent on.

A model sees the colours that a file hides under transparency, so a picture is flattened before it is sent.
"""

import cv2
import numpy as np
from PIL import Image

from .pixels import BAND, Levels, Pixels

WHITE, BLACK = "#ffffff", "#000000"
NEUTRAL = "#808080"  # where nothing at all can be seen
PALE = 224  # level of 255; on white, hardly anything of a picture is seen whose channels are all above
SEEN = 0.05  # share of what is visible that must be darker for white to do


def ground_of(image: Image.Image, shown: Image.Image) -> str:
    """White, or black where nearly nothing would be seen on white; "" where nothing is transparent.

    `image` is a decoded picture, `shown` a smaller RGB or RGBA copy of it.
    """
    if shown.mode != "RGBA":
        return ""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else shown.getchannel("A")
    is_opaque = np.asarray(alpha).min() == 255
    return "" if is_opaque else ground_on(np.asarray(shown))


def ground_on(levels: Levels) -> str:
    visible = levels[levels[..., 3] >= 128]
    dark = np.count_nonzero(visible[:, :3].min(axis=1) < PALE)
    return WHITE if not len(visible) or dark > SEEN * len(visible) else BLACK


def mean_colour(image: Image.Image) -> str:
    """The mean colour of an RGB or RGBA picture, "#rrggbb", each pixel counted as much as it can be seen."""
    levels = np.asarray(image)
    weights = levels[..., 3] if image.mode == "RGBA" else None
    if weights is not None and not weights.any():
        return NEUTRAL
    mean = np.average(levels[..., :3].reshape(-1, 3), axis=0, weights=None if weights is None else weights.ravel())
    return "#{:02x}{:02x}{:02x}".format(*(round(level) for level in mean))


def flattened(pixels: Pixels, ground: str) -> Pixels:
    """The pixels on a plain ground ("#rrggbb"), without alpha; as they are where they have none."""
    if pixels.alpha is None:
        return pixels
    behind = np.array(list(bytes.fromhex((ground or WHITE)[1:])), np.float32)
    colours = np.empty_like(pixels.colours)
    for top in range(0, len(colours), BAND):
        rows = slice(top, top + BAND)
        share = (pixels.alpha[rows].astype(np.float32) / 255)[..., None]
        blended = pixels.colours[rows] * share + behind * (1 - share)
        colours[rows] = cv2.convertScaleAbs(blended) if blended.size else 0
    return Pixels(colours, None, pixels.profile)
