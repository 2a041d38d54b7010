"""What the file dialogs offer, and what was changed in an upload."""

from django import template
from django.utils.text import capfirst

from studio.imaging.containers import ACCEPTED

from .. import upload_changes
from ..models import Picture

register = template.Library()


@register.simple_tag
def accepted_files() -> str:
    """For the `accept` of a file input: everything that `normalisation` takes."""
    return ACCEPTED


@register.simple_tag
def changes_on_upload(picture: Picture) -> str:
    """What was changed on the way in and why, in one line; "" where nothing was."""
    words = upload_changes.change_words(picture.changes)
    return f"{capfirst('; '.join(words))}." if words else ""
