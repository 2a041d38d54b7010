"""What a gateway says of an account's money: sub2api's `/v1/usage` and `/v1/sub2api/billing` (contract §3.4).

Versions word it differently, and other gateways know neither address: each figure is looked for where it was seen, and
missing where it is not or is nonsense. None of it is believed further than to be shown beside our own sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

# Where a figure may stand, the most telling place first: what was taken, before what it would be at list price.
TOTALS = (
    ("usage", "total", "actual_cost"),
    ("usage", "total", "cost"),
    ("total_actual_cost",),
    ("total_cost",),
    ("quota", "used"),
    ("quota_used",),
)
BALANCES = (("balance",), ("remaining",), ("quota", "remaining"))
REQUESTS = (("usage", "total", "requests"), ("total_requests",))
TOKENS = (("usage", "total", "total_tokens"), ("total_tokens",))
MULTIPLIERS = (("effective_rate_multiplier",), ("resolved_rate_multiplier",), ("group_rate_multiplier",))

MOST_MONEY, MOST_TIMES, MOST_COUNT = Decimal(10**9), Decimal(1000), 10**15
_PLACES = Decimal("1e-8")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Money in USD; `total` is what the account's key was ever charged. None is what the gateway does not tell."""

    total: Decimal | None = None
    balance: Decimal | None = None  # may be owed
    request_count: int | None = None
    token_count: int | None = None
    multiplier: Decimal | None = None  # what list prices are multiplied by


def read_account(usage: Mapping[str, Any] | None, billing: Mapping[str, Any] | None) -> Account:
    """An account as the two answers tell of it, None for one that did not come."""
    used, billed = inside(usage), inside(billing)
    return Account(
        total=first(used, TOTALS, least=Decimal(0), most=MOST_MONEY),
        balance=first(used, BALANCES, least=-MOST_MONEY, most=MOST_MONEY),
        request_count=whole(used, REQUESTS),
        token_count=whole(used, TOKENS),
        multiplier=first(billed, MULTIPLIERS, least=Decimal(0), most=MOST_TIMES),
    )


def inside(answer: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The answer without the `data` some versions put around it."""
    data = (answer or {}).get("data")
    return data if isinstance(data, Mapping) else answer or {}


def first(
    answer: Mapping[str, Any], places: tuple[tuple[str, ...], ...], *, least: Decimal, most: Decimal
) -> Decimal | None:
    """The figure in the first of these places that holds one within bounds, to 8 places."""
    for place in places:
        figure = number(at(answer, place))
        if figure is not None and least <= figure <= most:
            return figure.quantize(_PLACES)
    return None


def whole(answer: Mapping[str, Any], places: tuple[tuple[str, ...], ...]) -> int | None:
    found = first(answer, places, least=Decimal(0), most=Decimal(MOST_COUNT))
    return None if found is None else int(found)


def at(answer: Mapping[str, Any], place: tuple[str, ...]) -> object:
    value: object = answer
    for name in place:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def number(value: object) -> Decimal | None:
    """A finite figure that is written as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        figure = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None
