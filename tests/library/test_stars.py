"""The star and the rating of one picture."""

from collections.abc import Callable

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.library.models import Collection, CollectionPicture, Picture

from .test_gallery import rows_of

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_a_picture_is_starred_and_rated_and_both_are_taken_back(ben: User, client_of: ClientOf) -> None:
    [picture] = rows_of(ben, 1)
    browser = client_of(ben)
    for starred, rating in ((True, 4), (True, 5), (False, 0)):
        assert browser.post(f"/pictures/{picture.pk}/star/", {"starred": int(starred)}).status_code == 204
        assert browser.post(f"/pictures/{picture.pk}/rating/", {"rating": rating}).status_code == 204
        picture.refresh_from_db()
        assert (picture.is_starred, picture.rating) == (starred, rating)
        page = browser.get(picture.get_absolute_url()).content.decode()
        assert f'aria-pressed="{str(starred).lower()}"' in page


@pytest.mark.parametrize("value", ["", "6", "-1", "05", "²", "true", "\0", "9" * 10_000])
def test_nonsense_changes_neither_star_nor_rating(ben: User, client_of: ClientOf, value: str) -> None:
    [picture] = rows_of(ben, 1)
    for noun, name in (("star", "starred"), ("rating", "rating")):
        assert client_of(ben).post(f"/pictures/{picture.pk}/{noun}/", {name: value}).status_code == 400
    picture.refresh_from_db()
    assert (picture.is_starred, picture.rating) == (False, 0)


def test_a_shared_picture_is_judged_by_its_owner_only(ben: User, cleo: User, client_of: ClientOf) -> None:
    [picture] = rows_of(ben, 1)
    shared = Collection.objects.create(owner=ben, name="Owls", sharing=Collection.Sharing.ADD)
    CollectionPicture.objects.create(collection=shared, picture=picture, added_by=ben)
    browser = client_of(cleo)
    page = browser.get(picture.get_absolute_url())
    assert page.status_code == 200
    assert "picture-judgement" not in page.content.decode()
    assert browser.post(f"/pictures/{picture.pk}/star/", {"starred": 1}).status_code == 404
    assert browser.post(f"/pictures/{picture.pk}/rating/", {"rating": 5}).status_code == 404
    assert not Picture.objects.filter(is_starred=True).exists()
