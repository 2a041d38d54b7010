"""Second factors, passkeys and sessions."""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.test import Client

from studio.accounts import second_factor
from studio.accounts.models import AuditEvent
from studio.accounts.sessions import browser_in_words
from tests.conftest import PASSWORD
from tests.mails import mails_leave
from tests.passkeys import Passkey

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"


def signed_in(email="ben@example.com", **options):
    browser = Client(**options)
    browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return browser


def confirmed():
    """Ben's browser, in which he has just typed his password again."""
    browser = signed_in()
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


def app_secret(browser):
    page = browser.get("/settings/security/app/").content.decode()
    return re.search(r'account-secret">([A-Z2-7]{32})<', page)[1]


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def with_app(ben):
    """Ben's browser after he set up an app, and the app's secret."""
    browser = confirmed()
    secret = app_secret(browser)
    answer = browser.post("/settings/security/app/", {"code": code_of(secret)})
    assert answer["Location"] == "/settings/security/codes/"
    return browser, secret


def is_in(browser):
    return browser.get("/settings/").status_code == 200


def test_with_an_app_the_password_alone_lets_nobody_in(with_app):
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "ben@example.com", "password": PASSWORD})
    assert answer["Location"] == "/accounts/code/"
    assert not is_in(browser)
    wrong = browser.post("/accounts/code/", {"code": "000000"}).content.decode()
    assert "This code is not correct." in wrong
    assert not is_in(browser)
    browser.post("/accounts/code/", {"code": code_of(with_app[1])})
    assert is_in(browser)


def test_a_recovery_code_signs_in_once(with_app):
    shown = with_app[0].get("/settings/security/codes/").content.decode()
    code = re.search(r"<li>(\d{8})</li>", shown)[1]
    for expected in (True, False):
        browser = signed_in()
        browser.post("/accounts/code/", {"code": code})
        assert is_in(browser) is expected
    assert "9 left" in with_app[0].get("/settings/security/").content.decode()


def test_recovery_codes_are_handed_out_as_a_file_that_no_browser_shows(with_app):
    answer = with_app[0].get("/settings/security/codes/download/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert len(answer.content.decode().split()) == 10


def test_secrets_are_encrypted_in_the_database_and_can_be_rotated_to_a_new_key(with_app, settings):
    secret = with_app[1]
    rows = list(Authenticator.objects.values_list("data", flat=True))
    assert rows
    assert secret not in json.dumps(rows)
    settings.SEAL_KEYS = [Fernet.generate_key().decode(), *settings.SEAL_KEYS]
    call_command("rotate_keys")
    settings.SEAL_KEYS = settings.SEAL_KEYS[:1]
    browser = signed_in()
    browser.post("/accounts/code/", {"code": code_of(secret)})
    assert is_in(browser)


def test_second_factors_that_cannot_be_decrypted_are_named(with_app, settings):
    settings.SEAL_KEYS = [Fernet.generate_key().decode()]
    assert second_factor.reencrypt() == (["ben@example.com"], 0)


def test_setting_up_asks_for_the_password_again_after_a_while(ben, client_of):
    answer = client_of(ben).get("/settings/security/app/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_guessing_codes_is_throttled(with_app):
    browser = signed_in()
    for _try in range(12):
        answer = browser.post("/accounts/code/", {"code": "000000"})
    assert "Too many attempts." in answer.content.decode()
    browser.post("/accounts/code/", {"code": code_of(with_app[1])})
    assert not is_in(browser)


@pytest.fixture
def passkey(ben):
    """A passkey Ben added, in the software that keeps it."""
    browser, passkey = confirmed(), Passkey()
    page = browser.get("/settings/security/passkeys/new/").content.decode()
    options = json.loads(re.search(r'id="passkey-options" type="application/json">(.*?)</script>', page)[1])
    credential = json.dumps(passkey.made(options["creation_options"]))
    answer = browser.post(
        "/settings/security/passkeys/new/", {"name": "Blue key", "credential": credential, "passwordless": "True"}
    )
    assert answer["Location"] == "/settings/security/codes/"
    assert "Blue key" in browser.get("/settings/security/").content.decode()
    return passkey


def by_passkey(passkey, browser):
    options = browser.get("/accounts/passkey/", headers={"Accept": "application/json"}).json()["request_options"]
    return browser.post("/accounts/passkey/", {"credential": json.dumps(passkey.used(options))})


def test_a_passkey_signs_in_without_a_password(passkey):
    browser = Client()
    by_passkey(passkey, browser)
    assert is_in(browser)


def test_a_passkey_of_another_origin_signs_nobody_in(passkey):
    browser = Client()
    passkey.origin = "https://testserver.example.net"
    by_passkey(passkey, browser)
    assert not is_in(browser)


@pytest.mark.parametrize(
    "credential", ["", "{", "[]", "null", "1", '{"id": 1}', '{"response": {}}', '"' + "x" * 9999 + '"']
)
def test_invalid_json_in_place_of_a_passkey_signs_nobody_in(ben, credential):
    browser = Client()
    assert browser.post("/accounts/passkey/", {"credential": credential}).status_code == 302
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("host", "is_offered"),
    [("localhost:8000", True), ("127.0.0.1:8000", False), ("[::1]:8000", False), ("localhost", True)],
)
def test_passkeys_are_offered_where_browsers_have_them(ben, client_of, host, is_offered):
    page = client_of(ben).get("/settings/security/", headers={"Host": host}).content.decode()
    assert ("Add a passkey" in page) is is_offered
    assert ("or localhost on this machine" in page) is not is_offered


def test_a_person_sees_their_sessions_and_can_end_them(ben):
    here = signed_in(headers={"User-Agent": FIREFOX})
    there = signed_in(headers={"User-Agent": CHROME})
    page = here.get("/settings/security/").content.decode()
    assert "Firefox on macOS" in page
    assert "Chrome on Linux" in page
    other = UserSession.objects.get(user_agent=CHROME)
    here.post(f"/settings/security/sessions/{other.pk}/end/")
    assert (is_in(here), is_in(there)) == (True, False)


def test_one_press_signs_out_everywhere_else(ben):
    here, others = signed_in(), [signed_in(), signed_in()]
    here.post("/settings/security/sessions/ends/")
    assert (is_in(here), *map(is_in, others)) == (True, False, False)
    assert UserSession.objects.count() == 1


def test_nobody_ends_a_session_of_somebody_else(ben, cleo, client_of):
    browser = signed_in()
    answer = client_of(cleo).post(f"/settings/security/sessions/{UserSession.objects.first().pk}/end/")
    assert answer.status_code == 404
    assert is_in(browser)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on macOS"),
        (CHROME, "Chrome on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("curl/8", "Unknown browser"),
    ],
)
def test_browsers_are_recognized(user_agent, words):
    assert browser_in_words(user_agent) == words


def test_an_admin_removes_a_lost_second_factor_and_it_is_recorded(with_app, ada, client_of, ben):
    client_of(ada).post(f"/settings/people/{ben.pk}/second-factor-removal/")
    assert not second_factor.has_second_factor(ben)
    assert not is_in(with_app[0])
    assert is_in(signed_in())
    assert AuditEvent.objects.get().action == "person.second_factor.remove"


def test_a_changed_second_factor_is_reported_by_mail(transactional_db, settings, ben):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    browser = confirmed()
    secret = app_secret(browser)
    browser.post("/settings/security/app/", {"code": code_of(secret)})
    mails_leave()
    subjects = [message.subject for message in mail.outbox]
    assert "Authenticator app turned on" in subjects
    assert all("127.0.0.1" in message.body and secret not in message.body for message in mail.outbox)
