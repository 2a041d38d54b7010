"""What is wrong with a request, as a stable code and a sentence that can be translated."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def gettext_noop(message: str) -> str:
    """Mark a sentence for translation; whoever shows it translates it."""
    return message


_ = gettext_noop

MESSAGES: dict[str, str] = {
    "prompt_empty": _("Write what the picture should show."),
    "prompt_too_long": _("The prompt has %(count)s characters; the model reads at most %(limit)s."),
    "size_not_a_size": _("A size is “auto” or a width and a height such as 1536x1024."),
    "size_not_multiple": _("%(edge)s is not a multiple of %(step)s."),
    "size_edge_too_long": _("%(edge)s is longer than the longest edge of %(limit)s px."),
    "size_ratio_too_wide": _("%(width)s×%(height)s is longer than %(limit)s:1."),
    "size_too_few_pixels": _("%(width)s×%(height)s has fewer than %(limit)s pixels."),
    "size_too_many_pixels": _("%(width)s×%(height)s has more than %(limit)s pixels."),
    "quality_unknown": _("%(value)s is not a quality of this model; choose from %(choices)s."),
    "model_unknown": _("%(value)s is not a model of this studio."),
    "format_unknown": _("%(value)s is not a format of this model; choose from %(choices)s."),
    "compression_out_of_range": _("Compression goes from 0 to 100."),
    "compression_needs_lossy": _("Compression is for JPEG and WebP only; PNG keeps every pixel as it is."),
    "background_unknown": _("%(value)s is not a background; choose from %(choices)s."),
    "background_transparent": _("This model cannot draw a transparent background; choose auto or opaque."),
    "moderation_unknown": _("%(value)s is not a moderation level; choose from %(choices)s."),
    "n_out_of_range": _("Ask for 1 to %(limit)s pictures at once."),
    "partials_out_of_range": _("Ask for 0 to %(limit)s partial previews."),
    "partials_need_stream": _("Partial previews need streaming."),
    "stream_needs_one": _("Streaming works for one picture at a time."),
    "wrong_type": _("%(name)s must be %(wanted)s."),
    "unknown_field": _("There is no field called %(name)s."),
    # Why the nearest valid size differs from the requested one.
    "snapped_to_multiple": _("%(edge)s is not a multiple of %(step)s → %(result)s"),
    "snapped_ratio": _("%(width)s×%(height)s is longer than %(limit)s:1 → %(result)s"),
    "snapped_down": _("%(width)s×%(height)s is larger than the model draws → %(result)s"),
    "snapped_up": _("%(width)s×%(height)s is smaller than the model draws → %(result)s"),
}


@dataclass(frozen=True)
class Problem:
    """One broken rule: the parameter, a stable code, and the sentence with its values."""

    param: str
    code: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.message % self.values


def problem(param: str, code: str, **values: object) -> Problem:
    return Problem(param=param, code=code, message=MESSAGES[code], values=values)
