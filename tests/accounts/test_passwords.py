import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client

from studio import settings as as_shipped
from studio.accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_passwords_are_hashed_with_argon2_and_older_hashes_are_replaced_at_sign_in(settings):
    settings.PASSWORD_HASHERS = as_shipped.PASSWORD_HASHERS
    ben = User.objects.create_user("ben@example.com", PASSWORD)
    assert identify_hasher(ben.password).algorithm == "argon2"
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    answer = Client().post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert answer.status_code == 302
    ben.refresh_from_db()
    assert identify_hasher(ben.password).algorithm == "argon2"
    assert ben.check_password(PASSWORD)


def test_guessing_a_password_is_throttled_even_for_the_right_one(ben):
    browser = Client()
    for _try in range(10):
        browser.post("/accounts/login/", {"login": ben.email, "password": "wrong"})
    answer = browser.post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert "Too many attempts." in answer.content.decode()
    assert Client().get("/settings/").status_code == 302


def test_guessing_is_counted_across_ports(ben):
    for port in range(6):
        form = {"login": ben.email, "password": "wrong"}
        answer = Client().post("/accounts/login/", form, headers={"host": f"localhost:{8000 + port}"})
    assert "Too many attempts." in answer.content.decode()


def test_whether_an_address_has_an_account_is_not_revealed(ben):
    answers = [
        Client().post("/accounts/login/", {"login": email, "password": "wrong"}).content.decode()
        for email in ("ben@example.com", "nobody@example.com")
    ]
    assert all("This email and password do not match." in page for page in answers)
