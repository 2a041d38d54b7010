"""Acts on many pictures, and undoing them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.curation import bulk_acts
from studio.curation.models import BulkAct
from studio.library.models import Collection, CollectionPicture, Picture, Tag

from .conftest import MakePictures, Send, ids_of, order_of, put

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def undo(act: Send, user: User, answer: Any) -> Any:
    [number] = re.findall(r'name="act" value="(\d+)"', answer.text)
    return act(user, "undo", act=number)


def facts(*names: str) -> list[tuple[Any, ...]]:
    return list(Picture.objects.order_by("pk").values_list("pk", *names))


@pytest.mark.parametrize(
    ("noun", "data"),
    [
        ("stars", {}),
        ("stars", {"value": "0"}),
        ("ratings", {"value": "4"}),
        ("ratings", {"value": "0"}),
        ("trash", {}),
        ("tags", {"name": "Poster"}),
        ("tags", {"name": "known", "remove": "1"}),
        ("collections", {"name": "A new one"}),
    ],
)
def test_undo_gives_back_exactly_what_was_there(
    noun: str, data: dict[str, str], pictures_of: MakePictures, act: Send, ben: User
) -> None:
    rows = [*pictures_of(ben, 2), *pictures_of(ben, 2, is_starred=True, rating=4), *pictures_of(ben, 1, rating=2)]
    bulk_acts.tag(Picture.objects.filter(pk__lt=rows[2].pk), name="known", owner=ben, now=timezone.now())
    names = ("is_starred", "rating", "trashed_at", "decision")
    before, tags = facts(*names), sorted(Tag.pictures.through.objects.values_list("picture", "tag__name"))
    answer = act(ben, noun, picture=ids_of(rows), **data)
    assert answer.status_code == 200
    placed = CollectionPicture.objects.count()
    assert (facts(*names), placed) != (before, 0) or sorted(
        Tag.pictures.through.objects.values_list("picture", "tag__name")
    ) != tags
    undo(act, ben, answer)
    assert facts(*names) == before
    assert sorted(Tag.pictures.through.objects.values_list("picture", "tag__name")) == tags
    assert CollectionPicture.objects.count() == 0


def test_undo_leaves_alone_what_was_changed_since(pictures_of: MakePictures, act: Send, ben: User) -> None:
    one, other = pictures_of(ben, 2)
    answer = act(ben, "ratings", picture=ids_of([one, other]), value="3")
    act(ben, "ratings", picture=str(other.pk), value="5")
    undo(act, ben, answer)
    assert [rating for _pk, rating in facts("rating")] == [0, 5]


def test_undo_works_once_and_for_its_own_person(pictures_of: MakePictures, act: Send, ben: User, cleo: User) -> None:
    [row] = pictures_of(ben)
    answer = act(ben, "trash", picture=str(row.pk))
    [number] = re.findall(r'name="act" value="(\d+)"', answer.text)
    act(cleo, "undo", act=number)
    assert Picture.objects.trashed().count() == 1
    act(ben, "undo", act=number)
    assert Picture.objects.trashed().count() == 0
    act(ben, "trash", picture=str(row.pk))
    act(ben, "undo", act=number)
    assert Picture.objects.trashed().count() == 1


def test_half_a_minute_later_an_act_can_no_longer_be_undone(pictures_of: MakePictures, act: Send, ben: User) -> None:
    [row] = pictures_of(ben)
    answer = act(ben, "stars", picture=str(row.pk))
    BulkAct.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    undo(act, ben, answer)
    assert facts("is_starred") == [(row.pk, True)]
    assert bulk_acts.forget_expired(now=timezone.now()) == 1


@pytest.mark.parametrize("noun", ["stars", "ratings", "trash", "tags", "collections", "restoration"])
def test_the_ids_of_others_are_passed_over(
    noun: str, pictures_of: MakePictures, act: Send, ben: User, cleo: User
) -> None:
    rows = [*pictures_of(ben, 1), *pictures_of(ben, 1, trashed_at=timezone.now())]
    before = facts("is_starred", "rating", "trashed_at")
    act(cleo, noun, picture=ids_of(rows), value="3", name="Mine now")
    act(cleo, noun, all="1", query="", value="3", name="Mine now")
    assert facts("is_starred", "rating", "trashed_at") == before
    assert not CollectionPicture.objects.exists()
    assert not Picture.tags.through.objects.exists()


def test_what_others_share_can_be_looked_at_and_not_be_changed(
    pictures_of: MakePictures, act: Send, client_of: ClientOf, ben: User, cleo: User
) -> None:
    [row] = pictures_of(ben)
    shared = Collection.objects.create(owner=ben, name="Campaign", sharing="see")
    put(shared, row)
    assert client_of(cleo).get(f"/collections/{shared.pk}/").status_code == 200
    for noun in ("stars", "ratings", "trash", "tags"):
        act(cleo, noun, picture=str(row.pk), value="3", name="x")
        act(cleo, noun, all="1", query=f"collection={shared.pk}", value="3", name="x")
    act(cleo, "collections", picture=str(row.pk), collection=shared.pk, remove="1")
    assert facts("is_starred", "rating", "trashed_at") == [(row.pk, False, 0, None)]
    assert order_of(shared) == [row.pk]


def test_all_that_match_are_those_of_the_query(pictures_of: MakePictures, act: Send, ben: User) -> None:
    pictures_of(ben, 3)
    rated = pictures_of(ben, 300, rating=4)
    answer = act(ben, "stars", all="1", query="rating=4")
    assert answer.headers["HX-Refresh"] == "true"
    assert set(Picture.objects.filter(is_starred=True).values_list("pk", flat=True)) == {row.pk for row in rated}


@pytest.mark.parametrize("ids", ["", "x", "-1", "1.5", "9" * 30, "²", "0", "1,,2,", "\0", "%00", "[1]", "None"])
def test_nonsense_ids_change_nothing(ids: str, pictures_of: MakePictures, act: Send, ben: User) -> None:
    pictures_of(ben, 1, pk=77)
    assert act(ben, "stars", picture=ids).status_code == 200
    assert facts("is_starred") == [(77, False)]


def test_ten_thousand_ids_are_acted_on_and_one_more_gets_a_sentence(
    pictures_of: MakePictures, act: Send, ben: User
) -> None:
    [row] = pictures_of(ben)
    many = ",".join(map(str, range(row.pk, row.pk + 10_000)))
    assert act(ben, "stars", picture=many).status_code == 200
    assert facts("is_starred") == [(row.pk, True)]
    refused = act(ben, "trash", picture=many + ",1")
    assert (refused.status_code, "Choose all that match" in refused.text) == (422, True)


@pytest.mark.parametrize("data", [{"value": "6"}, {"value": "-1"}, {"value": "x"}, {"value": ""}, {"value": "9" * 40}])
def test_a_rating_that_is_none_gets_a_sentence(
    data: dict[str, str], pictures_of: MakePictures, act: Send, ben: User
) -> None:
    [row] = pictures_of(ben)
    assert act(ben, "ratings", picture=str(row.pk), **data).status_code == 422


def test_a_tag_is_one_line_and_without_regard_to_case(pictures_of: MakePictures, act: Send, ben: User) -> None:
    rows = pictures_of(ben, 2)
    act(ben, "tags", picture=str(rows[0].pk), name="  Night\n city ")
    act(ben, "tags", picture=str(rows[1].pk), name="night CITY")
    assert [tag.name for tag in Tag.objects.all()] == ["Night city"]
    act(ben, "tags", picture=ids_of(rows), name="NIGHT city", remove="1")
    assert not Tag.objects.exists()
    assert act(ben, "tags", picture=ids_of(rows), name=" \0 ").status_code == 422


def test_a_tagged_picture_is_found_by_its_tag(pictures_of: MakePictures, act: Send, ben: User) -> None:
    [row] = pictures_of(ben)
    answer = act(ben, "tags", picture=str(row.pk), name="Harbour")
    act(ben, "stars", all="1", query="q=harbour")
    assert facts("is_starred") == [(row.pk, True)]
    undo(act, ben, answer)
    act(ben, "stars", all="1", query="q=harbour", value="0")
    assert facts("is_starred") == [(row.pk, True)]


def test_without_scripts_an_act_leads_back_to_the_page_it_was_done_on(
    pictures_of: MakePictures, client_of: ClientOf, ben: User
) -> None:
    [row] = pictures_of(ben)
    browser = client_of(ben)
    for wanted, target in [("/gallery/?rating=4", "/gallery/?rating=4"), ("https://evil.example/", "/gallery/")]:
        answer = browser.post("/gallery/selection/stars/", {"picture": row.pk, "next": wanted, "value": "1"})
        assert answer["Location"] == target
        Picture.objects.update(is_starred=False)
    assert 'name="act"' in browser.get("/gallery/").text


def test_taking_out_of_a_collection_is_undone_in_place(pictures_of: MakePictures, act: Send, ben: User) -> None:
    rows = pictures_of(ben, 3)
    own = Collection.objects.create(owner=ben, name="Campaign")
    put(own, *rows)
    answer = act(ben, "collections", picture=str(rows[1].pk), collection=own.pk, remove="1")
    assert order_of(own) == [rows[0].pk, rows[2].pk]
    undo(act, ben, answer)
    assert order_of(own) == [row.pk for row in rows]


def test_a_discarded_candidate_that_is_restored_is_undecided(pictures_of: MakePictures, act: Send, ben: User) -> None:
    [row] = pictures_of(ben, 1, decision="discarded", trashed_at=timezone.now())
    answer = act(ben, "restoration", picture=str(row.pk))
    assert facts("decision", "trashed_at") == [(row.pk, "undecided", None)]
    undo(act, ben, answer)
    assert facts("decision", "trashed_at") == [(row.pk, "discarded", row.trashed_at)]
