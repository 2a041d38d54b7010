"""Secrets never leak: every page, mail, log line, row and file of a studio in use is searched for known secrets."""

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
from django.contrib.auth.decorators import login_not_required
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
from studio.upstreams.models import Check, Upstream
from studio.upstreams.models.upstream import encrypted_key
from studio.worker.runner import Runner
from tests.conftest import PASSWORD
from tests.mails import mails_leave
from tests.running import runner, sandbox, wait_for_jobs, wait_until
from tests.sandbox.conftest import Running

from .matrix import PAGES, rows
from .sample_data import KEY, REQUEST, SampleData
from .test_matrix import sign_in

__all__ = ["runner", "sandbox"]  # fixtures

# The pages and mails whose purpose is to show a secret, and which one.
HANDED_OVER = {
    "GET /settings/security/codes/ ben": "recovery code",
    "GET /settings/security/codes/download/ ben": "recovery code",
    "an invitation is made": "fresh invitation",
    "mail to new@example.com": "fresh invitation",
}
PIECE = 12  # characters; a part of a secret this long counts as the secret

# ── What is searched for ────────────────────────────────────────────────────────────────────────────────────────────


def needles(secret: str) -> list[str]:
    """The forms of a secret to search for: parts of it, and all of it in the encodings of the web."""
    pieces = [secret[at : at + PIECE] for at in range(0, len(secret) - PIECE + 1, PIECE)] or [secret]
    return [*pieces, quote(secret), html.escape(secret), b64encode(secret.encode()).decode().rstrip("=")[:-1]]


def found_in(text: str, secrets: dict[str, list[str]]) -> set[str]:
    """The kinds of secrets in a text; a secret of digits only counts as a word of its own, not within a number."""
    return {kind for kind, known in secrets.items() if any(is_in(text, secret) for secret in known)}


def is_in(text: str, secret: str) -> bool:
    if secret.isdigit():
        return secret in text and bool(re.search(rf"(?<!\w){secret}(?!\w)", text))
    return any(needle in text for needle in needles(secret))


def planted_secrets(sample: SampleData, settings: Settings) -> dict[str, list[str]]:
    app = Authenticator.objects.get(user=sample.ben, type=Authenticator.Type.TOTP)
    codes = Authenticator.objects.get(user=sample.ben, type=Authenticator.Type.RECOVERY_CODES)
    return {
        "gateway key": [KEY],
        "seal key": list(settings.SEAL_KEYS),
        "secret key": [settings.SECRET_KEY],
        "password": [PASSWORD],
        "app secret": [decrypt(app.data["secret"])],
        "recovery code": [*codes.wrap().generate_codes(), decrypt(codes.data["seed"])],
        "invitation": [sample.values["invitation_token"]],
        "sign-in link": [sample.values["sign_in_token"]],
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


class EchoGateway(BaseHTTPRequestHandler):
    """A gateway whose error message repeats everything it was sent, the key included."""

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
        """Log nothing."""


@pytest.fixture
def echo_gateway() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoGateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def sample(transactional_db: None, folder: None) -> SampleData:
    return SampleData()


@pytest.fixture
def upstream(sample: SampleData, sandbox: Running, echo_gateway: str) -> Upstream:
    """The sandbox generates pictures; the gateway that Ada added repeats the request."""
    facts = {"base_url": echo_gateway, "is_private_allowed": True, **encrypted_key(KEY)}
    Upstream.objects.filter(pk=sample.values["upstream"]).update(**facts)
    return Upstream.objects.declare(name="environment", base_url=sandbox.url, api_key=KEY, is_private_allowed=True)


@login_not_required
def failing_view(request: HttpRequest) -> None:
    """A view that fails while it has secrets in local variables."""
    password, key = request.POST["password"], Upstream.objects.get(name="environment").api_key
    raise RuntimeError(f"a fault beside {len(password) + len(key)} characters")


urlpatterns = [path("accounts/broken/", failing_view), path("", include("studio.urls"))]


class Recorder:
    """Uses the studio and records every response by where it came from."""

    def __init__(self, sample: SampleData) -> None:
        self.sample = sample
        self.recorded: dict[str, str] = {}

    def browser(self, role: str) -> Client:
        browser = Client(raise_request_exception=False)
        if person := self.sample.people[role]:
            sign_in(browser, person)
        return browser

    def record(self, where: str, response: Any) -> None:
        body = b"".join(response) if response.streaming else response.content
        self.recorded[where] = (
            f"{response.status_code} {response.headers} {response.cookies} {body.decode(errors='replace')}"
        )

    def sign_in_ben(self, code: str) -> None:
        """Sign in as Ben: a wrong password, the right one, then a recovery code."""
        browser = Client()
        for words in ("wrong " + PASSWORD[:4], PASSWORD):
            form = {"login": "ben@example.com", "password": words}
            self.record(f"signing in {len(words)}", browser.post("/accounts/login/", form))
        self.record("a code", browser.post("/accounts/code/", {"code": code}))
        assert browser.get("/settings/").status_code == 200

    def generate(self) -> None:
        """Submit a picture that succeeds, and one that fails with secrets in the gateway's error."""
        browser = self.browser("ben")
        for number, prompt in enumerate(("A boat", "A boat sandbox:502-leak")):
            form = REQUEST | {"prompt": prompt, "token": f"00000000-0000-4000-8000-00000000000{number}"}
            self.record(f"a generation {number}", browser.post("/generations/", form))

    def use_echo_gateway(self) -> None:
        """As Ada: check the echoing gateway, request a test picture, and read the results."""
        browser, address = self.browser("ada"), f"/settings/upstreams/{self.sample.values['upstream']}"
        self.record("checking", browser.post(f"{address}/checks/"))
        self.record("testing", browser.post(f"{address}/test-pictures/"))
        wait_until(lambda: not Check.objects.filter(finished_at=None).exists())
        test_jobs = Upstream.objects.get(pk=self.sample.values["upstream"]).test_jobs.all()
        for generation in Generation.objects.filter(Q(jobs__in=test_jobs) | Q(request__prompt__startswith="A boat")):
            wait_for_jobs(generation)
        for check in Check.objects.all():
            self.record(f"check {check.pk}", browser.get(f"{address}/checks/{check.pk}/"))
        for job in test_jobs:
            self.record(f"test picture {job.pk}", browser.get(f"{address}/test-pictures/{job.pk}/"))

    def invite(self) -> str:
        """Invite somebody by mail and by a link that is shown once; return its token."""
        form = {"email": "new@example.com", "role": "designer"}
        self.record("an invitation is made", self.browser("ada").post("/settings/people/invitations/", form))
        mails_leave()
        self.recorded |= {
            f"mail to {' '.join(letter.to)}": f"{letter.subject}\n{letter.body}" for letter in mail.outbox
        }
        link = re.search(r"/invitations/([\w-]+)/", self.recorded["an invitation is made"])
        assert link
        return link[1]

    def fail(self) -> None:
        """Open the page that fails."""
        for role in ("nobody", "ada"):
            answer = self.browser(role).post("/accounts/broken/", {"password": PASSWORD})
            assert answer.status_code == 500
            self.record(f"a fault {role}", answer)

    def read_every_page(self) -> None:
        """As everybody except Cleo, who sees less than Ben."""
        browsers = {role: self.browser(role) for role in ("nobody", "ben", "ada")}
        for row in rows(PAGES):
            for role, browser in browsers.items() if row.method == "GET" else ():
                self.record(f"{row} {role}", browser.get(row.to(self.sample.values)))

    def read_what_is_kept(self, media: Path) -> None:
        """Read every row of every table, the decoded sessions, and every file."""
        for model in apps.get_models(include_auto_created=True):
            self.recorded[f"table {model._meta.label}"] = "\n".join(map(str, model._base_manager.values_list()))
        self.recorded["sessions"] = "\n".join(str(session.get_decoded()) for session in Session.objects.all())
        self.recorded |= {str(file): file.read_bytes().decode("latin-1") for file in media.rglob("*") if file.is_file()}

    def rotate(self, settings: Settings) -> None:
        settings.SEAL_KEYS = [Fernet.generate_key().decode(), *settings.SEAL_KEYS]
        out = io.StringIO()
        call_command("rotate_keys", stdout=out, stderr=out)
        self.recorded["rotate_keys"] = out.getvalue()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_no_secret_is_in_anything_the_studio_says_logs_sends_or_keeps(
    sample: SampleData, runner: Runner, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.EMAIL_URL, settings.ROOT_URLCONF = "smtp://mail.example.com/", __name__
    secrets, recorder = planted_secrets(sample, settings), Recorder(sample)
    recorder.sign_in_ben(secrets["recovery code"][0])
    recorder.generate()
    recorder.use_echo_gateway()
    secrets["fresh invitation"] = [recorder.invite()]
    recorder.read_every_page()
    recorder.fail()
    recorder.rotate(settings)
    secrets["seal key"] = settings.SEAL_KEYS
    recorder.read_what_is_kept(Path(settings.STORAGES["default"]["OPTIONS"]["location"]))
    recorder.recorded["log"] = caplog.text

    leaks = {where: found for where, text in recorder.recorded.items() if (found := found_in(text, secrets))}
    assert leaks == {where: {kind} for where, kind in HANDED_OVER.items()}
    # The search was not empty: each gateway failed in its way, and its message was stored without the secrets.
    details = " ".join(Attempt.objects.values_list("error_detail", flat=True))
    assert "[internal address]" in details
    assert "Upstream request failed with" in details
    assert "Upstream request failed with" in " ".join(Check.objects.values_list("error_detail", flat=True))
    assert "RuntimeError: a fault beside" in caplog.text
    assert any(record.levelno == logging.DEBUG for record in caplog.records)
    assert User.objects.get(email="ben@example.com").pictures.count() > 2
