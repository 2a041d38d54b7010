"""Collections: private until they are shared, in an order that several people may change at once."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import User
from studio.curation.views import collections
from studio.generations import booking
from studio.generations.models import Generation
from studio.images import ImageRequest
from studio.library import placements
from studio.library.models import Collection, CollectionPicture, Picture
from tests.composer_form import FORM

from .conftest import MakePictures, Send, ids_of, order_of, put

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def campaign(ben: User) -> Collection:
    return Collection.objects.create(owner=ben, name="Campaign", notes="For the spring", sharing="see")


def share(collection: Collection, sharing: str) -> None:
    Collection.objects.filter(pk=collection.pk).update(sharing=sharing)


def test_a_collection_is_made_named_and_shared(client_of: ClientOf, ben: User) -> None:
    browser = client_of(ben)
    assert browser.post("/collections/", {"name": " "}).status_code == 422
    address = browser.post("/collections/", {"name": "Spring"})["Location"]
    browser.post(f"{address}details/", {"name": "Spring 27", "notes": "<b>bold</b>", "sharing": "add"})
    page = browser.get(address).text
    assert "Spring 27" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert Collection.objects.get().sharing == "add"
    browser.post(f"{address}details/", {"name": "", "notes": "", "sharing": "nonsense"})
    assert Collection.objects.get().sharing == "add"


def test_what_is_shared_is_seen_with_its_prompt_and_without_its_price(
    campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, ben: User, cleo: User
) -> None:
    [row] = pictures_of(ben, 1, price="0.0527", upstream_name="Team A")
    put(campaign, row)
    browser = client_of(cleo)
    for page in (browser.get(f"/collections/{campaign.pk}/"), browser.get("/collections/"), browser.get("/gallery/")):
        assert "Campaign" in page.text
        assert "0.0527" not in page.text
        assert "Team A" not in page.text
    assert row.prompt in browser.get(f"/collections/{campaign.pk}/").text
    assert row.prompt not in browser.get("/gallery/").text


@pytest.mark.parametrize("end", ["private", "trash", "removal", "picture in the trash"])
def test_sharing_ends_at_once(
    end: str, campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, act: Send, ben: User, cleo: User
) -> None:
    [row] = pictures_of(ben)
    put(campaign, row)
    assert Picture.objects.seen_by(cleo).exists()
    owner = client_of(ben)
    if end == "private":
        owner.post(f"/collections/{campaign.pk}/details/", {"name": "Campaign", "sharing": "private"})
    elif end == "trash":
        owner.post(f"/collections/{campaign.pk}/trashing/")
    elif end == "removal":
        act(ben, "collections", picture=str(row.pk), collection=campaign.pk, remove="1")
    else:
        act(ben, "trash", picture=str(row.pk))
    assert not Picture.objects.seen_by(cleo).exists()
    assert client_of(cleo).get(row.get_absolute_url()).status_code == 404
    page = client_of(cleo).get(f"/collections/{campaign.pk}/")
    assert page.status_code == (404 if end in ("private", "trash") else 200)
    assert Picture.objects.owned_by(ben).count() == 1


@pytest.mark.parametrize("noun", ["details", "cover", "order", "trashing", "restoration"])
@pytest.mark.parametrize("sharing", ["private", "see", "add"])
def test_nobody_else_changes_a_collection(
    noun: str, sharing: str, campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, ben: User, cleo: User
) -> None:
    rows = pictures_of(ben, 2)
    put(campaign, *rows)
    share(campaign, sharing)
    data = {"name": "Mine", "sharing": "private", "picture": rows[1].pk, "before": rows[0].pk}
    answer = client_of(cleo).post(f"/collections/{campaign.pk}/{noun}/", data)
    may = noun == "order" and sharing == "add"
    assert answer.status_code == (204 if may else 404)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.cover, campaign.trashed_at, campaign.sharing) == ("Campaign", None, None, sharing)


def test_others_add_their_own_pictures_and_take_out_only_these(
    campaign: Collection, pictures_of: MakePictures, act: Send, ben: User, cleo: User
) -> None:
    mine, theirs = pictures_of(ben)[0], pictures_of(cleo)[0]
    put(campaign, mine)
    assert act(cleo, "collections", picture=str(theirs.pk), collection=campaign.pk).status_code == 404
    share(campaign, "add")
    act(cleo, "collections", picture=ids_of([mine, theirs]), collection=campaign.pk)
    assert order_of(campaign) == [mine.pk, theirs.pk]
    assert Picture.objects.seen_by(ben).filter(pk=theirs.pk).exists()
    act(cleo, "collections", picture=ids_of([mine, theirs]), collection=campaign.pk, remove="1")
    assert order_of(campaign) == [mine.pk]
    share(campaign, "private")
    assert not Picture.objects.seen_by(ben).filter(pk=theirs.pk).exists()


def test_a_picture_of_somebody_else_cannot_be_shared_on(
    campaign: Collection, pictures_of: MakePictures, act: Send, ben: User, cleo: User
) -> None:
    [row] = pictures_of(ben)
    put(campaign, row)
    act(cleo, "collections", picture=str(row.pk), name="Mine")
    assert not CollectionPicture.objects.exclude(collection=campaign).exists()


def test_pages_of_a_collection_meet_without_a_gap_or_a_picture_twice(
    campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, ben: User
) -> None:
    rows = pictures_of(ben, collections.PAGE * 2 + 5)
    # All at one position, as bookings at the same moment may leave them.
    CollectionPicture.objects.bulk_create(
        CollectionPicture(collection=campaign, picture=row, added_by=ben, position=1024) for row in rows
    )
    browser, seen, url = client_of(ben), [], f"/collections/{campaign.pk}/"
    while url:
        answer = browser.get(url)
        seen += [picture.pk for picture in answer.context["pictures"]]
        url = (
            f"/collections/{campaign.pk}/?after={answer.context['next_after']}" if answer.context["next_after"] else ""
        )
    assert seen == [row.pk for row in rows]


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "0", "²"])
def test_a_place_that_does_not_exist_is_the_beginning_of_a_collection(
    after: str, campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, ben: User
) -> None:
    put(campaign, *pictures_of(ben, 2))
    assert len(client_of(ben).get(f"/collections/{campaign.pk}/", {"after": after}).context["pictures"]) == 2


def test_a_picture_is_moved_before_another_one_or_to_the_end(
    campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, ben: User
) -> None:
    a, b, c, d = (row.pk for row in pictures_of(ben, 4))
    put(campaign, *Picture.objects.in_bulk([a, b, c, d]).values())
    browser = client_of(ben)
    for moved, before, expected in [
        (d, a, [d, a, b, c]),
        (d, "", [a, b, c, d]),
        (b, b, [a, b, c, d]),
        (a, d, [b, c, a, d]),
    ]:
        answer = browser.post(f"/collections/{campaign.pk}/order/", {"picture": moved, "before": before})
        assert (answer.status_code, order_of(campaign)) == (204, expected)
    gone = browser.post(f"/collections/{campaign.pk}/order/", {"picture": a, "before": 10**6})
    assert (gone.status_code, order_of(campaign)) == (409, [b, c, a, d])


def test_a_hundred_moves_into_one_gap_keep_the_order(
    campaign: Collection, pictures_of: MakePictures, ben: User
) -> None:
    rows = pictures_of(ben, 30)
    put(campaign, *rows)
    expected = [row.pk for row in rows]
    for turn in range(100):
        moved, before = expected[-1 - turn % 7], expected[1]
        placements.move(campaign, picture_id=moved, before_id=before)
        expected.remove(moved)
        expected.insert(expected.index(before), moved)
        assert order_of(campaign) == expected


@pytest.mark.django_db(transaction=True)
def test_two_people_drag_in_one_collection_at_once_and_nothing_is_lost(
    campaign: Collection, pictures_of: MakePictures, ben: User
) -> None:
    rows = [row.pk for row in pictures_of(ben, 12)]
    CollectionPicture.objects.bulk_create(
        CollectionPicture(collection=campaign, picture_id=pk, added_by=ben, position=1024) for pk in rows
    )
    errors: list[Exception] = []

    def drag(moved: list[int], before: int) -> None:
        try:
            for pk in moved:
                placements.move(campaign, picture_id=pk, before_id=before)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    people = [threading.Thread(target=drag, args=(rows[at : at + 5], rows[at + 5])) for at in (0, 6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert errors == []
    found = order_of(campaign)
    assert sorted(found) == rows
    # What each of them dragged stands right before what they dragged it to, in the order they did it.
    assert [pk for pk in found if pk in rows[:6]] == rows[:6]
    assert [pk for pk in found if pk in rows[6:]] == rows[6:]


def test_the_cover_is_a_picture_of_the_collection_and_else_the_first_one(
    campaign: Collection, pictures_of: MakePictures, client_of: ClientOf, ben: User, cleo: User
) -> None:
    first, second, outside = pictures_of(ben, 3)
    put(campaign, first, second)
    browser = client_of(ben)

    def cover() -> Any:
        return browser.get("/collections/").context["own"][0].cover_picture

    assert cover() == first
    assert browser.post(f"/collections/{campaign.pk}/cover/", {"picture": outside.pk}).status_code == 404
    browser.post(f"/collections/{campaign.pk}/cover/", {"picture": second.pk})
    assert cover() == second
    Picture.objects.filter(pk=second.pk).update(trashed_at=timezone.now())
    assert cover() == first


def test_the_number_of_queries_grows_neither_with_collections_nor_with_pictures(
    pictures_of: MakePictures, client_of: ClientOf, ben: User
) -> None:
    browser, counts = client_of(ben), []
    for round_ in range(2):
        for number in range(3):
            made = Collection.objects.create(owner=ben, name=f"{round_} {number}")
            put(made, *pictures_of(ben, 4))
        with CaptureQueriesContext(connection) as queries:
            browser.get("/collections/")
            browser.get(f"/collections/{made.pk}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ── The target of the composer ──────────────────────────────────────────────────────────────────────────────────────


def submit(client_of: ClientOf, user: User, collection: Any) -> Any:
    data = FORM | {"token": str(uuid.uuid4()), "prompt": "A boat", "collection": str(collection)}
    return client_of(user).post("/generations/", data)


def test_the_composer_hands_on_a_collection_one_may_add_to(
    campaign: Collection, client_of: ClientOf, ben: User, cleo: User
) -> None:
    assert submit(client_of, ben, campaign.pk).status_code == 302
    assert Generation.objects.get().collection == campaign
    assert submit(client_of, cleo, campaign.pk).status_code == 422
    share(campaign, "add")
    assert submit(client_of, cleo, campaign.pk).status_code == 302


@pytest.mark.parametrize("collection", ["x", "0", "-1", "9" * 40, "1;"])
def test_a_collection_that_is_none_gets_a_sentence(collection: str, client_of: ClientOf, ben: User) -> None:
    answer = submit(client_of, ben, collection)
    assert (answer.status_code, "no longer there" in answer.text) == (422, True)


def test_a_finished_picture_lands_where_its_person_may_still_add(
    campaign: Collection, pictures_of: MakePictures, ben: User, cleo: User
) -> None:
    now = timezone.now()
    generation = Generation.objects.submit(
        owner=cleo, request=ImageRequest(prompt="A boat"), token=uuid.uuid4(), now=now, collection=campaign
    )
    [row] = pictures_of(cleo)
    booking.collect(row, generation=generation, now=now)
    assert order_of(campaign) == []
    share(campaign, "add")
    booking.collect(row, generation=generation, now=now)
    booking.collect(row, generation=generation, now=now)
    assert order_of(campaign) == [row.pk]
