"""Whether a result is aligned with its source: shifts and changes of scale, found by phase correlation.

Tiles of protected pixels are correlated one by one, first in a small copy for large movements, then in full size. A
movement counts only if it explains most tiles and if undoing it clearly reduces the difference of the two pictures.
"""

from dataclasses import dataclass
from itertools import product
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Levels

TOLERANCE = 0.5  # px
SMALL_EDGE = 640  # px; the copy for large movements
TILE, LEAST_TILE = 256, 32  # px
GRID = 5  # tiles along an edge
MIN_PROTECTED = 0.9  # of a tile
MIN_TEXTURE = 3.0  # standard deviation in levels; flatter tiles are not compared
MIN_TILES = 6  # for more than a shift
AGREEMENT = 1.0  # px between a tile's movement and the common one
MAX_REMAINING = 0.8  # share of the difference that may remain once a movement is undone
MIN_CORRELATION = 0.5  # below it the result is another picture

type Affine = NDArray[np.float64]
type Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a result is aligned with its source; `kind` is "aligned", "shifted", "rescaled" or "different".

    `across` and `down` are px, `zoom` is a factor.
    """

    kind: str = "aligned"
    across: float = 0.0
    down: float = 0.0
    zoom: float = 1.0

    @property
    def is_aligned(self) -> bool:
        return self.kind == "aligned"


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A square of both pictures in grey."""

    left: int
    top: int
    edge: int
    old: Grey
    new: Grey

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + (self.edge - 1) / 2, self.top + (self.edge - 1) / 2)

    @property
    def correlation(self) -> float:
        """The correlation of both as they lie, -1 to 1."""
        return float(np.corrcoef(details(self.old).ravel(), details(self.new).ravel())[0, 1])

    def shift(self) -> tuple[float, float]:
        """How far the content moved, by phase correlation, px."""
        window = cv2.createHanningWindow((self.edge, self.edge), cv2.CV_32F)
        moved, _response = cv2.phaseCorrelate(self.old - self.old.mean(), self.new - self.new.mean(), window)
        return (moved[0], moved[1])


def alignment(source: Levels, result: Levels, painted: NDArray[np.bool_]) -> Alignment:
    """Compare two pictures of one size where the mask protects them; too little to compare counts as aligned."""
    factor = max(1.0, max(source.shape[:2]) / SMALL_EDGE)
    small = (downscaled(source, factor), downscaled(result, factor), downscaled_mask(painted, factor))
    tiles = find_tiles(*small)
    coarse = movement(tiles, small[1])
    if coarse is not None and max_corner_shift(coarse, small[0]) > 1:
        coarse[:, 2] *= factor
        return classify(coarse, source)
    if is_other_picture(tiles):
        return Alignment("different")
    fine = movement(find_tiles(source, result, painted), result) if factor > 1 else coarse
    return Alignment() if fine is None else classify(fine, source)


def downscaled(levels: Levels, factor: float) -> Levels:
    size = (round(levels.shape[1] / factor), round(levels.shape[0] / factor))
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), np.uint8) if factor > 1 else levels


def downscaled_mask(painted: NDArray[np.bool_], factor: float) -> NDArray[np.bool_]:
    return downscaled(painted.view(np.uint8) * np.uint8(255), factor) > 0 if factor > 1 else painted


def is_other_picture(tiles: list[Tile]) -> bool:
    """Whether most tiles do not resemble what lies in their place."""
    return bool(tiles) and float(np.median([tile.correlation for tile in tiles])) < MIN_CORRELATION


def movement(tiles: list[Tile], result: Levels) -> Affine | None:
    """The movement (2×3 matrix, px) that explains the tiles and is confirmed by the pixels, or None."""
    if not tiles:
        return None
    agreed = agreed_movement(tiles)
    if agreed is not None and is_still(agreed, tiles):
        return None
    moves = [move for move in (agreed, common_shift(tiles)) if move is not None and not is_still(move, tiles)]
    return next((move for move in moves if is_confirmed(move, tiles, result)), None)


def is_still(move: Affine, tiles: list[Tile]) -> bool:
    """Whether the movement leaves every tile where it is."""
    return all(hypot(*np.subtract(apply_movement(move, tile.centre), tile.centre)) <= TOLERANCE / 2 for tile in tiles)


def find_tiles(source: Levels, result: Levels, painted: NDArray[np.bool_]) -> list[Tile]:
    """The protected tiles with enough texture to be compared."""
    height, width = painted.shape
    edge = min(TILE, max(LEAST_TILE, min(height, width) // 3))
    if min(height, width) < edge:
        return []
    found = []
    for top, left in product(tile_starts(height, edge), tile_starts(width, edge)):
        here = (slice(top, top + edge), slice(left, left + edge))
        if np.count_nonzero(painted[here]) <= (1 - MIN_PROTECTED) * edge * edge:
            tile = Tile(left, top, edge, grey(source[here]), grey(result[here]))
            found += [tile] if min(tile.old.std(), tile.new.std()) >= MIN_TEXTURE else []
    return found


def tile_starts(length: int, edge: int) -> list[int]:
    """Where tiles begin: up to five along an edge, evenly spread, first and last at the borders."""
    count = min(GRID, 2 * length // edge)
    return sorted({round(place * (length - edge) / max(1, count - 1)) for place in range(max(1, count))})


def grey(levels: Levels) -> Grey:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(levels), cv2.COLOR_RGB2GRAY), np.float32)


def details(levels: Grey) -> Grey:
    """Edges and shapes, without the grain and the slow changes of colour that differ between any two drawings."""
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), 1.5) - cv2.GaussianBlur(levels, (0, 0), 9), np.float32)


def agreed_movement(tiles: list[Tile]) -> Affine | None:
    """The movement most tiles agree on, each correlated by itself; None where they are few or do not agree."""
    if len(tiles) < MIN_TILES:
        return None
    before = np.array([tile.centre for tile in tiles])
    after = before + [tile.shift() for tile in tiles]
    found, inliers = cv2.estimateAffine2D(before, after, method=cv2.RANSAC, ransacReprojThreshold=AGREEMENT)
    return np.asarray(found, np.float64) if found is not None and 2 * int(inliers.sum()) >= len(tiles) else None


def common_shift(tiles: list[Tile]) -> Affine:
    """One shift of all tiles: their spectra are summed, each frequency weighted by its coherence.

    Finds what single tiles miss: small shifts of soft pictures under grain.
    """
    edge = tiles[0].edge
    window = cv2.createHanningWindow((edge, edge), cv2.CV_32F)
    cross, old_power, new_power = np.zeros((3, edge, edge // 2 + 1), np.complex64)
    for tile in tiles:
        old, new = (np.fft.rfft2((levels - levels.mean()) * window) for levels in (tile.old, tile.new))
        cross += new * old.conj()
        old_power += abs(old) ** 2
        new_power += abs(new) ** 2
    surface = np.fft.irfft2(cross / np.sqrt(old_power.real * new_power.real + 1e-9), s=(edge, edge))
    down, across = np.unravel_index(int(surface.argmax()), surface.shape)
    shift = (peak_position(surface[down], int(across)), peak_position(surface[:, across], int(down)))
    return np.column_stack([np.eye(2), shift])


def peak_position(line: NDArray[np.floating], peak: int) -> float:
    """Where a parabola through a peak and its neighbours has its top; the second half of a line is negative."""
    length = len(line)
    before, top, behind = line[peak - 1], line[peak], line[(peak + 1) % length]
    bend = before - 2 * top + behind
    at = peak + (float((before - behind) / (2 * bend)) if bend else 0.0)
    return at - length if at > length / 2 else at


def apply_movement(common: Affine, point: tuple[float, float]) -> tuple[float, float]:
    across, down = common @ (*point, 1.0)
    return (float(across), float(down))


def is_confirmed(move: Affine, tiles: list[Tile], result: Levels) -> bool:
    """Whether the tiles differ clearly less from the result once the movement is applied."""
    before = after = 0.0
    for tile in tiles:
        there = cv2.getRectSubPix(result, (tile.edge, tile.edge), apply_movement(move, tile.centre))
        before += float(cv2.norm(details(tile.old), details(tile.new), cv2.NORM_L1))
        after += float(cv2.norm(details(tile.old), details(grey(np.asarray(there, np.uint8))), cv2.NORM_L1))
    return after < MAX_REMAINING * before


def max_corner_shift(common: Affine, levels: Levels) -> float:
    """The largest distance, px, by which the movement displaces a corner."""
    height, width = levels.shape[:2]
    corners = product((0.0, width - 1.0), (0.0, height - 1.0))
    return max(hypot(at[0] - point[0], at[1] - point[1]) for point in corners for at in [apply_movement(common, point)])


def classify(common: Affine, levels: Levels) -> Alignment:
    height, width = levels.shape[:2]
    centre = ((width - 1) / 2, (height - 1) / 2)
    at = apply_movement(common, centre)
    across, down = at[0] - centre[0], at[1] - centre[1]
    zoom = (common[0, 0] + common[1, 1]) / 2
    stretch = max_corner_shift(np.column_stack([common[:, :2], centre - common[:, :2] @ centre]), levels)
    if stretch > 2 * TOLERANCE:
        return Alignment("rescaled", across, down, float(zoom))
    return Alignment("shifted", across, down) if hypot(across, down) > TOLERANCE else Alignment()
