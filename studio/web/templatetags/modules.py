"""Preload links, so that the browser fetches all imports of a module at once."""

import re
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

IMPORT = re.compile(r'^(?:import|export) .*from "(\.[^"]+)"', re.MULTILINE)


@register.simple_tag
def module_preloads(name: str) -> SafeString:
    """A `<link rel="modulepreload">` for every direct and indirect import of a static module."""
    links = ((static(imported),) for imported in imports_of(name))
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', links)


@cache
def imports_of(name: str) -> tuple[str, ...]:
    """The static names of a module's direct and indirect imports."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop(0)
        text = Path(str(finders.find(module))).read_text()
        new = [normpath(join(dirname(module), path)) for path in IMPORT.findall(text)]
        waiting += [path for path in new if path not in found]
        found |= dict.fromkeys(new)
    return tuple(found)
