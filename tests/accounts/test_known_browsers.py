"""Wrong passwords: they stop whoever tries them, and never the owner of the account."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from studio.accounts.models import User
from tests.conftest import PASSWORD

PAGE = "/accounts/login/"
STRANGER, OFFICE = "198.51.100.7", "203.0.113.5"


def sign_in(client: Client, user: User, password: str = PASSWORD, *, address: str = OFFICE) -> bool:
    """Whether somebody gets in with these words from this address."""
    answer = client.post(PAGE, {"login": user.email, "password": password}, REMOTE_ADDR=address)
    return answer.status_code == 302


def guess(user: User, *, tries: int, address: str = STRANGER) -> None:
    for _ in range(tries):
        sign_in(Client(), user, "wrong", address=address)


def test_whoever_guesses_is_stopped_after_five_tries(ben: User) -> None:
    guess(ben, tries=5)
    assert not sign_in(Client(), ben, address=STRANGER)


def test_an_owner_gets_in_from_elsewhere_while_somebody_guesses(ben: User) -> None:
    guess(ben, tries=12)
    assert sign_in(Client(), ben)


def test_guesses_from_many_addresses_do_not_keep_the_owner_out(ben: User) -> None:
    for number in range(40):
        guess(ben, tries=1, address=f"198.51.100.{number}")
    assert sign_in(Client(), ben)


def test_guesses_from_ever_more_addresses_stop_every_browser_but_a_known_one(ben: User) -> None:
    known = Client()
    assert sign_in(known, ben)
    known.post("/accounts/logout/")
    for number in range(110):
        guess(ben, tries=1, address=f"198.51.100.{number}")
    assert not sign_in(Client(), ben)
    assert sign_in(known, ben)


def test_a_known_browser_gets_in_behind_the_same_proxy_as_whoever_guesses(ben: User) -> None:
    known = Client()
    assert sign_in(known, ben)
    known.post("/accounts/logout/")
    guess(ben, tries=12, address=OFFICE)
    assert not sign_in(Client(), ben)
    assert sign_in(known, ben)


def test_guesses_at_one_account_leave_the_others_at_that_address_alone(ben: User, cleo: User) -> None:
    guess(ben, tries=50, address=OFFICE)
    assert sign_in(Client(), cleo)


def test_one_address_that_tries_many_accounts_is_stopped(db: None, ben: User) -> None:
    for number in range(40):
        form = {"login": f"person{number}@example.com", "password": "wrong"}
        Client().post(PAGE, form, REMOTE_ADDR=STRANGER)
    assert not sign_in(Client(), ben, address=STRANGER)
    assert sign_in(Client(), ben)


def test_addresses_of_one_ipv6_network_count_as_one(ben: User) -> None:
    for number in range(6):
        guess(ben, tries=1, address=f"2001:db8::{number:x}")
    assert not sign_in(Client(), ben, address="2001:db8::ff")


def test_a_known_browser_may_not_guess_for_ever(ben: User) -> None:
    known = Client()
    assert sign_in(known, ben)
    known.post("/accounts/logout/")
    for _ in range(6):
        sign_in(known, ben, "wrong")
    assert not sign_in(known, ben)


def test_a_browser_is_known_for_its_own_people_alone(ben: User, cleo: User) -> None:
    known = Client()
    assert sign_in(known, ben)
    known.post("/accounts/logout/")
    guess(cleo, tries=6, address=OFFICE)
    assert not sign_in(known, cleo)


@pytest.mark.parametrize("cookie", ["", "x", "e30:1:2", "é"])
def test_a_made_up_cookie_makes_no_browser_known(ben: User, cookie: str) -> None:
    guess(ben, tries=6)
    forger = Client()
    forger.cookies["browser"] = cookie
    assert not sign_in(forger, ben, address=STRANGER)


def test_the_cookie_says_nothing_about_its_people_and_no_script_reads_it(ben: User) -> None:
    client = Client()
    sign_in(client, ben)
    cookie = client.cookies["browser"]
    assert cookie["httponly"]
    assert "ben" not in cookie.value


def test_a_person_confirms_with_the_password_while_somebody_guesses(ben: User) -> None:
    client = Client()
    assert sign_in(client, ben)
    guess(ben, tries=12, address=OFFICE)
    form = {"email": "ben.2@example.com", "current_password": PASSWORD}
    client.post("/settings/email/", form, REMOTE_ADDR=OFFICE)
    ben.refresh_from_db()
    assert ben.email == "ben.2@example.com"


def test_a_new_password_forgets_the_tries_of_whoever_set_it(ben: User, settings: Settings) -> None:
    from studio.accounts import links

    guess(ben, tries=6, address=OFFICE)
    client = Client()
    page = client.get(links.reset_path(ben), follow=True, REMOTE_ADDR=OFFICE)
    client.post(page.redirect_chain[-1][0], {"password1": "six blue lanterns"}, REMOTE_ADDR=OFFICE)
    assert sign_in(Client(), ben, "six blue lanterns")
    cache.clear()
