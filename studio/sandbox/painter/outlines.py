"""Outlines as lists of points: ridges, leaves, rounded shapes."""

import math
import random
from collections.abc import Sequence

type Point = tuple[float, float]


def ridge(rng: random.Random, width: float, base: float, height: float, *, rough: float = 0.5, waves: float = 2.0,
          steps: int = 160) -> list[Point]:  # fmt: skip
    """A line of hills from left to right around `base`, rising up to `height`; rough 0 is smooth, 1 is craggy."""
    parts = [
        (waves * 1.9**octave * rng.uniform(0.8, 1.2), rng.uniform(0, math.tau), (0.30 + 0.32 * rough) ** octave)
        for octave in range(2 + round(4 * rough))
    ]
    total = sum(weight for _, _, weight in parts)
    points = []
    for step in range(steps + 1):
        x = step / steps
        swing = sum(weight * _wave(x * pitch * math.tau / 2 + phase, rough) for pitch, phase, weight in parts)
        points.append((x * width, base - height * swing / total))
    return points


def _wave(angle: float, rough: float) -> float:
    """A blend of a sine and a triangle wave."""
    triangle = math.asin(math.sin(angle)) * 2 / math.pi
    return math.sin(angle) * (1 - rough) + triangle * rough


def closed(line: Sequence[Point], floor: float) -> list[Point]:
    """The line closed down to `floor`."""
    return [*line, (line[-1][0], floor), (line[0][0], floor)]


def rounded(points: list[Point], *, is_closed: bool = False) -> list[Point]:
    """A line or outline with its corners cut four times, which rounds them."""
    for _ in range(4):
        pairs = list(zip(points, points[1:] + points[:1], strict=True))
        if not is_closed:
            pairs = pairs[:-1]
        cut = [(ax * (1 - t) + bx * t, ay * (1 - t) + by * t) for (ax, ay), (bx, by) in pairs for t in (0.25, 0.75)]
        points = cut if is_closed else [points[0], *cut, points[-1]]
    return points


def leaf(foot: Point, angle: float, long: float, plump: float) -> list[Point]:
    """The outline of a leaf or petal from its foot along an angle; `plump` is its half width per length."""
    (x, y), (dx, dy) = foot, (math.cos(angle), math.sin(angle))
    sides: tuple[list[Point], list[Point]] = ([], [])
    for step in range(13):
        along = long * step / 12
        half = plump * long * math.sin(math.pi * (step / 12) ** 0.85) ** 0.9
        for side, sign in zip(sides, (1, -1), strict=True):
            side.append((x + dx * along - sign * dy * half, y + dy * along + sign * dx * half))
    return sides[0] + sides[1][::-1]
