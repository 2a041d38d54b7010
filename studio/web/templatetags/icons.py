"""`{% icon "x" %}`: a lucide icon in the studio's size and stroke, silent to screen readers unless it has a label."""

from django import template
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 18, *, stroke: float = 1.75, label: str = "") -> SafeString:
    """`size` and `stroke` in pixels."""
    spoken = {"aria_label": label} if label else {"aria_hidden": "true"}
    return SafeString(lucide(name, size=size, stroke_width=stroke, **spoken))
