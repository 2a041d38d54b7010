"""What a gateway says a call cost: a third figure beside the estimate and our own sum, and only ever a claim."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

COST_HEADERS = ("x-litellm-response-cost", "x-response-cost", "x-request-cost")
MOST = Decimal(1000)  # USD; no call costs as much
_PLACES = Decimal("1e-12")
_AMOUNT = re.compile(r"\$?\s*([0-9]{1,6}(?:\.[0-9]{0,30})?(?:[eE]-?[0-9]{1,2})?)\s*(?:USD)?")


def read_cost(values: Iterable[str]) -> Decimal | None:
    """The cost in USD that a header says, to 12 places; None for nonsense, and where several headers disagree."""
    found = {cost for value in values if (cost := _cost(value)) is not None}
    return found.pop() if len(found) == 1 else None


def read_amount(value: object) -> Decimal | None:
    """The amount in USD that a reply's JSON says, as a number or as text; None for nonsense."""
    if isinstance(value, str):
        return _cost(value)
    return _cost(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _cost(text: str) -> Decimal | None:
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        return None
    try:
        amount = Decimal(match[1])
        return amount.quantize(_PLACES) if amount <= MOST else None
    except InvalidOperation:
        return None
