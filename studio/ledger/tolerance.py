"""The tolerance for differences between figures of the same cost: STUDIO_COST_TOLERANCE."""

from decimal import Decimal

from django.conf import settings

LEAST = Decimal("0.001")  # USD; smaller differences are ignored


def differ(one: Decimal | None, other: Decimal | None, *, allowance: Decimal = Decimal(0)) -> bool:
    """Whether two amounts differ by more than the tolerance; never where one is missing.

    `allowance` is added to the tolerance: an amount that only one of them includes.
    """
    if one is None or other is None:
        return False
    part = Decimal(settings.COST_TOLERANCE) / 100
    return abs(one - other) > max(LEAST, part * max(abs(one), abs(other))) + allowance
