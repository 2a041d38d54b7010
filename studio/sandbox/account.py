"""What sub2api reports to a key about its money: `GET /v1/usage` and `GET /v1/sub2api/billing` (contract §3.4)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

BALANCE = Decimal(100)
"""USD that every key starts with; nothing stops when they are spent."""


def key_usage(lines: Iterable[Mapping[str, Any]], *, key: str | None) -> dict[str, Any]:
    """The balance and the usage of a key, by the billing log."""
    mine = [line for line in lines if line["key"] == key and line["billed"]]
    spent = sum((Decimal(line["cost"]) + Decimal(line["text_cost"]) for line in mine), Decimal(0))
    used = [usage for line in mine for usage in (line["usage"], line["text_usage"]) if usage]
    return {
        "object": "usage",
        "balance": str(BALANCE - spent),
        "total_cost": str(spent),
        "total_requests": len(mine),
        "input_tokens": sum(usage["input_tokens"] for usage in used),
        "output_tokens": sum(usage["output_tokens"] for usage in used),
        "total_tokens": sum(usage["total_tokens"] for usage in used),
    }


def rate_multipliers() -> dict[str, Any]:
    """The multipliers of list prices: 1, as the sandbox charges list prices."""
    names = ("group_rate_multiplier", "user_rate_multiplier", "effective_rate_multiplier")
    return {"object": "billing"} | dict.fromkeys(names, 1.0)
