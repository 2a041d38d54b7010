"""The Images API as values: requests, sizes, formats, tokens, list prices, masks, and what each model can do.

Owns every such rule, once. Never imports Django, opens a connection or decodes a picture.
Public: `__all__`, and for edits `images.framing` and `images.masks`.
"""

from .catalog import MAIN_MODELS, MODELS, MainModel, Model, find_main_model, find_model, list_rates
from .edits import EDIT_MESSAGES, MAX_IMAGE_BYTES, MAX_IMAGES, EditRequest, ImageFile, image_tokens
from .estimates import ceiling, estimate, expected_usage
from .fallbacks import fallback_steps
from .fidelity import quality_by_tokens, unfulfilled
from .nearest_sizes import NearestSize, nearest_size
from .presets import RATIOS, TIERS, preset_sizes
from .prices import (
    LIST_IMAGE_RATES,
    LIST_RATES,
    QUALITY_FACTORS,
    Estimate,
    ImageRates,
    Rates,
    cost,
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
from .serialization import request_from_data, request_to_data
from .sizes import (
    AUTO,
    COMMON_RATIOS,
    InvalidSize,
    Size,
    is_large,
    nearest_ratio,
    ratio_label,
    size_problems,
    size_tier,
)
from .usage import TextUsage, Usage

__all__ = [
    "AUTO",
    "COMMON_RATIOS",
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
    "NearestSize",
    "Problem",
    "Rates",
    "ResponseRequest",
    "ResponseTurn",
    "SentPicture",
    "Size",
    "TextUsage",
    "Usage",
    "ceiling",
    "cost",
    "estimate",
    "expected_text_usage",
    "expected_usage",
    "fallback_steps",
    "find_main_model",
    "find_model",
    "four_decimals",
    "image_tokens",
    "is_image_model",
    "is_large",
    "list_rates",
    "nearest_ratio",
    "nearest_size",
    "output_tokens",
    "parameter_name",
    "preset_sizes",
    "quality_by_tokens",
    "ratio_label",
    "request_from_data",
    "request_to_data",
    "rules",
    "size_problems",
    "size_tier",
    "text_cost",
    "text_estimate",
    "text_tokens",
    "two_figures",
    "unfulfilled",
]
