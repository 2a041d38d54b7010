"""How far figures of the same thing may lie apart before somebody should look: STUDIO_COST_TOLERANCE."""

from decimal import Decimal

from django.conf import settings

LEAST = Decimal("0.001")  # USD; below it nothing is worth a look


def differ(one: Decimal | None, other: Decimal | None, *, allowance: Decimal = Decimal(0)) -> bool:
    """Whether two amounts lie further apart than is tolerated; one that is missing never does.

    `allowance` is what one of them may rightly hold that the other does not.
    """
    if one is None or other is None:
        return False
    part = Decimal(settings.COST_TOLERANCE) / 100
    return abs(one - other) > max(LEAST, part * max(abs(one), abs(other))) + allowance
