"""The fallback steps of a job or picture, as its card shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import error_types_by_kind
from studio.generations.fallback import AUTOMATIC


@dataclass(frozen=True)
class FallbackStep:
    """One request that was sent; the last one brought the picture, or is running."""

    size: str
    quality: str
    price: Decimal | None = None  # expected, in USD; the first request has its price elsewhere
    is_automatic: bool = False  # taken without asking
    why: str = ""  # the kind of error that ended it, none for the last
    charge: str = ""  # what that cost

    @property
    def sentence(self) -> str:
        return gettext(error_types_by_kind().get(self.why, GatewayError).sentence)

    @property
    def charge_label(self) -> str:
        return gettext("may have been charged") if self.charge == "maybe" else gettext("not charged")


def fallback_steps(steps: Sequence[dict[str, Any]]) -> list[FallbackStep]:
    """All requests that were sent, the original one first; empty without a fallback."""
    if not steps:
        return []
    ends = [{"why": step["why"], "charge": step["charge"]} for step in steps] + [{}]
    sent = [
        {
            "size": step["size"],
            "quality": step["quality"],
            "price": Decimal(step["price"]),
            "is_automatic": step["by"] == AUTOMATIC,
        }
        for step in steps
    ]
    return [FallbackStep(**one | end) for one, end in zip([steps[0]["from"], *sent], ends, strict=True)]
