import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts import first_admin
from studio.accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_person_changes_their_name(client_of, ben):
    client_of(ben).post("/settings/", {"name": "Benjamin"})
    ben.refresh_from_db()
    assert ben.name == "Benjamin"


def test_a_theme_is_kept_without_a_reload(client_of, ben):
    answer = client_of(ben).post("/settings/theme/", {"theme": "light"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.cookies["theme"].value == "light"
    ben.refresh_from_db()
    assert ben.theme == "light"


def test_an_unknown_theme_is_refused(client_of, ben):
    assert client_of(ben).post("/settings/theme/", {"theme": "pink"}).status_code == 422
    ben.refresh_from_db()
    assert ben.theme == "system"


def test_single_key_shortcuts_are_switched_off_and_on(client_of, ben):
    client = client_of(ben)
    for posted, expected in [({}, False), ({"has_shortcuts": "on"}, True)]:
        assert client.post("/settings/shortcuts/", posted).status_code == 302
        ben.refresh_from_db()
        assert ben.has_shortcuts is expected


def test_a_new_address_needs_the_password(client_of, ben):
    client = client_of(ben)
    refused = client.post("/settings/email/", {"email": "benny@example.com", "current_password": "wrong"})
    assert "This is not your current password." in refused.content.decode()
    client.post("/settings/email/", {"email": "Benny@example.com", "current_password": PASSWORD})
    ben.refresh_from_db()
    assert ben.email == "benny@example.com"
    assert Client().login(email="benny@example.com", password=PASSWORD)
    assert not Client().login(email="ben@example.com", password=PASSWORD)


def test_an_address_in_use_is_refused(client_of, ben, cleo):
    answer = client_of(ben).post("/settings/email/", {"email": "CLEO@example.com", "current_password": PASSWORD})
    assert "Someone else in this studio uses this address." in answer.content.decode()
    ben.refresh_from_db()
    assert ben.email == "ben@example.com"


def test_a_changed_password_keeps_this_browser_and_ends_the_others(client_of, ben):
    here, elsewhere = client_of(ben), client_of(ben)
    answer = here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "seven red kettles"})
    assert answer["Location"] == "/settings/"
    assert here.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302


def test_the_admin_of_a_sign_in_link_sets_email_and_password_without_an_old_one(client):
    client.post(first_admin.new_sign_in_path(timezone.now()))
    assert "You signed in with a link" in client.get("/settings/people/").content.decode()
    client.post("/settings/email/", {"email": "grace@example.com"})
    client.post("/accounts/password/set/", {"password1": PASSWORD})
    assert "You signed in with a link" not in client.get("/settings/").content.decode()
    assert Client().login(email="grace@example.com", password=PASSWORD)
    assert User.objects.count() == 1
