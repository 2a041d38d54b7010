"""Filters for upstreams: error kinds, shares and seconds as text."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from studio.gateway.studio_errors import error_types_by_kind

register = template.Library()


@register.filter
def reason(kind: str) -> str:
    """The sentence of a kind of error; empty for an unknown kind."""
    error = error_types_by_kind().get(kind)
    return _(error.sentence) if error else ""


@register.filter
def percent(share: float | None) -> str:
    """A share (0 to 1) in percent, with a decimal where rounding to 100 % or 0 % would be wrong: 97 %, 99.6 %."""
    if share is None:
        return "—"
    digits = 1 if 0.99 <= share < 1 or 0 < share < 0.01 else 0
    return _("%(number)s %%") % {"number": number_format(Decimal(f"{share * 100:.{digits}f}"))}


@register.filter
def seconds(value: float | None) -> str:
    return (
        "—"
        if value is None
        else _("%(number)s s") % {"number": number_format(Decimal(f"{value:.{1 if value < 10 else 0}f}"))}
    )
