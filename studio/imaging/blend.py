"""Blending a result into its source: how much of the result each painted pixel shows."""

import cv2
import numpy as np
from numpy.typing import NDArray

BAND = 256  # rows


def weights(painted: NDArray[np.bool_], feather: int) -> NDArray[np.float32]:
    """The weight of the new picture for each pixel: 0 where protected, else min(1, d / f).

    d is the distance to the nearest protected pixel, f the smaller of the feather (px) and the largest d of the
    pixel's region, so that every region keeps a core that is wholly new. Beyond the picture nothing is protected.
    """
    levels = painted.view(np.uint8)
    count, labels = regions(levels)
    distance = np.asarray(cv2.distanceTransform(levels, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
    depth = np.zeros(count, np.float32)
    np.maximum.at(depth, labels.ravel(), distance.ravel())
    # A painted pixel lies at least 1 px from a protected one, so a reach of 1 is no feather at all.
    reach = np.clip(depth, 1, max(1, feather))
    for top in range(0, len(distance), BAND):
        band = distance[top : top + BAND]
        np.minimum(band / reach[labels[top : top + BAND]], 1, out=band)
    return distance


def regions(levels: NDArray[np.uint8]) -> tuple[int, NDArray[np.unsignedinteger]]:
    """How many numbers there are, 0 for what is protected, and each pixel's, in as few bytes as they need."""
    count, labels = cv2.connectedComponents(levels, connectivity=8, ltype=cv2.CV_32S)
    return count, labels.astype(np.min_scalar_type(count))


def blend(old: NDArray[np.uint8], new: NDArray[np.uint8], painted: NDArray[np.bool_], feather: int) -> None:
    """Paint `new` into `old` (both height × width × channels) where painted; no other pixel is touched."""
    if not painted.any():
        return
    box = slices(painted)
    old, new, painted = old[box], new[box], np.ascontiguousarray(painted[box])
    weight = weights(painted, feather)
    for top in range(0, len(old), BAND):
        rows = slice(top, top + BAND)
        blend_band(old[rows], new[rows], weight[rows])


def blend_band(old: NDArray[np.uint8], new: NDArray[np.uint8], weight: NDArray[np.float32]) -> None:
    np.copyto(old, new, where=(weight == 1)[..., np.newaxis])
    rim = np.nonzero((weight > 0) & (weight < 1))
    before, share = old[rim].astype(np.float32), weight[rim][:, np.newaxis]
    old[rim] = np.rint(before + share * (new[rim] - before)).astype(np.uint8)


def slices(painted: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Where the paint lies, with the row of pixels around it: the nearest protected pixel is never further."""
    left, top, width, height = cv2.boundingRect(painted.view(np.uint8))
    return (slice(max(0, top - 1), top + height + 1), slice(max(0, left - 1), left + width + 1))
