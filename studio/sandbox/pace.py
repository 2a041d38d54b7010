"""How long the real thing takes: by quality and pixels, the same for the same picture."""

import random

SECONDS_AT_ONE_MEGAPIXEL = {"low": 8.0, "medium": 20.0, "high": 65.0}
"""Observed for one 1024×1024 picture."""

THINKING_SECONDS = 3.0
"""Before a main model that draws nothing begins to speak."""


def seconds(*, width: int, height: int, quality: str, count: int, seed: str) -> float:
    """The seconds a drawing of `count` pictures takes at full speed, some 15 % up or down by the seed."""
    growth: float = (width * height / 1_048_576) ** 0.62
    luck = random.Random(f"pace {seed}").uniform(0.85, 1.15)  # noqa: S311
    return SECONDS_AT_ONE_MEGAPIXEL[quality] * growth * (1 + 0.3 * (count - 1)) * luck
