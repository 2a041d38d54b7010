"""Money in the database: integers of 10⁻¹² USD, so that every sum is exact on every engine."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable

PLACES = 12  # a rate has up to 8 decimals a token, an upstream's multiplier 4
UNIT = Decimal(1).scaleb(-PLACES)
ZERO = Decimal(0)


def exact(amount: Decimal) -> Decimal:
    """An amount as stored. Round before subtracting, so that differences add up."""
    return amount.quantize(UNIT, ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """An amount without trailing zeros: 30, 0.25."""
    return f"{amount.normalize():f}"


class MoneyField(models.BigIntegerField):  # type: ignore[type-arg]
    """USD as Decimal in Python, as an integer of 10⁻¹² USD in the database. (SQLite keeps decimals as floats.)"""

    description = "US dollars"

    _pyi_private_set_type: Decimal | int | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def from_db_value(self, value: Any, expression: object, connection: object) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-PLACES)

    def to_python(self, value: Any) -> Any:
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> int | None:
        return None if value is None else int(Decimal(value).scaleb(PLACES).to_integral_value(ROUND_HALF_UP))
