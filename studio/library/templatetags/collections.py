"""What stands around a list of pictures: the collections beside it, and what can be done with those that are chosen."""

from typing import Any

from django import template
from django.db.models import QuerySet

from ..models import Collection, Tag

register = template.Library()

MOST_LISTED, MOST_SUGGESTED = 100, 200


@register.inclusion_tag("library/collection_list.html", takes_context=True)
def collection_list(context: dict[str, Any], place: str = "", collection: int | None = None) -> dict[str, Any]:
    """The person's collections and those shared with the studio; `place` is "gallery" or "trash"."""
    user = context["request"].user
    seen = list(Collection.objects.seen_by(user).kept().order_by("name", "pk")[:MOST_LISTED])
    own = [each for each in seen if each.owner_id == user.pk]
    shared = [each for each in seen if each.owner_id != user.pk]
    return {"request": context["request"], "own": own, "shared": shared, "place": place, "collection": collection}


@register.inclusion_tag("library/selection.html", takes_context=True)
def selection_bar(
    context: dict[str, Any], count: int = 0, collection: Collection | None = None, *, is_trash: bool = False
) -> dict[str, Any]:
    """What can be done with chosen pictures of a list that has `count` in all."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "count": count,
        "collection": collection,
        "is_trash": is_trash,
        "collections": addable_collections(context),
        "tags": Tag.objects.filter(owner=request.user).order_by("name")[:MOST_SUGGESTED],
    }


@register.simple_tag(takes_context=True)
def addable_collections(context: dict[str, Any]) -> QuerySet[Collection]:
    """Where the person can put pictures, their own first."""
    user = context["request"].user
    found = Collection.objects.added_to_by(user).select_related("owner")
    return found.order_by("name", "pk")[:MOST_LISTED]
