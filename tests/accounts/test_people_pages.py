import re

import pytest
from django.core import mail
from django.test import Client

from studio.accounts.models import Invitation, User
from tests.conftest import PASSWORD
from tests.mails import mails_leave

pytestmark = pytest.mark.django_db

ADMIN_PAGES = ["/settings/people/", "/settings/upstreams/", "/spend/people/"]


def shown_link(answer) -> str:
    """The path of the link that a page shows once."""
    return re.search(r'value="http://testserver(/[^"]+)"', answer.content.decode())[1]


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_for_designers_the_admin_pages_do_not_exist(client_of, ben, path):
    assert client_of(ben).get(path).status_code == 404


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_admins_see_the_admin_pages(client_of, ada, path):
    assert client_of(ada).get(path).status_code == 200


@pytest.mark.parametrize("act", ["role", "deactivation", "reactivation", "reset-link"])
def test_designers_cannot_manage_people(client_of, ben, cleo, act):
    assert client_of(ben).post(f"/settings/people/{cleo.pk}/{act}/", {"role": "admin"}).status_code == 404
    cleo.refresh_from_db()
    assert (cleo.role, cleo.is_active) == ("designer", True)


def test_designers_cannot_invite(client_of, ben):
    posted = {"email": "eve@example.com", "role": "admin"}
    assert client_of(ben).post("/settings/people/invitations/", posted).status_code == 404
    assert not Invitation.objects.exists()


def test_an_invitation_is_a_link_shown_once(client_of, ada):
    client = client_of(ada)
    path = shown_link(client.post("/settings/people/invitations/", {"email": "dora@example.com", "role": "designer"}))
    assert Client().get(path).status_code == 200
    page = client.get("/settings/people/").content.decode()
    assert "dora@example.com" in page
    assert path not in page
    assert mail.outbox == []


def test_with_mail_the_invitation_is_sent_too(client_of, ada, settings):
    settings.EMAIL_URL = "smtp://mail.example.com"
    answer = client_of(ada).post("/settings/people/invitations/", {"email": "dora@example.com", "role": "designer"})
    mails_leave()
    [sent] = mail.outbox
    assert sent.to == ["dora@example.com"]
    assert sent.subject == "Ada invites you to Easel"
    assert shown_link(answer) in sent.body


def test_the_same_address_again_replaces_the_older_link(client_of, ada):
    client, posted = client_of(ada), {"email": "dora@example.com", "role": "designer"}
    older = shown_link(client.post("/settings/people/invitations/", posted))
    newer = shown_link(client.post("/settings/people/invitations/", posted | {"email": "DORA@example.com"}))
    assert Client().get(older).status_code == 404
    assert Client().get(newer).status_code == 200


def test_a_person_with_an_account_is_not_invited(client_of, ada, ben):
    answer = client_of(ada).post("/settings/people/invitations/", {"email": "BEN@example.com", "role": "designer"})
    assert "ben@example.com already has an account." in answer.content.decode()
    assert not Invitation.objects.exists()


def test_an_invitation_is_withdrawn(client_of, ada):
    client = client_of(ada)
    path = shown_link(client.post("/settings/people/invitations/", {"email": "dora@example.com", "role": "designer"}))
    client.post(f"/settings/people/invitations/{Invitation.objects.get().pk}/revocation/")
    assert Client().post(path, {"password": PASSWORD}).status_code == 404
    assert not User.objects.with_email("dora@example.com")


def test_an_admin_hands_out_a_reset_link_that_works_once(client_of, ada, ben):
    path = shown_link(client_of(ada).post(f"/settings/people/{ben.pk}/reset-link/"))
    visitor = Client()
    form = visitor.get(path, follow=True)
    visitor.post(form.request["PATH_INFO"], {"password1": "seven red kettles"})
    ben.refresh_from_db()
    assert ben.check_password("seven red kettles")
    assert "no longer works" in Client().get(path, follow=True).content.decode()


def test_a_deactivated_person_is_out_at_once_and_for_good(client_of, ada, ben):
    bens = client_of(ben)
    assert bens.get("/settings/").status_code == 200
    admin = client_of(ada)
    admin.post(f"/settings/people/{ben.pk}/deactivation/")
    assert bens.get("/settings/").status_code == 302
    answer = Client().post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert answer["Location"] == "/accounts/inactive/"
    admin.post(f"/settings/people/{ben.pk}/reactivation/")
    assert bens.get("/settings/").status_code == 302
    assert Client().login(email=ben.email, password=PASSWORD)


def test_the_last_active_admin_stays(client_of, ada, ben):
    client = client_of(ada)
    for act in ("deactivation", "role"):
        answer = client.post(f"/settings/people/{ada.pk}/{act}/", {"role": "designer"}, follow=True)
        assert "This is the only active admin." in answer.content.decode()
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == ("admin", True)


def test_with_a_second_admin_the_first_can_become_a_designer(client_of, ada, ben):
    client = client_of(ada)
    client.post(f"/settings/people/{ben.pk}/role/", {"role": "admin"})
    client.post(f"/settings/people/{ada.pk}/role/", {"role": "designer"})
    assert list(User.objects.admins()) == [ben]
    assert client.get("/settings/people/").status_code == 404


def test_an_unknown_role_changes_nothing(client_of, ada, ben):
    client_of(ada).post(f"/settings/people/{ben.pk}/role/", {"role": "owner"})
    ben.refresh_from_db()
    assert ben.role == "designer"
