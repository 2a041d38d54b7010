"""Money and time as the studio writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.images import four_decimals, two_figures

register = template.Library()


@register.filter
def price(amount: Decimal | None) -> str:
    """What was paid, to four decimals: $0.0527."""
    if amount is None:
        return "—"
    return four_decimals(amount) if amount >= 0 else f"−{four_decimals(-amount)}"


@register.filter
def about(amount: Decimal) -> str:
    return _("about %(price)s") % {"price": two_figures(amount)}


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


@register.filter
def moment(instant: datetime) -> str:
    """A date and a time of day: 23 Nov, 01:43; with its year when that is not this one."""
    local = timezone.localtime(instant)
    is_this_year = local.year == timezone.localtime().year
    return date_format(local, _("j M, H:i") if is_this_year else _("j M Y, H:i"))
