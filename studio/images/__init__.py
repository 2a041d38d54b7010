"""The Images API's vocabulary: what can be asked for, what it costs.

Owns every rule of size, quality, format and price, once; knows no Django and no network.
Public: everything named in `__all__`.
"""

from .catalog import MAIN_MODELS, MODELS, MainModel, Model, find_main_model, find_model, list_rates
from .edits import EDIT_MESSAGES, MAX_IMAGE_BYTES, MAX_IMAGES, EditRequest, ImageFile, image_tokens
from .fallbacks import ladder
from .fidelity import quality_by_tokens, unfulfilled
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
    text_cost,
    text_tokens,
    two_figures,
)
from .problems import Problem
from .requests import ImageRequest, InvalidRequest, parameter_name
from .responses import (
    RESPONSE_MESSAGES,
    ResponseRequest,
    ResponseTurn,
    SentPicture,
    expected_text_usage,
    is_image_model,
    text_estimate,
)
from .rules import rules
from .sizes import AUTO, InvalidSize, Size, is_large, ratio_label, size_problems, size_tier
from .snaps import Snap, nearest_size
from .usage import TextUsage, Usage

__all__ = [
    "AUTO",
    "EDIT_MESSAGES",
    "LIST_IMAGE_RATES",
    "LIST_RATES",
    "MAIN_MODELS",
    "MAX_IMAGES",
    "MAX_IMAGE_BYTES",
    "MODELS",
    "QUALITY_FACTORS",
    "RATIOS",
    "RESPONSE_MESSAGES",
    "TIERS",
    "EditRequest",
    "Estimate",
    "ImageFile",
    "ImageRates",
    "ImageRequest",
    "InvalidRequest",
    "InvalidSize",
    "MainModel",
    "Model",
    "Problem",
    "Rates",
    "ResponseRequest",
    "ResponseTurn",
    "SentPicture",
    "Size",
    "Snap",
    "TextUsage",
    "Usage",
    "ceiling",
    "cost",
    "estimate",
    "expected_text_usage",
    "expected_usage",
    "find_main_model",
    "find_model",
    "four_decimals",
    "image_tokens",
    "is_image_model",
    "is_large",
    "ladder",
    "list_rates",
    "nearest_size",
    "output_tokens",
    "parameter_name",
    "preset_sizes",
    "quality_by_tokens",
    "ratio_label",
    "rules",
    "size_problems",
    "size_tier",
    "text_cost",
    "text_estimate",
    "text_tokens",
    "two_figures",
    "unfulfilled",
]
