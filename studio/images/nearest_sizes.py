"""The nearest valid size to any width and height, with a reason for each change."""

from dataclasses import dataclass
from math import isqrt

from .problems import Problem, problem
from .sizes import LONGEST_INPUT, MAX_EDGE, MAX_PIXELS, MAX_RATIO, MIN_PIXELS, STEP, Size

type Edges = tuple[int, int]


@dataclass(frozen=True)
class NearestSize:
    """The valid size nearest to a width and height, and why it differs from them; no reasons where it does not."""

    size: Size
    reasons: tuple[Problem, ...] = ()


def nearest_size(width: int, height: int) -> NearestSize:
    """Clamp the ratio, scale into the limits, round each edge to 16 halves up, step the long edge where a limit breaks.

    Takes any integers, in px: those below 1 count as 1, those above a billion as a billion. Integers throughout, so
    that a browser reaches the same size.
    """
    requested = (min(max(1, width), LONGEST_INPUT), min(max(1, height), LONGEST_INPUT))
    clamped = clamp_ratio(requested)
    reasons = [adjustment_reason("snapped_ratio", requested, clamped)] if clamped != requested else []
    if is_within_limits(clamped):
        rounded = (to_step(clamped[0]), to_step(clamped[1]))
        size = step_into_limits(rounded)
        reasons += rounding_reasons(clamped, rounded)
        if size != rounded:
            reasons.append(adjustment_reason(broken_limit(rounded), rounded, size))
    else:
        size = step_into_limits(scaled(clamped))
        reasons.append(adjustment_reason(broken_limit(clamped), clamped, size))
    return NearestSize(Size(*size), tuple(reasons))


def clamp_ratio(requested: Edges) -> Edges:
    """Shorten the long edge to three times the short one."""
    longest = MAX_RATIO * min(requested)
    return (min(requested[0], longest), min(requested[1], longest))


def is_within_limits(edges: Edges) -> bool:
    return max(edges) <= MAX_EDGE and MIN_PIXELS <= edges[0] * edges[1] <= MAX_PIXELS


def to_step(edge: int) -> int:
    """The nearest multiple of 16, halves up."""
    return (edge + STEP // 2) // STEP * STEP


def scaled(edges: Edges) -> Edges:
    """Scale both edges by one factor into the limits, each rounded to 16."""
    width, height = edges
    long, short = max(edges), min(edges)
    pixels = MIN_PIXELS if width * height < MIN_PIXELS else MAX_PIXELS
    # The edge limit asks for the smaller factor where MAX_EDGE / long < √(pixels / (long · short)).
    if pixels == MAX_PIXELS and MAX_EDGE**2 * short < pixels * long:
        return (to_step_over(width * MAX_EDGE, long), to_step_over(height * MAX_EDGE, long))
    # width · √(pixels / (width · height)) = √(pixels · width / height); rounding needs no more than its whole part.
    return (to_step(isqrt(pixels * width // height)), to_step(isqrt(pixels * height // width)))


def to_step_over(dividend: int, divisor: int) -> int:
    """The multiple of 16 nearest to a fraction, halves up."""
    return (2 * dividend + STEP * divisor) // (2 * STEP * divisor) * STEP


def step_into_limits(edges: Edges) -> Edges:
    """Step the long edge until every limit holds; the short one only where the long edge has no room."""
    short, long = sorted(edges)
    while long > MAX_EDGE or long > MAX_RATIO * short or short * long > MAX_PIXELS:
        long -= STEP
    while short * long < MIN_PIXELS and long + STEP <= MAX_RATIO * short:
        long += STEP
    while short * long < MIN_PIXELS:
        short += STEP
    return (long, short) if edges[0] >= edges[1] else (short, long)


def rounding_reasons(before: Edges, after: Edges) -> list[Problem]:
    changes = dict(zip(before, after, strict=True))
    return [
        problem("size", "snapped_to_multiple", edge=edge, step=STEP, result=result)
        for edge, result in changes.items()
        if edge != result
    ]


def broken_limit(edges: Edges) -> str:
    if max(edges) > MAX_RATIO * min(edges):
        return "snapped_ratio"
    return "snapped_up" if edges[0] * edges[1] < MIN_PIXELS else "snapped_down"


def adjustment_reason(code: str, before: Edges, after: Edges) -> Problem:
    result = f"{after[0]}×{after[1]}"
    return problem("size", code, width=before[0], height=before[1], limit=MAX_RATIO, result=result)
