"""Every page of a studio with one of everything in it, under its content security policy; and passkeys in a browser."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, expect

from tests.security.matrix import PAGES, SIGN_IN, Row, rows

from .people import PASSWORD
from .process import ROOT, Studio

# Fills a running studio with one of everything, and signs in a designer and an admin who have just typed a password.
FILL = """
import json
import django
django.setup()
from django.conf import settings
from django.test import Client
from tests.security.test_matrix import sign_in
from tests.security.sample_data import SampleData
sample, sessions = SampleData(), {}
for role in ("ben", "ada"):
    browser = Client()
    sign_in(browser, sample.people[role])
    sessions[role] = browser.session.session_key
print(json.dumps({"places": sample.values, "sessions": sessions, "cookie": settings.SESSION_COOKIE_NAME}))
"""
LISTEN = """document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, lineNumber }) =>
  violated(`${violatedDirective}: ${blockedURI}, line ${lineNumber}`))"""
PLANT = """() => document.body.append(Object.assign(document.createElement("script"), { text: "window.ran = true" }))"""


@dataclass
class Walk:
    """A browser of somebody who goes from page to page, and what was heard on the way."""

    context: BrowserContext
    places: dict[str, str]
    heard: list[str] = field(default_factory=list)
    pages: int = 0

    def __post_init__(self) -> None:
        self.context.expose_binding("violated", lambda _source, told: self.heard.append(f"{self.at}: {told}"))
        self.context.add_init_script(LISTEN)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.note(message.type, message.text, message.location["url"]))
        self.page.on("pageerror", lambda error: self.heard.append(f"{self.at}: {error}"))

    def note(self, kind: str, text: str, url: str) -> None:
        """All errors but two: a page that was answered with 404 on purpose, and a fragment's, which names no icon."""
        is_expected = "status of 4" in text and (url == self.page.url or url.endswith("/favicon.ico"))
        if kind == "error" and not is_expected:
            self.heard.append(f"{self.at}: {text} ({url})")

    def visit(self, row: Row) -> None:
        self.at = str(row)
        answer = self.opened(row.to(self.places))
        if answer and "text/html" in answer.headers["content-type"]:
            assert "default-src 'none'" in answer.headers["content-security-policy"], row
            self.pages += 1

    def opened(self, address: str) -> Response | None:
        try:
            return self.page.goto(address, wait_until="load")
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            return None


@pytest.fixture(scope="module")
def full(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, dict[str, Any]]]:
    """A studio of its own with one of everything in it."""
    with Studio(tmp_path_factory.mktemp("full")) as studio:
        environ = studio.environ | {"DJANGO_SETTINGS_MODULE": "studio.settings"}
        command = [sys.executable, "-c", FILL]
        told = subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True)
        yield studio, json.loads(told.stdout.splitlines()[-1])


def pages_of(role: str) -> list[Row]:
    """Every address that shows this visitor a page, and one of those that are refused, for the page that says so.

    A picture by itself is shown in a page of the browser's own making, which it styles against any policy.
    """
    reads = [row for row in rows(PAGES) if row.method == "GET" and row.answers[role] not in {"302", SIGN_IN}]
    reads = [row for row in reads if not row.address.endswith(".webp")]
    refused = [row for row in reads if row.answers[role] != "200"]
    return [row for row in reads if row not in refused[1:]]


def context_of(role: str, browser: Browser, studio: Studio, told: dict[str, Any]) -> BrowserContext:
    context = browser.new_context(base_url=studio.address, reduced_motion="reduce")
    if role in told["sessions"]:
        context.add_cookies([{"name": told["cookie"], "value": told["sessions"][role], "url": studio.address}])
    return context


@pytest.mark.parametrize(("role", "pages"), [("nobody", 10), ("ben", 40), ("ada", 50)])
def test_no_page_breaks_the_content_security_policy(
    browser: Browser, full: tuple[Studio, dict[str, Any]], role: str, pages: int
) -> None:
    studio, told = full
    walk = Walk(context_of(role, browser, studio, told), told["places"])
    for row in pages_of(role):
        walk.visit(row)
    assert walk.heard == []
    assert walk.pages >= pages
    # The listener hears what it listens for: an inline script is refused, and told.
    walk.page.goto("/accounts/inactive/")
    walk.page.evaluate(PLANT)
    assert walk.page.evaluate("() => window.ran") is None
    assert "script-src-elem: inline" in "".join(walk.heard)
    walk.context.close()


def with_passkeys(context: BrowserContext) -> Page:
    """A page of a browser whose device keeps passkeys and finds its owner there."""
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    options |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def test_a_passkey_is_made_and_signs_in(browser: Browser, full: tuple[Studio, dict[str, Any]]) -> None:
    studio, told = full
    context = context_of("cleo", browser, studio, told)
    page = with_passkeys(context)
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{studio.address}/")

    page.goto("/settings/security/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{studio.address}/")
    page.goto("/settings/security/")
    expect(page.get_by_text("Blue key")).to_be_visible()
    context.close()
