"""Fallback steps for a large picture that failed: first a lower quality, then a smaller size that is upscaled.

The guide's "Production Dispatch": 4K/high → 4K/medium → about 1.5 megapixels at the same ratio, medium.
"""

from dataclasses import replace
from functools import cache

from .edits import EditRequest
from .presets import STANDARD_PIXELS
from .prices import TYPICAL_QUALITY
from .requests import ImageRequest
from .sizes import STEP, Size, size_problems

LEAST_PIXELS = 1_200_000  # px; anything smaller is no longer "about 1.5 megapixels"


def fallback_steps(request: ImageRequest) -> tuple[ImageRequest, ...]:
    """The requests to try instead of one for a large picture, in order; empty for any other request.

    No step asks for a better quality than the one before it. An edit with a mask keeps its size, because its
    result is put back onto the source pixel by pixel.
    """
    if not isinstance(request.size, Size) or not request.size.is_large:
        return ()
    lowered = replace(request, quality=lowered_quality(request))
    steps = [] if lowered == request else [lowered]
    if not (isinstance(request, EditRequest) and request.mask):
        steps.append(replace(lowered, size=smaller_size(request.size)))
    return tuple(steps)


def lowered_quality(request: ImageRequest) -> str:
    """The quality of a fallback step: medium, or the requested one if lower; `auto` counts as the highest."""
    names = list(request.factors)
    medium = names.index(TYPICAL_QUALITY) if TYPICAL_QUALITY in names else len(names) // 2
    return request.quality if request.quality in names[:medium] else names[medium]


@cache
def smaller_size(size: Size) -> Size:
    """The size nearest to this one's ratio with about 1.5 megapixels; the largest of those that have it exactly."""
    short, long = sorted((size.width, size.height))
    found = ((edge, (2 * edge * short + STEP * long) // (2 * STEP * long) * STEP) for edge in range(STEP, long, STEP))
    fitting = [
        edges for edges in found if LEAST_PIXELS <= edges[0] * edges[1] <= STANDARD_PIXELS and not size_problems(*edges)
    ]
    best = min(fitting, key=lambda edges: (abs(edges[0] * short - edges[1] * long) / (edges[1] * long), -edges[0]))
    return Size(*best) if size.width >= size.height else Size(*reversed(best))
