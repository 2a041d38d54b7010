"""A page says whose it is: what it asks for is answered for that person, or not at all."""

from collections.abc import Callable

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.web.person_key import key_of

ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def test_the_page_of_somebody_who_is_signed_out_is_told_so_and_not_led_away() -> None:
    answer = Client().post("/advice/", headers={"X-Person": "somebody", "HX-Request": "true"})
    assert answer.status_code == 401
    assert "Location" not in answer.headers
    assert "HX-Redirect" not in answer.headers


def test_a_page_left_open_by_one_person_gets_nothing_of_the_next(ben: User, cleo: User, client_of: ClientOf) -> None:
    bens_page = {"X-Person": key_of(ben)}
    assert client_of(ben).get("/jobs/", headers=bens_page).status_code == 200
    assert client_of(cleo).get("/jobs/", headers=bens_page).status_code == 401


def test_a_page_learns_who_is_signed_in_and_gets_a_new_token(ben: User, client_of: ClientOf) -> None:
    assert client_of(ben).get("/session/").json()["person"] == key_of(ben)
    answer = Client().get("/session/")
    assert answer.json()["person"] == ""
    assert answer.json()["token"]
    assert "no-store" in answer["Cache-Control"]


def test_the_cookie_names_whoever_is_signed_in_and_goes_with_them(ben: User, client_of: ClientOf) -> None:
    client = client_of(ben)
    client.get("/")
    assert client.cookies["person"].value == key_of(ben)
    client.post("/accounts/logout/")
    assert client.cookies["person"].value == ""


def test_a_key_tells_nothing_about_its_person(ben: User) -> None:
    assert key_of(ben) != key_of(User(pk=ben.pk + 1))
    assert str(ben.pk) != key_of(ben)
