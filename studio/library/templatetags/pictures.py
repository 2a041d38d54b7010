"""`<img {% original picture %} src=…>`: what right click and drag take wherever a picture stands small."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..models import Picture

register = template.Library()


@register.simple_tag
def original(picture: Picture) -> SafeString:
    """The attributes that static/js/helpers/originals.js reads: the address of the original, and its name as a file."""
    return format_html('data-original="{}" data-name="{}"', picture.original_url, picture.file_name)
