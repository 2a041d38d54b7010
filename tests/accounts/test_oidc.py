"""Signing in at a company's provider, against a small provider of our own on this machine."""

import json
import socket
import threading
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
import uvicorn
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, Invitation, User
from studio.accounts.oidc import GuardedSession
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SECRET = "company-secret-0123456789-abcdefghijklmn"


class Provider:
    """A provider whose claims the test sets."""

    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.claims = {}
        self.asked = []
        self.is_broken = False

    async def __call__(self, scope, receive, send):
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        self.asked.append((scope["path"], headers, body))
        answer = {} if self.is_broken else self.answers(scope["path"])
        await send({"type": "http.response.start", "status": 500 if self.is_broken else 200, "headers": JSON})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def answers(self, path):
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/token":
            facts = {"iss": self.issuer, "aud": "easel", "iat": time.time(), "exp": time.time() + 60}
            return {"access_token": "t", "token_type": "Bearer", "id_token": jwt.encode(facts | self.claims, SECRET)}
        return self.claims


JSON = [(b"content-type", b"application/json")]


@pytest.fixture(scope="module")
def running():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    provider = Provider(listener.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(provider, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield provider
    server.should_exit = True
    thread.join()


@pytest.fixture
def provider(running, settings):
    running.asked.clear()
    running.is_broken = False
    running.claims = {"sub": "eve-1", "email": "Eve@example.com", "email_verified": True, "name": "Eve Adams"}
    app = {"provider_id": "company", "name": "Example ID", "client_id": "easel", "secret": SECRET}
    app["settings"] = {"server_url": running.issuer}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    settings.OIDC_IS_PRIVATE, settings.OIDC_NAME = True, "Example ID"
    return running


def begin(browser):
    """Press the button; return the page and the query sent to the provider."""
    page = browser.post("/accounts/company/company/login/")
    target = page["Refresh"].removeprefix("0; url=")
    return page, {name: value[0] for name, value in parse_qs(urlsplit(target).query).items()}


def sign_in(browser):
    """The whole round trip to the provider."""
    _page, asked = begin(browser)
    return browser.get("/accounts/company/company/login/callback/", {"code": "c", "state": asked["state"]})


def is_in(browser):
    return browser.get("/settings/").status_code == 200


def test_the_button_leads_to_the_provider_by_a_page_of_the_studio(provider):
    page, asked = begin(Client())
    assert page.status_code == 200
    assert f'href="{provider.issuer}/authorize?' in page.content.decode()
    assert (asked["client_id"], asked["code_challenge_method"]) == ("easel", "S256")
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert SECRET not in page.content.decode()


def test_the_sign_in_page_offers_the_provider_only_where_there_is_one(provider, settings):
    assert "Continue with Example ID" in Client().get("/accounts/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Continue with" not in Client().get("/accounts/login/").content.decode()


def test_an_unknown_person_is_refused_with_an_explanation(provider):
    browser = Client()
    assert "You are not invited yet" in sign_in(browser).content.decode()
    assert not is_in(browser)
    assert not User.objects.exists()


def test_an_invited_person_gets_the_role_of_the_invitation_and_uses_it_up(provider, ada):
    invited, _token = Invitation.replace(email="eve@example.com", role="admin", invited_by=ada, now=timezone.now())
    browser = Client()
    sign_in(browser)
    assert is_in(browser)
    eve = User.objects.get(email="eve@example.com")
    assert (eve.name, eve.role, eve.has_usable_password()) == ("Eve Adams", "admin", False)
    invited.refresh_from_db()
    assert invited.used_at
    assert AuditEvent.objects.get().after == {"role": "admin", "by": "invitation"}


def test_an_allowed_domain_needs_no_invitation(provider, settings):
    settings.OIDC_DOMAINS = ["example.com"]
    browser = Client()
    sign_in(browser)
    assert is_in(browser)
    assert User.objects.get().role == "designer"


@pytest.mark.parametrize("email", ["eve@example.com.evil.net", "eve@notexample.com", "example.com@evil.net"])
def test_a_domain_that_only_looks_like_an_allowed_one_is_refused(provider, settings, email):
    settings.OIDC_DOMAINS = ["example.com"]
    provider.claims["email"] = email
    assert "You are not invited yet" in sign_in(Client()).content.decode()


@pytest.mark.parametrize("verified", [False, None, "missing"])
def test_an_address_the_provider_has_not_verified_lets_nobody_in(provider, settings, ben, verified):
    settings.OIDC_DOMAINS = ["example.com"]
    provider.claims |= {"email": "ben@example.com", "email_verified": verified}
    if verified == "missing":
        del provider.claims["email_verified"]
    browser = Client()
    assert "You are not invited yet" in sign_in(browser).content.decode()
    assert not is_in(browser)


def test_an_existing_person_is_recognized_by_the_address(provider, ben):
    provider.claims["email"] = "BEN@example.com"
    browser = Client()
    sign_in(browser)
    assert browser.get("/settings/").context["request"].user == ben
    assert User.objects.count() == 1


def test_a_deactivated_person_stays_out(provider, settings, ben):
    settings.OIDC_DOMAINS = ["example.com"]
    User.objects.update(is_active=False)
    provider.claims["email"] = "ben@example.com"
    browser = Client()
    assert sign_in(browser)["Location"] == "/accounts/inactive/"
    assert not is_in(browser)
    assert User.objects.count() == 1


def test_an_unsolicited_response_lets_nobody_in(provider, settings):
    settings.OIDC_DOMAINS = ["example.com"]
    browser = Client()
    answer = browser.get("/accounts/company/company/login/callback/", {"code": "c", "state": "guessed"})
    assert answer.status_code == 401
    assert not is_in(browser)
    assert "/token" not in [path for path, _headers, _body in provider.asked]


def test_a_failing_provider_is_reported(provider):
    provider.is_broken = True
    answer = Client().post("/accounts/company/company/login/")
    assert answer.status_code == 502
    assert "Sign-in failed" in answer.content.decode()


def test_a_provider_in_a_private_network_is_not_called_unless_it_is_allowed(provider, settings):
    settings.OIDC_IS_PRIVATE = False
    assert Client().post("/accounts/company/company/login/").status_code == 502
    assert provider.asked == []


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/", "http://[::ffff:169.254.169.254]/"])
def test_calls_to_the_provider_never_reach_a_clouds_metadata(settings, url):
    settings.OIDC_IS_PRIVATE = True
    with pytest.raises(requests.RequestException):
        GuardedSession().get(url)


def test_the_provider_is_called_by_its_name_at_the_checked_address(provider, settings, monkeypatch):
    real = socket.getaddrinfo
    asked = []

    def resolve(host, *rest, **more):
        asked.append(host)
        return real("127.0.0.1" if str(host).endswith(".test") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = urlsplit(provider.issuer).port
    GuardedSession().get(f"http://login.test:{port}/userinfo")
    assert provider.asked[-1][1][b"host"] == f"login.test:{port}".encode()
    assert asked.count("login.test") == 1


def test_the_password_still_works_beside_it(provider, ben):
    browser = Client()
    browser.post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert is_in(browser)
