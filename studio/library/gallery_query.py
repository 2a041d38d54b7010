"""What the gallery is asked for: words, filters and an order, as they stand in its address.

The same address narrows a list, counts it, and names the pictures of a bulk act, a ZIP, or a page's neighbours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.db.models import Q, TextChoices
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.accounts.models import StudioSettings
from studio.web.numbers import row_number

from .models import Collection, Picture, PictureQuerySet
from .search_text import LONGEST_SEARCH, SearchTerms, fold, read_search

LONGEST_VALUE, MOST_VALUES = 60, 20  # characters of a filter's value, values of one filter


class Sort(TextChoices):
    NEWEST = "newest", _("Newest first")
    OLDEST = "oldest", _("Oldest first")
    RATING = "rating", _("Best rated first")
    DEAREST = "dearest", _("Dearest first")


# The columns of each order; the last one is unique, so that every picture has one place.
ORDERS = {
    Sort.NEWEST: ("-pk",),
    Sort.OLDEST: ("pk",),
    Sort.RATING: ("-rating", "-pk"),
    Sort.DEAREST: ("-sorted_price", "-pk"),
}
# Filters of which a picture has one value, by their names in addresses; where they are few, they are known.
COLUMNS = {
    "kind": "kind",
    "model": "model",
    "quality": "quality",
    "size": "size_tier",
    "ratio": "ratio",
    "format": "format",
    "upstream": "upstream_name",
}
KNOWN = {
    "kind": Picture.Kind.values,
    "size": ["1K", "2K", "4K"],
    "ratio": images.COMMON_RATIOS,
    "format": ["png", "jpeg", "webp"],
}
FLAGS = {
    "starred": Q(is_starred=True),
    "downgraded": Q(is_downgraded=True),
    "undecided": Q(decision=Picture.Decision.UNDECIDED),
    "mask": Q(has_mask=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryQuery:
    """Each field has the name that stands in the address; one at its default asks for nothing."""

    q: str = ""  # see search_text.read_search
    kind: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    ratio: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()  # keys; a picture must have all of them
    since: date | None = None  # by the studio's clock, both days included
    until: date | None = None
    starred: bool = False
    downgraded: bool = False
    undecided: bool = False
    mask: bool = False
    rating: int = 0  # at least
    collection: int | None = None
    person: int | None = None  # whose pictures; without one, one's own
    sort: Sort = Sort.NEWEST

    @classmethod
    def parse(cls, data: QueryDict) -> Self:
        """Read an address; what makes no sense in it is passed over."""
        rating, sort = row_number(data.get("rating", "")), data.get("sort", "")
        values: dict[str, Any] = {name: chosen(data.getlist(name), known=KNOWN.get(name)) for name in COLUMNS}
        flags: dict[str, Any] = {name: data.get(name) == "1" for name in FLAGS}
        return cls(
            q=data.get("q", "").replace("\0", " ")[:LONGEST_SEARCH].strip(),
            tag=tuple(dict.fromkeys(filter(None, map(fold, chosen(data.getlist("tag")))))),
            since=day(data.get("since", "")),
            until=day(data.get("until", "")),
            rating=rating if rating and rating <= 5 else 0,
            collection=row_number(data.get("collection", "")),
            person=row_number(data.get("person", "")),
            sort=Sort(sort) if sort in Sort.values else Sort.NEWEST,
            **values,
            **flags,
        )

    def params(self) -> dict[str, Any]:
        """The address of this query, as names and values; always the same for the same query."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        default = GalleryQuery()
        return {
            name: "1" if value is True else list(value) if isinstance(value, tuple) else str(value)
            for name, value in values.items()
            if value != getattr(default, name)
        }

    def urlencode(self) -> str:
        data = QueryDict(mutable=True)
        for name, value in self.params().items():
            data.setlist(name, value if isinstance(value, list) else [value])
        return data.urlencode()

    def having(self, **changes: Any) -> Self:
        """The same query with other values."""
        return replace(self, **changes)

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.params().keys() - {"sort"})

    @property
    def terms(self) -> SearchTerms:
        return read_search(self.q)

    # ── The pictures ────────────────────────────────────────────────────────────────────────────────────────────────

    def pictures_of(self, user: Any) -> PictureQuerySet:
        """The pictures that this person is shown, in no order: their own, or those of a collection or of a person.

        An admin finds of another person only what that person shares with the studio. Whatever else is opened from
        the ledger's entries, which is logged.
        """
        if self.collection:
            collections = Collection.objects.seen_by(user).kept().filter(pk=self.collection)
            found = Picture.objects.seen_by(user).kept().filter(placements__collection__in=collections)
        elif self.person and self.person != user.pk:
            found = Picture.objects.shared() if may_choose_person(user) else Picture.objects.none()
        else:
            found = Picture.objects.owned_by(user).kept()
        if self.person:
            found = found.filter(owner=self.person)
        return self.apply(found, user=user)

    def apply(self, pictures: PictureQuerySet, *, user: Any) -> PictureQuerySet:
        """Those of these pictures that match; `user` is who searches, whose tags are meant."""
        for name, column in COLUMNS.items():
            if values := getattr(self, name):
                pictures = pictures.filter(**{f"{column}__in": values})
        for name, condition in FLAGS.items():
            if getattr(self, name):
                pictures = pictures.filter(condition)
        if self.rating:
            pictures = pictures.filter(rating__gte=self.rating)
        for tag in self.tag:
            pictures = pictures.filter(tags__key=tag, tags__owner=user)
        pictures = pictures.filter(**self._created())
        if terms := self.terms:
            pictures = pictures.filter(search_entry__words__matches=terms.of(self._owner_ids(user)))
        return pictures

    def _created(self) -> dict[str, datetime]:
        bounds = {"created_at__gte": self.since, "created_at__lt": self.until and self.until + timedelta(days=1)}
        return {name: midnight(value) for name, value in bounds.items() if value}

    def _owner_ids(self, user: Any) -> Iterable[int]:
        """Whose pictures are searched."""
        if self.person or not self.collection:
            return [self.person or user.pk]
        placed = Collection.objects.filter(pk=self.collection).values_list("placements__picture__owner", flat=True)
        return [owner_id for owner_id in placed.distinct() if owner_id]

    # ── Their order ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def order(self) -> tuple[str, ...]:
        """What to order by. Where words are searched, the index is read in its own order instead of being sorted."""
        columns = ORDERS[self.sort]
        return tuple(name.replace("pk", INDEXED) for name in columns) if self.terms else columns

    def place_of(self, picture: Picture) -> str:
        """Where a picture stands in the order, as a word for addresses."""
        values = [getattr(picture, name.lstrip("-")) for name in ORDERS[self.sort]]
        return "-".join(f"{value:f}" if isinstance(value, Decimal) else str(value) for value in values)

    def following(self, pictures: PictureQuerySet, place: str, *, is_inclusive: bool = False) -> PictureQuerySet:
        """Those behind a place, in order; all of them where there is no such place."""
        return self._beyond(pictures, place, self.order, is_inclusive=is_inclusive)

    def preceding(self, pictures: PictureQuerySet, place: str, *, is_inclusive: bool = False) -> PictureQuerySet:
        """Those before a place, the nearest first; none of them where there is no such place."""
        backwards = tuple(name[1:] if name.startswith("-") else f"-{name}" for name in self.order)
        is_place = self.read_place(place) is not None
        return self._beyond(pictures, place, backwards, is_inclusive=is_inclusive) if is_place else pictures.none()

    def _beyond(
        self, pictures: PictureQuerySet, place: str, order: tuple[str, ...], *, is_inclusive: bool = False
    ) -> PictureQuerySet:
        values = self.read_place(place)
        if values is not None:
            *leading, unique = [(name.lstrip("-"), "lt" if name.startswith("-") else "gt") for name in order]
            number = values[-1]
            behind = Q(**{f"{unique[0]}__{unique[1]}{'e' if is_inclusive else ''}": number})
            for (name, way), value in zip(leading, values, strict=False):
                # The first condition bounds the index, the second leaves out what stands at the bound.
                pictures = pictures.filter(**{f"{name}__{way}e": value})
                behind |= Q(**{f"{name}__{way}": value})
            pictures = pictures.filter(behind)
        return pictures.order_by(*order)

    def read_place(self, text: str) -> tuple[Any, ...] | None:
        """The values of a place; None where the text is none of this order."""
        *leading, number = text.split("-")
        pk = row_number(number)
        if pk is None or len(leading) + 1 != len(ORDERS[self.sort]):
            return None
        try:
            value = [Decimal(text) for text in leading]
        except InvalidOperation:
            return None
        if any(not each.is_finite() or abs(each) >= 10**8 for each in value):
            return None
        return (*(int(each) if self.sort == Sort.RATING else each for each in value), pk)


INDEXED = "search_entry__picture_id"


def may_choose_person(user: Any) -> bool:
    """Whether someone may look through other people's shared pictures by person."""
    return bool(user.is_admin and StudioSettings.load().admins_may_open_pictures)


def chosen(values: list[str], *, known: Iterable[str] | None = None) -> tuple[str, ...]:
    """The values of a filter that make sense, each once, in one order."""
    clean = {value for value in values if value and len(value) <= LONGEST_VALUE and value.isprintable()}
    return tuple(sorted(clean if known is None else clean & set(known))[:MOST_VALUES])


def day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Years that no clock of a studio shows would not survive the change of the time zone.
    return found if 1970 <= found.year <= 2999 else None


def midnight(value: date) -> datetime:
    """When a day begins by the studio's clock."""
    return datetime(value.year, value.month, value.day, tzinfo=timezone.get_default_timezone()).astimezone(UTC)
