"""Renders the parts of a chart in Python: a template loop over them would take longer than all queries."""

from decimal import Decimal

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from studio.ledger.chart import Bar
from studio.web.templatetags.formatting import price

register = template.Library()


@register.filter
def segments(bar: Bar) -> SafeString:
    """The parts of a bar as SVG; the values are numbers only."""
    across = f'x="{bar.x}%" width="{bar.width}%"'
    parts = (f'<rect class="series-{one.colour}" {across} y="{one.y}" height="{one.height}"/>' for one in bar.segments)
    return mark_safe("".join(parts))  # noqa: S308


@register.filter
def row(bar: Bar) -> SafeString:
    """A day as a row of the table behind the chart."""
    cells = format_html_join("", "{}", ((cell(amount),) for amount in (*bar.amounts, bar.total)))
    return format_html('<tr><th scope="row">{}</th>{}</tr>', date_format(bar.day, "D, j M"), cells)


def cell(amount: Decimal) -> SafeString:
    if not amount:
        return NOTHING
    return format_html('<td class="number">{}</td>', price(amount))


NOTHING = mark_safe('<td class="number muted">$0.0000</td>')
