"""The Images API's vocabulary: what can be asked for, what it costs.

Owns every rule of size, quality, format and price, once; knows no Django and no network.
Public: everything named in `__all__`.
"""

from .catalog import MODELS, Model, find_model, list_rates
from .edits import EDIT_MESSAGES, MAX_IMAGE_BYTES, MAX_IMAGES, EditRequest, ImageFile, image_tokens
from .fallbacks import ladder
from .presets import RATIOS, TIERS, preset_sizes
from .prices import (
    LIST_IMAGE_RATES,
    LIST_RATES,
    QUALITY_FACTORS,
    Estimate,
    ImageRates,
    Rates,
    ceiling,
    cost,
    estimate,
    expected_usage,
    four_decimals,
    output_tokens,
    text_tokens,
    two_figures,
)
from .problems import Problem
from .requests import ImageRequest, InvalidRequest
from .rules import rules
from .sizes import AUTO, InvalidSize, Size, is_large, ratio_label, size_problems, size_tier
from .snaps import Snap, nearest_size
from .usage import Usage

__all__ = [
    "AUTO",
    "EDIT_MESSAGES",
    "LIST_IMAGE_RATES",
    "LIST_RATES",
    "MAX_IMAGES",
    "MAX_IMAGE_BYTES",
    "MODELS",
    "QUALITY_FACTORS",
    "RATIOS",
    "TIERS",
    "EditRequest",
    "Estimate",
    "ImageFile",
    "ImageRates",
    "ImageRequest",
    "InvalidRequest",
    "InvalidSize",
    "Model",
    "Problem",
    "Rates",
    "Size",
    "Snap",
    "Usage",
    "ceiling",
    "cost",
    "estimate",
    "expected_usage",
    "find_model",
    "four_decimals",
    "image_tokens",
    "is_large",
    "ladder",
    "list_rates",
    "nearest_size",
    "output_tokens",
    "preset_sizes",
    "ratio_label",
    "rules",
    "size_problems",
    "size_tier",
    "text_tokens",
    "two_figures",
]
