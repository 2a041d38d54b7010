"""Every rule as data, so that a browser can apply them without holding one of its own."""

from dataclasses import asdict
from typing import Any

from . import prices, sizes
from .catalog import MODELS, Model
from .presets import RATIOS, TIERS, preset_sizes
from .problems import MESSAGES


def rules() -> dict[str, Any]:
    """Limits, presets, models, the price formula and the sentences, JSON-able."""
    return {
        "auto": sizes.AUTO,
        "limits": {
            "step": sizes.STEP,
            "maxEdge": sizes.MAX_EDGE,
            "maxRatio": sizes.MAX_RATIO,
            "minPixels": sizes.MIN_PIXELS,
            "maxPixels": sizes.MAX_PIXELS,
            "largePixels": sizes.LARGE_PIXELS,
            "rootScale": sizes.ROOT_SCALE,
        },
        "commonRatios": list(sizes.COMMON_RATIOS),
        "ratios": list(RATIOS),
        "tiers": list(TIERS),
        "presets": {ratio: preset(ratio) for ratio in RATIOS},
        "models": [described(model) for model in MODELS],
        "formula": {
            "factors": prices.QUALITY_FACTORS,
            "areaOffset": prices.AREA_OFFSET,
            "areaDivisor": prices.AREA_DIVISOR,
            "partialTokens": prices.PARTIAL_TOKENS,
            "referenceTokens": prices.REFERENCE_TOKENS,
            "autoEdge": prices.AUTO_EDGE,
            "charactersAToken": prices.CHARACTERS_A_TOKEN,
        },
        "messages": dict(MESSAGES),
    }


def preset(ratio: str) -> dict[str, list[int] | None]:
    return {tier: [size.width, size.height] if size else None for tier, size in preset_sizes(ratio).items()}


def described(model: Model) -> dict[str, Any]:
    """A model with its rates in micro-dollars per token, as strings, since JSON has no exact fractions."""
    rates = {name: str(rate) for name, rate in asdict(model.rates).items()}
    return asdict(model) | {"rates": rates}
