"""Secrets are planted, the studio is used, and whatever it says, sends, logs and keeps is searched for them."""

import html
import io
import json
import logging
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db.models import Q
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from studio.accounts.models import User
from studio.generations.models import Attempt, Generation
from studio.generations.runner import Runner
from studio.upstreams.models import Check, Upstream
from studio.upstreams.models.upstream import sealed
from tests.conftest import PASSWORD
from tests.generations.conftest import eventually, over, runner, sandbox
from tests.sandbox.conftest import Running

from .matrix import PAGES, rows
from .test_matrix import sign_in
from .world import KEY, WISH, World

__all__ = ["runner", "sandbox"]  # fixtures

# Whose page a secret stands on because it is handed over there, and nowhere else.
HANDED_OVER = {
    "GET /settings/security/codes/ ben": "recovery code",
    "GET /settings/security/codes/download/ ben": "recovery code",
    "an invitation is made": "fresh invitation",
    "mail to new@example.com": "fresh invitation",
}
PIECE = 12  # so many characters of a long secret are as good as all of it

# ── What is searched for ────────────────────────────────────────────────────────────────────────────────────────────


def needles(secret: str) -> list[str]:
    """How a secret may stand in a text: any longer part of it, or all of it in the spellings of the web."""
    pieces = [secret[at : at + PIECE] for at in range(0, len(secret) - PIECE + 1, PIECE)] or [secret]
    return [*pieces, quote(secret), html.escape(secret), b64encode(secret.encode()).decode().rstrip("=")[:-1]]


def found_in(text: str, secrets: dict[str, list[str]]) -> set[str]:
    """The kinds of secrets that stand in a text; what is all digits must stand there alone, not within a number."""
    return {kind for kind, known in secrets.items() if any(stands_in(text, secret) for secret in known)}


def stands_in(text: str, secret: str) -> bool:
    if secret.isdigit():
        return secret in text and bool(re.search(rf"(?<!\w){secret}(?!\w)", text))
    return any(needle in text for needle in needles(secret))


def planted(world: World, settings: Settings) -> dict[str, list[str]]:
    app = Authenticator.objects.get(user=world.ben, type=Authenticator.Type.TOTP)
    codes = Authenticator.objects.get(user=world.ben, type=Authenticator.Type.RECOVERY_CODES)
    return {
        "gateway key": [KEY],
        "seal key": list(settings.SEAL_KEYS),
        "secret key": [settings.SECRET_KEY],
        "password": [PASSWORD],
        "app secret": [decrypt(app.data["secret"])],
        "recovery code": [*codes.wrap().generate_codes(), decrypt(codes.data["seed"])],
        "invitation": [world.places["invitation_token"]],
        "sign-in link": [world.places["sign_in_token"]],
    }


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {KEY}",
        f"…{KEY[12:30]}…",
        json.dumps({"key": KEY}),
        f"<b>{html.escape("k'<" + KEY)}</b>",
        f"?next={quote('/' + KEY)}",
        b64encode(KEY.encode()).decode(),
    ],
)
def test_a_key_is_found_wherever_it_stands(text: str) -> None:
    assert found_in(text, {"key": [KEY]}) == {"key"}
    assert found_in(f"{KEY[:3]}…{KEY[-4:]}", {"key": [KEY]}) == set()


def test_a_code_is_found_where_it_stands_alone() -> None:
    assert found_in("Your code: 20261125.", {"code": ["20261125"]}) == {"code"}
    assert found_in("a picture of 4202611257 bytes", {"code": ["20261125"]}) == set()


# ── The studio in use ───────────────────────────────────────────────────────────────────────────────────────────────


class Parrot(BaseHTTPRequestHandler):
    """A gateway that says in its error all it was sent, the key too."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        message = f"Upstream request failed with {self.headers}"
        body = json.dumps({"error": {"type": "upstream_error", "code": KEY, "message": message}}).encode()
        self.send_response(502, KEY)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Request-Id", KEY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def parrot() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(transactional_db: None, folder: None) -> World:
    return World()


@pytest.fixture
def upstream(world: World, sandbox: Running, parrot: str) -> Upstream:
    """The sandbox draws; the gateway that Ada added repeats what it hears."""
    facts = {"base_url": parrot, "is_private_allowed": True, **sealed(KEY)}
    Upstream.objects.filter(pk=world.places["upstream"]).update(**facts)
    return Upstream.objects.declare(name="environment", base_url=sandbox.url, api_key=KEY, is_private_allowed=True)


def broken(request: HttpRequest) -> None:
    """A page with a fault of ours, that has secrets at hand."""
    password, key = request.POST["password"], Upstream.objects.get(name="environment").api_key
    raise RuntimeError(f"a fault beside {len(password) + len(key)} characters")


urlpatterns = [path("accounts/broken/", broken), path("", include("studio.urls"))]


class Listener:
    """Uses the studio and keeps everything it says, by where that was."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.told: dict[str, str] = {}

    def browser(self, role: str) -> Client:
        browser = Client(raise_request_exception=False)
        if person := self.world.people[role]:
            sign_in(browser, person)
        return browser

    def hear(self, where: str, response: Any) -> None:
        body = b"".join(response) if response.streaming else response.content
        self.told[where] = f"{response.status_code} {response.headers} {response.cookies} {body.decode()}"

    def come_in(self, code: str) -> None:
        """Ben signs in, at the third try, with a password and a recovery code."""
        browser = Client()
        for words in ("wrong " + PASSWORD[:4], PASSWORD):
            form = {"login": "ben@example.com", "password": words}
            self.hear(f"signing in {len(words)}", browser.post("/accounts/login/", form))
        self.hear("a code", browser.post("/accounts/code/", {"code": code}))
        assert browser.get("/settings/").status_code == 200

    def draw(self) -> None:
        """A picture comes, and a gateway's error that is full of what nobody should read."""
        browser = self.browser("ben")
        for number, prompt in enumerate(("A boat", "A boat sandbox:502-leak")):
            form = WISH | {"prompt": prompt, "token": f"00000000-0000-4000-8000-00000000000{number}"}
            self.hear(f"a wish {number}", browser.post("/generations/", form))

    def ask_the_parrot(self) -> None:
        """Ada tries it for nothing and for money, and reads what came of it."""
        browser, address = self.browser("ada"), f"/settings/upstreams/{self.world.places['upstream']}"
        self.hear("checking", browser.post(f"{address}/checks/"))
        self.hear("proving", browser.post(f"{address}/proofs/"))
        eventually(lambda: not Check.objects.filter(finished_at=None).exists())
        proofs = Upstream.objects.get(pk=self.world.places["upstream"]).proofs.all()
        for generation in Generation.objects.filter(Q(jobs__in=proofs) | Q(prompt__startswith="A boat")):
            over(generation)
        for check in Check.objects.all():
            self.hear(f"check {check.pk}", browser.get(f"{address}/checks/{check.pk}/"))
        for proof in proofs:
            self.hear(f"proof {proof.pk}", browser.get(f"{address}/proofs/{proof.pk}/"))

    def invite(self) -> str:
        """Somebody new, by mail and by a link shown once; return its token."""
        form = {"email": "new@example.com", "role": "designer"}
        self.hear("an invitation is made", self.browser("ada").post("/settings/people/invitations/", form))
        self.told |= {f"mail to {' '.join(letter.to)}": str(letter.message()) for letter in mail.outbox}
        link = re.search(r"/invitations/([\w-]+)/", self.told["an invitation is made"])
        assert link
        return link[1]

    def fail(self) -> None:
        """The page for a fault of ours."""
        for role in ("nobody", "ada"):
            answer = self.browser(role).post("/accounts/broken/", {"password": PASSWORD})
            assert answer.status_code == 500
            self.hear(f"a fault {role}", answer)

    def read_every_page(self) -> None:
        """As whoever may; Cleo, a designer like Ben to whom nothing belongs, reads less than he does."""
        browsers = {role: self.browser(role) for role in ("nobody", "ben", "ada")}
        for row in rows(PAGES):
            for role, browser in browsers.items() if row.method == "GET" else ():
                self.hear(f"{row} {role}", browser.get(row.to(self.world.places)))

    def read_what_is_kept(self, media: Path) -> None:
        """Every row of every table, the sessions as they are meant, and every file."""
        for model in apps.get_models(include_auto_created=True):
            self.told[f"table {model._meta.label}"] = "\n".join(map(str, model._base_manager.values_list()))
        self.told["sessions"] = "\n".join(str(session.get_decoded()) for session in Session.objects.all())
        self.told |= {str(file): file.read_bytes().decode("latin-1") for file in media.rglob("*") if file.is_file()}

    def rotate(self, settings: Settings) -> None:
        settings.SEAL_KEYS = [Fernet.generate_key().decode(), *settings.SEAL_KEYS]
        out = io.StringIO()
        call_command("rotate_keys", stdout=out, stderr=out)
        self.told["rotate_keys"] = out.getvalue()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_no_secret_is_in_anything_the_studio_says_logs_sends_or_keeps(
    world: World, runner: Runner, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.EMAIL_URL, settings.ROOT_URLCONF = "smtp://mail.example.com/", __name__
    secrets, listener = planted(world, settings), Listener(world)
    listener.come_in(secrets["recovery code"][0])
    listener.draw()
    listener.ask_the_parrot()
    secrets["fresh invitation"] = [listener.invite()]
    listener.read_every_page()
    listener.fail()
    listener.rotate(settings)
    secrets["seal key"] = settings.SEAL_KEYS
    listener.read_what_is_kept(Path(settings.STORAGES["default"]["OPTIONS"]["location"]))
    listener.told["log"] = caplog.text

    leaks = {where: found for where, text in listener.told.items() if (found := found_in(text, secrets))}
    assert leaks == {where: {kind} for where, kind in HANDED_OVER.items()}
    # All of this was there to be found: each gateway failed in its way, and what it said was kept but for the secrets.
    details = " ".join(Attempt.objects.values_list("error_detail", flat=True))
    assert "backend-api" in details
    assert "Upstream request failed with" in details
    assert "Upstream request failed with" in " ".join(Check.objects.values_list("error_detail", flat=True))
    assert "RuntimeError: a fault beside" in caplog.text
    assert any(record.levelno == logging.DEBUG for record in caplog.records)
    assert User.objects.get(email="ben@example.com").pictures.count() > 2
