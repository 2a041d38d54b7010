"""Money and time as the studio writes them."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.images import four_decimals, two_figures

register = template.Library()

CENT = Decimal("0.01")


@register.filter
def price(amount: Decimal | None) -> str:
    """What was paid, to four decimals: $0.0527."""
    if amount is None:
        return "—"
    return grouped(four_decimals(amount)) if amount >= 0 else f"−{grouped(four_decimals(-amount))}"


@register.filter
def total(amount: Decimal | None) -> str:
    """A sum: to four decimals below a hundred dollars, otherwise to the cent."""
    if amount is None or abs(amount) < 100:
        return price(amount)
    cents = f"${abs(amount).quantize(CENT, ROUND_HALF_UP):,f}"
    return cents if amount >= 0 else f"−{cents}"


@register.filter
def exact(amount: Decimal) -> str:
    """Every digit of an amount, at least four decimals."""
    whole, _point, rest = f"{abs(amount):f}".partition(".")
    return f"{'−' if amount < 0 else ''}${int(whole):,}.{rest.rstrip('0'):0<4}"


@register.filter
def plain(amount: Decimal) -> str:
    """A number for an HTML attribute, whatever the language."""
    return f"{amount:f}"


@register.filter
def tick(amount: Decimal) -> str:
    """A round sum on the axis of a chart: $2.50, $1,000."""
    return f"${amount:,.0f}" if amount == amount.to_integral_value() else f"${max(amount, amount.quantize(CENT)):,f}"


@register.filter
def about_total(amount: Decimal) -> str:
    """An estimated sum: two significant figures, from a hundred dollars on whole dollars."""
    return about(amount) if amount < 100 else _("about %(price)s") % {"price": f"${amount:,.0f}"}


@register.filter
def percent(part: float | None) -> str:
    """A share, to a tenth below ten percent: 3.4 %."""
    if part is None:
        return "—"
    return _("%(n)s %%") % {"n": f"{part * 100:.1f}" if abs(part) < 0.0995 else f"{part * 100:.0f}"}


@register.filter
def signed_percent(part: float) -> str:
    """A difference: +3.4 %."""
    return f"{'−' if part < 0 else '+'}{percent(abs(part))}"


def grouped(text: str) -> str:
    """$1234.5678 → $1,234.5678"""
    whole, point, rest = text.removeprefix("$").partition(".")
    return f"${int(whole):,}{point}{rest}"


@register.filter
def dollars(amount: Decimal | None) -> str:
    """An amount as people type it: $5, $0.25, $0.075, $1,000."""
    if amount is None:
        return "—"
    text = grouped(f"${amount.normalize():f}")
    return f"{text}0" if len(text.partition(".")[2]) == 1 else text


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
def about_time(seconds: float) -> str:
    """An expected time: about 40 s, about 2 min, about 1 min 30 s, about 1 h 10 min."""
    whole = round(seconds)
    parts = [(whole // 3600, _("%(n)d h")), (whole // 60 % 60, _("%(n)d min"))]
    if whole < 600:
        parts.append((whole % 60, ngettext("%(n)d s", "%(n)d s", whole % 60)))
    told = [text % {"n": count} for count, text in parts if count]
    return _("about %(time)s") % {"time": " ".join(told) or _("%(n)d s") % {"n": 1}}


@register.filter
def tokens(count: Any) -> str:
    return "—" if count is None else f"{count:,}"


@register.filter
def clock(instant: datetime) -> str:
    """A time of day, with its date unless that is today: 14:05, or 28 Nov, 14:05."""
    local = timezone.localtime(instant)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "H:i" if is_today else _("j M, H:i"))


@register.filter
def moment(instant: datetime) -> str:
    """A date and a time of day, with its year unless that is this one: 23 Nov, 01:43."""
    local = timezone.localtime(instant)
    is_this_year = local.year == timezone.localtime().year
    return date_format(local, _("j M, H:i") if is_this_year else _("j M Y, H:i"))
