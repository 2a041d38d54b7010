"""Money and time as the studio writes them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def price(amount: Decimal | None) -> str:
    """What was paid, to four decimals: $0.0527."""
    if amount is None:
        return "—"
    rounded = amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return f"−${-rounded}" if rounded < 0 else f"${rounded}"


@register.filter
def figure(amount: Decimal) -> str:
    """An estimate to two significant figures: $0.053, $1.2, $12."""
    if not amount:
        return "$0"
    rounded = amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1), ROUND_HALF_UP)
    return f"${rounded:f}" if rounded < 10 else f"${int(rounded)}"


@register.filter
def about(amount: Decimal) -> str:
    return _("about %(price)s") % {"price": figure(amount)}


@register.filter
def duration(seconds: float | None) -> str:
    """Whole seconds below a minute, then minutes and seconds."""
    if seconds is None:
        return "—"
    whole = round(seconds)
    if whole < 60:
        return ngettext("%(n)d s", "%(n)d s", whole) % {"n": whole}
    return _("%(minutes)d min %(seconds)d s") % {"minutes": whole // 60, "seconds": whole % 60}


@register.filter
def tokens(count: Any) -> str:
    return "—" if count is None else f"{count:,}"
