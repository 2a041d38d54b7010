"""A running studio, a signed-in browser, and pages that fail a test when anything goes wrong inside them.

A test that uses a page never touches the database: Playwright's loop runs in this thread. For the same reason
everything here lives as long as this folder's tests, not as long as the whole run.
"""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, StorageState, expect, sync_playwright

from .browser import NoBrowser, launch
from .people import Person, invite
from .process import Studio

OpenPage = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
PATIENCE = 20_000  # milliseconds; waiting ends with the state that is waited for, so a long limit costs nothing
expect.set_options(timeout=PATIENCE)
WIDE = {"viewport": {"width": 1440, "height": 900}}


class Faults:
    """What went wrong inside the pages of one test; expected ones are allowed by a part of their text."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.seen: list[str] = []
        # A request that a later one takes the place of is no fault, though htmx logs it as one.
        self.allowed = ["htmx:afterRequest, ", "htmx:sendAbort, "]

    def allow(self, *parts: str) -> None:
        self.allowed.extend(parts)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("console", lambda message: self.note_console(message.type, message.text, message.location))
        page.on("request", lambda request: self.note_request(request.url))

    def note_console(self, kind: str, text: str, location: Any) -> None:
        """Violations of the content security policy are console errors, unknown features of a policy are warnings."""
        if kind in ("error", "warning"):
            self.seen.append(f"console: {text} ({location['url']})")

    def note_request(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:", "blob:", "about:")):
            self.seen.append(f"a request left the studio: {url}")

    def unexpected(self) -> list[str]:
        return [fault for fault in self.seen if not any(part in fault for part in self.allowed)]


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """`manage.py up` with the sandbox as its upstream, twenty times as fast as the real thing."""
    # A run that is told to end takes its studio with it, as Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Studio(tmp_path_factory.mktemp("studio")) as running:
        yield running
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    try:
        browser = launch(playwright)
    except NoBrowser as error:
        go_without(error)
    yield browser
    browser.close()


def go_without(error: NoBrowser) -> NoReturn:
    """Whoever relies on these tests sets BROWSER_TESTS=required; anybody else is told and may go on."""
    (pytest.fail if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip)(str(error))


@pytest.fixture(scope="package")
def signed_in(browser: Browser, studio: Studio) -> StorageState:
    """The cookies of the first admin, who came in through the printed link."""
    return signed_in_as_admin(browser, studio)


def signed_in_as_admin(browser: Browser, studio: Studio) -> StorageState:
    context = browser.new_context()
    page = context.new_page()
    page.goto(studio.sign_in_link())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{studio.address}/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="package")
def ben(browser: Browser, studio: Studio, signed_in: StorageState) -> Person:
    """A designer the admin invited."""
    return invite(browser, studio.address, signed_in, "ben@example.com")


@pytest.fixture
def faults(studio: Studio) -> Iterator[Faults]:
    """Fails the test when a page of it had an error, broke its policy or reached out of the studio."""
    faults = Faults(studio.address)
    yield faults
    assert faults.unexpected() == [], studio.log.read_text()[-4000:]


@pytest.fixture
def open_page(browser: Browser, studio: Studio, faults: Faults, signed_in: StorageState) -> Iterator[OpenPage]:
    """Opens pages in fresh contexts: `open_page(viewport=…, color_scheme="dark", storage_state=None)`."""
    contexts: list[BrowserContext] = []
    studio.empty_composers()

    def opened(**options: Any) -> Page:
        usual = {"base_url": studio.address, "storage_state": signed_in, "reduced_motion": "reduce"} | WIDE
        context = browser.new_context(**usual | options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("page", faults.watch)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A signed-in page on a wide screen."""
    return open_page()


@pytest.fixture
def phone_page(open_page: OpenPage) -> Page:
    """A signed-in page on a phone."""
    return open_page(**PHONE)
