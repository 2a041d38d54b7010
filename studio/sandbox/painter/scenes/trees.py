"""The conifer that the hills and the forest share."""

import random

from studio.sandbox.painter.canvas import Stencil


def conifer(stencil: Stencil, rng: random.Random, x: float, base: float, tall: float) -> None:
    """The silhouette of a fir: ragged tiers on a thin trunk."""
    stencil.polygon([(x, base - tall * 0.4), (x + tall * 0.016, base + 2), (x - tall * 0.016, base + 2)])
    tiers = 14
    left, right = [], []
    for tier in range(tiers):
        y = base - tall * (1 - tier / tiers * 0.99)
        reach = tall * 0.19 * ((tier + 0.4) / tiers) ** 0.85
        left += [(x - reach * rng.uniform(0.75, 1.15), y + tall * 0.045), (x - reach * 0.46, y + tall * 0.028)]
        right += [(x + reach * rng.uniform(0.75, 1.15), y + tall * 0.045), (x + reach * 0.46, y + tall * 0.028)]
    stencil.polygon([(x, base - tall * 1.03), *right, *reversed(left)])
