from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from studio.accounts import first_admin
from studio.accounts.models import Invitation, SignInLink, User
from tests.conftest import PASSWORD
from tests.mails import mails_leave

pytestmark = pytest.mark.django_db


def signed_in_as(client: Client) -> str:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).email if key else ""


def test_a_sign_in_link_works_once():
    path = first_admin.new_sign_in_path(timezone.now())
    first, second = Client(), Client()
    assert first.post(path).status_code == 302
    assert signed_in_as(first) == "admin@localhost"
    answer = second.post(path)
    assert answer.status_code == 404
    assert "manage.py sign_in_link" in answer.content.decode()
    assert signed_in_as(second) == ""


def test_opening_a_sign_in_link_does_not_use_it(client):
    path = first_admin.new_sign_in_path(timezone.now())
    for method in (client.get, client.head, client.get):
        assert method(path).status_code == 200
    assert not User.objects.exists()
    assert SignInLink.objects.get().used_at is None


def test_a_sign_in_link_expires_after_thirty_minutes(client):
    path = first_admin.new_sign_in_path(timezone.now() - timedelta(minutes=31))
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert signed_in_as(client) == ""


def test_a_sign_in_link_signs_in_the_admin_that_exists(client, ben, ada):
    client.post(first_admin.new_sign_in_path(timezone.now()))
    assert signed_in_as(client) == ada.email
    assert User.objects.count() == 2


def test_of_two_presses_at_the_same_moment_one_gets_in(transactional_db):
    path = first_admin.new_sign_in_path(timezone.now())
    start, codes = Barrier(2), []

    def press() -> None:
        start.wait()
        codes.append(Client().post(path).status_code)
        connection.close()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302, 404]
    assert User.objects.count() == 1


def test_the_command_prints_a_link_that_works(client):
    out = StringIO()
    call_command("sign_in_link", host="https://easel.example.com/", stdout=out)
    address = out.getvalue().strip()
    assert address.startswith("https://easel.example.com/sign-in/")
    client.post(address.removeprefix("https://easel.example.com"))
    assert signed_in_as(client) == "admin@localhost"


def test_nobody_signs_up_uninvited(client):
    for answer in (
        client.get("/accounts/signup/"),
        client.post("/accounts/signup/", {"email": "eve@example.com", "password1": PASSWORD}),
    ):
        assert answer.headers["Location"].startswith("/accounts/login/")
    assert not User.objects.exists()


def test_the_sign_in_form_lets_a_person_in_and_leads_back(client, ben):
    page = client.get("/spend/", follow=True).content.decode()
    assert "Sign in" in page
    answer = client.post("/accounts/login/?next=/spend/", {"login": "BEN@example.com", "password": PASSWORD})
    assert answer["Location"] == "/spend/"
    assert signed_in_as(client) == ben.email


def test_a_wrong_password_says_so_and_keeps_the_address(client, ben):
    page = client.post("/accounts/login/", {"login": ben.email, "password": "wrong"}).content.decode()
    assert "This email and password do not match." in page
    assert f'value="{ben.email}"' in page


def test_guessing_is_stopped_after_five_tries(client, ben):
    for _ in range(6):
        answer = client.post("/accounts/login/", {"login": ben.email, "password": "wrong"})
    assert "Too many attempts" in answer.content.decode()
    client.post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert signed_in_as(client) == ""


def test_signing_out_clears_the_browsers_data(client_of, ben):
    client = client_of(ben)
    assert "Clear-Site-Data" not in client.get("/accounts/logout/")
    answer = client.post("/accounts/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert signed_in_as(client) == ""


def test_an_htmx_call_after_the_session_ended_leads_to_sign_in_and_back(client):
    answer = client.get(
        "/spend/?before=9", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/spend/"}
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fspend%2F"


def invite(email: str, *, by: User, role: str = "designer") -> str:
    _invited, token = Invitation.replace(email=email, role=role, invited_by=by, now=timezone.now())
    return f"/invitations/{token}/"


def test_an_invited_person_chooses_a_password_and_is_in(client, ada):
    path = invite("Dora@example.com", by=ada, role="admin")
    assert 'value="dora@example.com"' in client.get(path).content.decode()
    assert client.post(path, {"password": PASSWORD}).status_code == 302
    assert signed_in_as(client) == "dora@example.com"
    dora = User.objects.get(email="dora@example.com")
    assert dora.is_admin
    assert dora.emailaddress_set.get().verified
    assert Client().post(path, {"password": PASSWORD}).status_code == 404


def test_a_weak_password_does_not_use_up_the_invitation(client, ada):
    path = invite("dora@example.com", by=ada)
    assert "too short" in client.post(path, {"password": "dora"}).content.decode()
    assert client.post(path, {"password": PASSWORD}).status_code == 302


def test_an_old_invitation_says_so(client, ada):
    path = invite("dora@example.com", by=ada)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get(path)
    assert answer.status_code == 404
    assert "no longer works" in answer.content.decode()


def test_without_mail_the_reset_page_sends_people_to_an_admin(client, ben):
    page = client.get("/accounts/password/reset/").content.decode()
    assert "Ask an admin for a reset link" in page
    assert "<form" not in page
    client.post("/accounts/password/reset/", {"email": ben.email})
    assert mail.outbox == []


def test_with_mail_a_forgotten_password_is_reset(client, ben, settings):
    settings.EMAIL_URL, settings.STUDIO_URL = "smtp://mail.example.com", "https://easel.example.com"
    client.post("/accounts/password/reset/", {"email": ben.email})
    mails_leave()
    [sent] = mail.outbox
    assert sent.to == [ben.email]
    [address] = [line for line in sent.body.splitlines() if line.startswith("https://easel.example.com/")]
    form = client.get(address.removeprefix("https://easel.example.com"), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "seven red kettles"})
    ben.refresh_from_db()
    assert ben.check_password("seven red kettles")


def test_a_reset_for_an_unknown_address_sends_nothing_and_reveals_nothing(client, ben, settings):
    settings.EMAIL_URL = "smtp://mail.example.com"
    known = client.post("/accounts/password/reset/", {"email": ben.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    mails_leave()
    assert [sent.to for sent in mail.outbox] == [[ben.email]]
