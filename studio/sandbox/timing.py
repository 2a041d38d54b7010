"""How long the sandbox takes for a picture: as documented, and the same for the same picture."""

import random

from studio.images.durations import TEXT_ONLY_SECONDS, typical_seconds

__all__ = ["TEXT_ONLY_SECONDS", "drawing_seconds"]


def drawing_seconds(*, width: int, height: int, quality: str, count: int, seed: str) -> float:
    """The seconds that a drawing of `count` pictures takes at speed 1; the seed varies them by up to 15 %."""
    variation = random.Random(f"pace {seed}").uniform(0.85, 1.15)  # noqa: S311
    return typical_seconds(pixels=width * height, quality=quality) * (1 + 0.3 * (count - 1)) * variation
