"""The gallery's query: what an address means, whose pictures it shows, and places in each order."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from studio.accounts.models import StudioSettings, User
from studio.library.gallery_query import GalleryQuery, Sort
from studio.library.models import Collection, CollectionPicture, Picture, PictureTag, Tag

pytestmark = pytest.mark.django_db

FACTS = {"file": "x.png", "sha256": "0" * 64, "byte_count": 1, "width": 3, "height": 2, "format": "png"}


def saved(owner: User, **facts: Any) -> Picture:
    return Picture.objects.create(owner=owner, **FACTS | facts)


def shown(user: User, address: str = "") -> set[int]:
    return {picture.pk for picture in GalleryQuery.parse(QueryDict(address)).pictures_of(user)}


@pytest.mark.parametrize(
    ("address", "facts"),
    [
        ("kind=edited", {"kind": "edited"}),
        ("model=gpt-image-2", {"model": "gpt-image-2"}),
        ("quality=high", {"quality": "high"}),
        ("size=4K", {"size_tier": "4K"}),
        ("ratio=3:2", {"ratio": "3:2"}),
        ("format=webp", {"format": "webp"}),
        ("upstream=Main", {"upstream_name": "Main"}),
        ("starred=1", {"is_starred": True}),
        ("rating=3", {"rating": 4}),
        ("downgraded=1", {"is_downgraded": True}),
        ("undecided=1", {"decision": "undecided"}),
        ("mask=1", {"has_mask": True}),
        ("since=2026-03-02&until=2026-03-02", {"created_at": datetime(2026, 3, 2, 12, tzinfo=UTC)}),
    ],
)
def test_each_filter_leaves_only_what_it_names(address: str, facts: dict[str, Any], ben: User) -> None:
    saved(ben)
    wanted = saved(ben, **facts)
    assert shown(ben, address) == {wanted.pk}
    assert GalleryQuery.parse(QueryDict(address)).is_narrowed


def test_filters_are_joined_and_values_of_one_filter_are_alternatives(ben: User) -> None:
    high, low = saved(ben, quality="high", format="png"), saved(ben, quality="low", format="png")
    saved(ben, quality="high", format="webp")
    assert shown(ben, "quality=high&quality=low&format=png") == {high.pk, low.pk}


@pytest.mark.parametrize(
    "address",
    [
        "kind=nonsense", "size=9K", "ratio=1", "format=exe", "rating=9", "rating=-1", "rating=x", "starred=yes",
        "since=tomorrow", "since=0001-01-01", "until=9999-12-31", "since=2026-02-30", "sort=random", "collection=x",
        "person=-4", "model=%00", "model=" + "x" * 10_000, "q=%00", "tag=%00", "nothing=1", "collection=" + "9" * 40,
    ],
)  # fmt: skip
def test_nonsense_asks_for_nothing(address: str, ben: User) -> None:
    row = saved(ben)
    assert shown(ben, address) == {row.pk}
    assert GalleryQuery.parse(QueryDict(address)) == GalleryQuery()


def test_the_same_query_has_one_address() -> None:
    one = GalleryQuery.parse(
        QueryDict("quality=low&quality=high&q= owl &starred=1&rating=4&sort=rating&since=2026-01-02")
    )
    other = GalleryQuery.parse(
        QueryDict("sort=rating&since=2026-01-02&rating=4&starred=1&q=owl&quality=high&quality=low")
    )
    assert one == other
    assert one.urlencode() == other.urlencode()
    assert GalleryQuery.parse(QueryDict(one.urlencode())) == one
    assert GalleryQuery().urlencode() == ""


def test_a_tag_is_known_by_its_name_whatever_its_case(ben: User, cleo: User) -> None:
    tag, row = Tag.objects.get_or_add(ben, "Poster"), saved(ben)
    PictureTag.objects.create(tag=tag, picture=row)
    assert Tag.objects.get_or_add(ben, "  pöster ").pk == tag.pk
    assert shown(ben, "tag=POSTER") == {row.pk}
    assert Tag.objects.get_or_add(cleo, "poster").pk != tag.pk


def test_a_collection_shows_all_its_pictures_to_those_it_is_shared_with(ben: User, cleo: User) -> None:
    collection = Collection.objects.create(owner=ben, name="Harbour")
    row = saved(ben)
    CollectionPicture.objects.create(collection=collection, picture=row, added_by=ben)
    saved(ben)
    address = f"collection={collection.pk}"
    assert (shown(ben, address), shown(cleo, address)) == ({row.pk}, set())
    Collection.objects.update(sharing="see")
    assert (shown(ben, address), shown(cleo, address)) == ({row.pk}, {row.pk})
    assert shown(cleo) == set()
    Picture.objects.update(trashed_at=row.created_at)
    assert shown(cleo, address) == set()


def test_pictures_are_seen_by_others_only_in_a_shared_collection(ben: User, cleo: User) -> None:
    row = saved(ben)
    collection = Collection.objects.create(owner=ben, name="Harbour")
    CollectionPicture.objects.create(collection=collection, picture=row, added_by=ben)
    for sharing, is_seen in (("private", False), ("see", True), ("add", True)):
        Collection.objects.update(sharing=sharing)
        assert Picture.objects.seen_by(cleo).exists() == is_seen
    assert not Picture.objects.owned_by(cleo).exists()
    Collection.objects.update(trashed_at=row.created_at)
    assert not Picture.objects.seen_by(cleo).exists()
    assert Picture.objects.seen_by(ben).exists()


def test_an_admin_finds_of_a_person_only_what_is_shared_with_the_studio(ada: User, ben: User, cleo: User) -> None:
    saved(ben)
    shared = saved(ben)
    collection = Collection.objects.create(owner=ben, name="Harbour", sharing="see")
    CollectionPicture.objects.create(collection=collection, picture=shared, added_by=ben)
    address = f"person={ben.pk}"
    assert shown(cleo, address) == set()
    StudioSettings.objects.update_or_create(pk=StudioSettings.load().pk, defaults={"admins_may_open_pictures": True})
    assert (shown(ada, address), shown(cleo, address)) == ({shared.pk}, set())
    assert shown(ada, f"{address}&q=nothing") == set()
    StudioSettings.objects.update(admins_may_open_pictures=False)
    assert shown(ada, address) == set()


@pytest.mark.parametrize("sort", list(Sort))
def test_each_order_can_be_read_from_any_place_in_both_directions(sort: Sort, ben: User) -> None:
    for number in range(12):
        price = None if number % 4 == 0 else Decimal(number % 3) / 7
        saved(ben, rating=number % 3, price=price)
    query = GalleryQuery.parse(QueryDict(f"sort={sort}"))
    pictures = query.pictures_of(ben)
    whole = list(pictures.order_by(*query.order))
    for place, picture in enumerate(whole):
        word = query.place_of(picture)
        assert list(query.following(pictures, word)) == whole[place + 1 :]
        assert list(query.following(pictures, word, is_inclusive=True)) == whole[place:]
        assert list(query.preceding(pictures, word)) == whole[:place][::-1]


@pytest.mark.parametrize("place", ["", "x", "-", "1-2-3-4", "nan-1", "Infinity-1", "1e999-1", "9" * 30, "²", "\0"])
def test_a_place_that_does_not_exist_is_the_beginning(place: str, ben: User) -> None:
    row = saved(ben)
    for sort in Sort:
        query = GalleryQuery(sort=sort)
        pictures = query.pictures_of(ben)
        assert list(query.following(pictures, place)) == [row]
        assert list(query.preceding(pictures, place)) == []
