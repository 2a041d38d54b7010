"""Every rule as JSON data, so that the browser applies the same rules and defines none of its own."""

from dataclasses import asdict
from typing import Any

from . import presets, prices, sizes
from .catalog import MODELS, Model
from .presets import RATIOS, TIERS, preset_sizes
from .problems import MESSAGES
from .requests import COMPRESSIONS, LOSSY_FORMATS


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
            "longestInput": sizes.LONGEST_INPUT,
        },
        "commonRatios": list(sizes.COMMON_RATIOS),
        "ratios": list(RATIOS),
        "tiers": list(TIERS),
        "presets": {ratio: preset_data(ratio) for ratio in RATIOS},
        "models": [model_data(model) for model in MODELS],
        "twin": {"area": presets.TWIN_AREA, "ratio": presets.TWIN_RATIO, "saving": presets.TWIN_SAVING},
        "formula": {
            "factors": prices.QUALITY_FACTORS,
            "typicalQuality": prices.TYPICAL_QUALITY,
            "areaOffset": prices.AREA_OFFSET,
            "areaDivisor": prices.AREA_DIVISOR,
            "partialTokens": prices.PARTIAL_TOKENS,
            "referenceTokens": prices.REFERENCE_TOKENS,
            "autoEdge": prices.AUTO_EDGE,
            "textBands": [list(band) for band in prices.TEXT_BANDS],
        },
        # In px; a gateway that bills by the picture counts a longer edge as "4K", a size not known yet as "2K".
        "billedTiers": {"edges": dict(sizes.TIER_EDGES), "beyond": "4K", "unknown": "2K"},
        "compression": {"min": COMPRESSIONS[0], "max": COMPRESSIONS[-1], "formats": list(LOSSY_FORMATS)},
        "messages": dict(MESSAGES),
    }


def preset_data(ratio: str) -> dict[str, list[int] | None]:
    return {tier: [size.width, size.height] if size else None for tier, size in preset_sizes(ratio).items()}


def model_data(model: Model) -> dict[str, Any]:
    """A model with its rates in USD per million tokens, as strings, since JSON has no exact fractions."""
    rates = {name: str(rate) for name, rate in asdict(model.rates).items()}
    return asdict(model) | {"qualities": list(model.qualities), "rates": rates}
