"""The cost of an attempt, and the columns an entry stores of it. Pure over values."""

from decimal import Decimal
from typing import Any, NamedTuple, Protocol, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.images import TextUsage, Usage

from .money import ZERO, exact
from .tolerance import differ


class Certainty(models.TextChoices):
    EXACT = "exact", _("from the reported usage")
    ESTIMATED = "estimated", _("estimated, the gateway reported no usage")
    MAYBE = "maybe", _("may have been charged")


class Reservation(Protocol):
    """What an attempt's cost is compared with."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def estimate_amount(self) -> Decimal | None: ...
    @property
    def size(self) -> str: ...
    @property
    def quality(self) -> str: ...


class AttemptCost(NamedTuple):
    """What an attempt cost and what it delivered, as far as that is known."""

    amount: Decimal
    is_maybe: bool
    picture_count: int
    reported: Decimal | None
    has_failed: bool
    is_picture: bool  # the estimate is of the picture, not of the text beside it

    @classmethod
    def of(
        cls,
        amount: Decimal,
        certainty: str,
        part: str,
        picture_count: int | None,
        reported: Decimal | None,
        has_failed: bool | None = None,
    ) -> Self:
        is_maybe, is_picture = certainty == Certainty.MAYBE, part == "image"
        if picture_count is None:
            picture_count = int(is_picture and not is_maybe)
        if has_failed is None:
            has_failed = is_picture and not picture_count
        rounded = None if reported is None else exact(reported)
        return cls(exact(amount), is_maybe, picture_count, rounded, has_failed, is_picture)

    def columns(self, reserved: Reservation, *, is_call: bool) -> dict[str, Any]:
        """The columns of an entry made under this reservation."""
        is_failure = is_call and self.has_failed and self.amount > 0
        return {
            "amount": self.amount,
            "maybe_amount": self.amount if self.is_maybe else ZERO,
            "failed_amount": self.amount if is_failure else ZERO,
            "picture_count": self.picture_count,
            "charged_failure_count": int(is_failure),
            "reported_amount": self.reported,
            "compared_amount": ZERO if self.reported is None else self.amount,
            "flagged_count": int(self.is_flagged(reserved, is_call=is_call)),
        }

    def is_flagged(self, reserved: Reservation, *, is_call: bool) -> bool:
        """Whether the figures differ beyond the tolerance, or the usage went beyond what was reserved."""
        if self.is_maybe:
            return False
        has_estimate = is_call and self.is_picture and images.AUTO not in (reserved.size, reserved.quality)
        return (
            self.amount > reserved.amount
            or differ(self.reported, self.amount)
            or (has_estimate and differ(reserved.estimate_amount, self.amount))
        )


def token_counts(usage: Usage | TextUsage | None) -> dict[str, int]:
    """The token columns of a usage; a cached token of a main model is counted in `cached_input_tokens` too."""
    cached = 0
    if isinstance(usage, TextUsage):
        cached = usage.cached_input
        usage = Usage(input_text_tokens=usage.input, output_text_tokens=usage.output)
    usage = usage or Usage()
    return {
        "cached_input_tokens": cached,
        "input_text_tokens": usage.input_text_tokens,
        "input_image_tokens": usage.input_image_tokens,
        "output_text_tokens": usage.output_text_tokens,
        "output_image_tokens": usage.output_image_tokens,
    }
