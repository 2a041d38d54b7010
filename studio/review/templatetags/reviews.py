"""What reviewers said, on the pages of pictures; and the addresses of a picture's files below a link."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone

from studio.library.models import Picture

from ..models import ReviewNote, ReviewPicture, numbered

register = template.Library()


@register.simple_tag(takes_context=True)
def said_about(context: dict[str, Any], picture: Picture) -> list[ReviewNote]:
    """All that reviewers said about a picture to the person who looks at it; from then on it counts as seen."""
    about = ReviewNote.objects.of_owner(context["request"].user).filter(picture=picture)
    notes = numbered(about.select_related("reviewer__link").order_by("pk"), picture=picture)
    if any(note.seen_at is None for note in notes):
        about.mark_seen(now=timezone.now())
    return notes


@register.simple_tag
def review_media(token: str, shown: ReviewPicture, name: str) -> str:
    """The address of a file below a link; "best" is the largest that reviewers may see."""
    if name == "best":
        name = f"original.{shown.picture.format}" if shown.link.shows_originals else "1280.webp"
    return reverse("review_media", args=[token, shown.position, name])


@register.filter
def pins_of(notes: list[ReviewNote]) -> list[ReviewNote]:
    """Those at a point."""
    return [note for note in notes if note.has_point]


@register.filter
def pin_radius(picture: Picture) -> int:
    """Of a pin, in px of the picture, so that it looks the same on each."""
    return max(4, round(max(picture.width, picture.height) * 0.02))
