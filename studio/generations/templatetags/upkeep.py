"""How upstreams and their troubles are written."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from studio.upstreams.models import Alert

from ..errors import by_kind
from ..upkeep import alerts

register = template.Library()


@register.filter
def sentence(alert: Alert) -> str:
    return alerts.sentence(alert)


@register.filter
def reason(kind: str) -> str:
    """The sentence of a kind of error; nothing for one that is not known."""
    error = by_kind().get(kind)
    return _(error.sentence) if error else ""


@register.filter
def percent(share: float | None) -> str:
    """A share as people write it: 97 %, and 99.6 % where rounding would hide that something is missing."""
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
