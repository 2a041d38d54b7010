"""Reads the cost of a call that a gateway reports: a claim, shown beside the estimate and our own calculation."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

COST_HEADERS = ("x-litellm-response-cost", "x-response-cost", "x-request-cost")
MAX_COST = Decimal(1000)  # USD; no call costs as much
_PLACES = Decimal("1e-12")
_AMOUNT = re.compile(r"\$?\s*([0-9]{1,6}(?:\.[0-9]{0,30})?(?:[eE]-?[0-9]{1,2})?)\s*(?:USD)?")


def cost_from_headers(values: Iterable[str]) -> Decimal | None:
    """The cost in USD in a header, to 12 places; None if it is invalid or several headers disagree."""
    found = {cost for value in values if (cost := _parse_cost(value)) is not None}
    return found.pop() if len(found) == 1 else None


def cost_from_json(value: object) -> Decimal | None:
    """The amount in USD in a reply's JSON, as a number or as text; None if it is invalid."""
    if isinstance(value, str):
        return _parse_cost(value)
    return _parse_cost(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _parse_cost(text: str) -> Decimal | None:
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        return None
    try:
        amount = Decimal(match[1])
        return amount.quantize(_PLACES) if amount <= MAX_COST else None
    except InvalidOperation:
        return None
