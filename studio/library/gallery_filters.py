"""The gallery's filters as its page shows them: what can be chosen, and what is chosen as chips."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.accounts.models import User

from .gallery_query import GalleryQuery, may_choose_person
from .models import Collection, Picture, Tag

RECENT, LISTED = 10_000, 200  # pictures looked through for models and upstreams; tags, collections and people listed

LABELS = {
    "kind": _("Kind"),
    "model": _("Model"),
    "quality": _("Quality"),
    "size": _("Size"),
    "ratio": _("Ratio"),
    "format": _("Format"),
    "upstream": _("Upstream"),
    "tag": _("Tags"),
}
FLAGS = {
    "starred": _("Starred"),
    "downgraded": _("Downgraded"),
    "undecided": _("Undecided"),
    "mask": _("Has a mask"),
}
QUALITIES = {"low": _("Low"), "medium": _("Medium"), "high": _("High")}
KINDS = dict(Picture.Kind.choices)


@dataclass(frozen=True)
class Filter:
    """A filter with its choices as (value, label, whether it is chosen)."""

    name: str
    choices: list[tuple[str, str, bool]]

    @property
    def label(self) -> str:
        return str(LABELS[self.name])


def known_filters(query: GalleryQuery) -> list[Filter]:
    """Those whose choices are the same for everybody."""
    known: dict[str, Iterable[str]] = {
        "kind": KINDS,
        "quality": QUALITIES,
        "size": ["1K", "2K", "4K"],
        "ratio": images.COMMON_RATIOS,
        "format": ["png", "jpeg", "webp"],
    }
    return [filter_of(query, name, values) for name, values in known.items()]


def found_filters(query: GalleryQuery, user: Any) -> list[Filter]:
    """Those whose choices are what this person's pictures have; of an archive, the latest."""
    recent = Picture.objects.owned_by(user).kept().order_by("-pk").values_list("model", "upstream_name")[:RECENT]
    pairs = set(recent)
    tags = Tag.objects.filter(owner=user).order_by("key").values_list("key", flat=True)[:LISTED]
    found: dict[str, Iterable[str]] = {
        "model": sorted({model for model, _upstream in pairs if model}),
        "upstream": sorted({upstream for _model, upstream in pairs if upstream}),
        "tag": tags,
    }
    filters = [filter_of(query, name, values) for name, values in found.items()]
    return [each for each in filters if len(each.choices) > 1 or any(chosen for _v, _l, chosen in each.choices)]


def filter_of(query: GalleryQuery, name: str, values: Iterable[str]) -> Filter:
    chosen = getattr(query, name)
    every = [*values, *(value for value in chosen if value not in set(values))]
    return Filter(name, [(value, label_of(name, value), value in chosen) for value in every])


def label_of(name: str, value: str) -> str:
    if name == "format":
        return value.upper()
    return str({"kind": KINDS, "quality": QUALITIES}.get(name, {}).get(value, value))


def collections_of(user: Any) -> Any:
    return Collection.objects.seen_by(user).kept().order_by("name")[:LISTED]


def people_for(user: Any) -> Any:
    """Whose shared pictures this person may look through; nobody's unless they are an admin who may."""
    people = (
        User.objects.exclude(pk=user.pk).order_by("name", "email") if may_choose_person(user) else User.objects.none()
    )
    return people[:LISTED]


def chips(query: GalleryQuery, user: Any) -> Iterator[tuple[str, str]]:
    """What is chosen: each as its words and the address without it."""
    for name in LABELS:
        values = getattr(query, name)
        for value in values:
            rest = tuple(other for other in values if other != value)
            yield label_of(name, value), query.having(**{name: rest}).urlencode()
    for name, label in FLAGS.items():
        if getattr(query, name):
            yield str(label), query.having(**{name: False}).urlencode()
    for name, words in words_of(query, user).items():
        default = getattr(GalleryQuery(), name)
        if words:
            yield words, query.having(**{name: default}).urlencode()


def words_of(query: GalleryQuery, user: Any) -> dict[str, str]:
    """What the filters that are no choice among values are called; empty where they are not set."""
    collection = Collection.objects.seen_by(user).filter(pk=query.collection).first() if query.collection else None
    person = User.objects.filter(pk=query.person).first() if query.person and may_choose_person(user) else None
    return {
        "since": gettext("Since %(day)s") % {"day": day(query.since)} if query.since else "",
        "until": gettext("Until %(day)s") % {"day": day(query.until)} if query.until else "",
        "rating": gettext("Rated %(rating)s or better") % {"rating": query.rating} if query.rating else "",
        "collection": collection.name if collection else gettext("A collection") if query.collection else "",
        "person": gettext("Shared by %(person)s") % {"person": person or gettext("somebody")} if query.person else "",
    }


def day(value: date) -> str:
    return date_format(value, "j M Y")
