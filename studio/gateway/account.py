"""Reads an account's money from sub2api's `/v1/usage` and `/v1/sub2api/billing` (contract §3.4).

Versions differ, and other gateways have neither route: each number is looked up where it was seen, and is None
where it is missing or invalid. The numbers are only shown beside our own sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

# Where a number may be, the best place first: the amount charged before the amount at list price.
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

MAX_MONEY, MAX_MULTIPLIER, MAX_COUNT = Decimal(10**9), Decimal(1000), 10**15
_PRECISION = Decimal("1e-8")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Money in USD; `total` is everything the key was ever charged. None where the gateway reports nothing."""

    total: Decimal | None = None
    balance: Decimal | None = None  # negative when money is owed
    request_count: int | None = None
    token_count: int | None = None
    multiplier: Decimal | None = None  # what list prices are multiplied by


def read_account(usage: Mapping[str, Any] | None, billing: Mapping[str, Any] | None) -> Account:
    """The account from the two answers; None stands for an answer that did not come."""
    usage_answer, billing_answer = _unwrapped(usage), _unwrapped(billing)
    return Account(
        total=_first_number(usage_answer, TOTALS, minimum=Decimal(0), maximum=MAX_MONEY),
        balance=_first_number(usage_answer, BALANCES, minimum=-MAX_MONEY, maximum=MAX_MONEY),
        request_count=_first_count(usage_answer, REQUESTS),
        token_count=_first_count(usage_answer, TOKENS),
        multiplier=_first_number(billing_answer, MULTIPLIERS, minimum=Decimal(0), maximum=MAX_MULTIPLIER),
    )


def _unwrapped(answer: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The answer without the `data` that some versions wrap around it."""
    data = (answer or {}).get("data")
    return data if isinstance(data, Mapping) else answer or {}


def _first_number(
    answer: Mapping[str, Any], paths: tuple[tuple[str, ...], ...], *, minimum: Decimal, maximum: Decimal
) -> Decimal | None:
    """The first number within bounds at one of these paths, to 8 decimal places."""
    for path in paths:
        number = _parse_number(_value_at(answer, path))
        if number is not None and minimum <= number <= maximum:
            return number.quantize(_PRECISION)
    return None


def _first_count(answer: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> int | None:
    number = _first_number(answer, paths, minimum=Decimal(0), maximum=Decimal(MAX_COUNT))
    return None if number is None else int(number)


def _value_at(answer: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: object = answer
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _parse_number(value: object) -> Decimal | None:
    """A finite number, written as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
