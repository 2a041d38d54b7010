"""Sessions in a browser: nothing is lost when one ends, and nothing of one person is shown to the next."""

import json
import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, StorageState, expect

from .browser import FOREIGN_NAME
from .composer import Composer, card_of, state_of
from .conftest import Faults, OpenPage, signed_in_as_admin
from .conversation import Conversation
from .drawing import photo
from .editor import Editor, upload
from .people import PASSWORD, Person, invite, sign_in
from .process import Studio
from .test_references import choose, numbers, picture

SECRET = "Ben's secret lantern"
STORES = """() => JSON.stringify([localStorage, sessionStorage].map(store => Object.entries(store)))"""
KEPT = """async () => JSON.stringify([
  [localStorage, sessionStorage].map(store => Object.entries(store)),
  await indexedDB.databases(),
  globalThis.caches ? await caches.keys() : [],
  navigator.locks ? (await navigator.locks.query()).held.map(lock => lock.name) : [],
])"""


@pytest.fixture(scope="package")
def cleo(browser: Browser, studio: Studio, signed_in: StorageState) -> Person:
    """Another designer."""
    return invite(browser, studio.address, signed_in, "cleo@example.com")


@pytest.fixture
def at_bens(open_page: OpenPage, faults: Faults) -> Callable[[Person], Page]:
    """A page of somebody who signs in themselves, so that ending their session ends nobody else's."""
    # A picture that comes into view after the end is refused too.
    faults.allow("status of 401", "Status Error Code 401", "status of 403", "/media/", "htmx:")

    def opened(person: Person, **options: Any) -> Page:
        page = open_page(storage_state=None, **options)
        page.goto("/accounts/login/")
        sign_in(page, person)
        expect(page.get_by_role("heading", level=1, name="Create")).to_be_visible()
        return page

    return opened


def end_session(page: Page) -> None:
    """The session is over on the server's side, and the browser does not know."""
    page.context.clear_cookies(name="sessionid")


def note(page: Page) -> Locator:
    return page.get_by_role("alertdialog", name="You are signed out")


def sign_in_beside(page: Page, person: Person) -> None:
    """Use the way to sign in that the page offers, in a window beside it."""
    with page.expect_popup() as opened:
        note(page).get_by_role("link", name="Sign in").click()
    sign_in(opened.value, person)
    expect(note(page)).to_be_hidden()


# ── Nothing a person made is lost ───────────────────────────────────────────────────────────────────────────────────


def test_generate_after_the_session_ended_asks_to_sign_in_beside_the_page_and_goes_on(
    at_bens: Callable[[Person], Page], ben: Person
) -> None:
    page = at_bens(ben)
    composer = Composer(page).open()
    composer.set(tier="Standard", size="1024x1024", quality="low")
    choose(page, picture("red"))
    kept = numbers(page)
    composer.prompt.fill("Written before the session ended")
    end_session(page)
    composer.button.click()

    expect(note(page)).to_be_visible()
    expect(composer.prompt).to_be_visible()
    sign_in_beside(page, ben)

    state_of(card_of(page, "Written before the session ended").locator(".tile"), "succeeded")
    assert numbers(page) == kept
    expect(page.locator("[data-value='quality']")).to_have_text("Low")


def test_a_reference_added_after_the_session_ended_is_uploaded_when_signed_in(
    at_bens: Callable[[Person], Page], ben: Person
) -> None:
    page = at_bens(ben)
    Composer(page).open()
    end_session(page)
    page.get_by_label("References", exact=True).and_(page.locator("input")).set_input_files([picture("blue")])

    expect(note(page)).to_be_visible()
    sign_in_beside(page, ben)

    expect(page.locator("reference-strip .reference")).to_have_count(1)


def test_a_new_session_of_the_same_person_in_another_tab_is_not_even_noticed(
    at_bens: Callable[[Person], Page], ben: Person
) -> None:
    page = at_bens(ben)
    composer = Composer(page).open()
    composer.set(tier="Standard", size="1024x1024", quality="low")
    second = page.context.new_page()
    second.goto("/")
    second.get_by_role("button", name="menu").click()
    second.get_by_role("button", name="Sign out").click()
    expect(composer.button).to_be_hidden()  # whoever signs out leaves nothing to be seen in another tab
    sign_in(second, ben)

    expect(note(page)).to_be_hidden()
    state_of(composer.generate("After a new session").locator(".tile"), "succeeded")


def test_a_mask_outlives_the_session_and_the_edit_goes_on(at_bens: Callable[[Person], Page], ben: Person) -> None:
    page = at_bens(ben)
    editor = Editor(page).open(upload(page, photo(640, 480)))
    page.get_by_label("Low").check(force=True)
    end_session(page)
    at = editor.place.on_screen
    editor.drag([at(100, 100), at(300, 300)])
    before = editor.exported()
    editor.prompt.fill("A glass button")

    expect(note(page)).to_be_visible()  # the draft is due
    assert editor.exported() == before
    sign_in_beside(page, ben)
    expect(editor.draft).to_have_text("Draft saved")
    end_session(page)
    editor.button.click()
    expect(note(page)).to_be_visible()
    sign_in_beside(page, ben)

    page.wait_for_url("**/candidates/")
    assert editor.sent().getextrema() == (0, 255)


def test_a_message_outlives_the_session_and_is_sent_when_signed_in(
    at_bens: Callable[[Person], Page], ben: Person
) -> None:
    page = at_bens(ben)
    conversation = Conversation(page).open()
    conversation.draw_at_low()
    conversation.prompt.fill("A red boat on a lake")
    end_session(page)
    conversation.button.click()

    expect(note(page)).to_be_visible()
    sign_in_beside(page, ben)

    expect(conversation.turn("A red boat on a lake")).to_be_visible()


def test_a_form_of_the_settings_is_sent_when_signed_in_again(at_bens: Callable[[Person], Page], ben: Person) -> None:
    page = at_bens(ben)
    page.goto("/settings/")
    page.get_by_label("Name").fill("Benedict")
    end_session(page)
    page.get_by_role("button", name="Save").first.click()

    expect(note(page)).to_be_visible()
    sign_in_beside(page, ben)

    expect(page.get_by_text("Your name is saved.")).to_be_visible()


def test_a_draft_waits_on_the_server_for_another_browser(at_bens: Callable[[Person], Page], ben: Person) -> None:
    composer = Composer(at_bens(ben)).open()
    choose(composer.page, picture("green"))
    with composer.page.expect_response(lambda answer: "/drafts/" in answer.url and "blue" in answer.request.post_data):
        composer.prompt.fill("A draft about a blue hour")

    other = Composer(at_bens(ben)).open()

    expect(other.prompt).to_have_value("A draft about a blue hour")
    assert numbers(other.page) == numbers(composer.page)


# ── Other ways to sign in beside the page ───────────────────────────────────────────────────────────────────────────


def opened_beside(page: Page) -> Page:
    """The window to sign in that the page offers."""
    with page.expect_popup() as opened:
        note(page).get_by_role("link", name="Sign in").click()
    return opened.value


def end_and_generate(page: Page, prompt: str) -> None:
    """A request that meets the end of the session."""
    composer = Composer(page).open()
    composer.set(tier="Standard", size="1024x1024", quality="low")
    composer.prompt.fill(prompt)
    end_session(page)
    composer.button.click()
    expect(note(page)).to_be_visible()


def expect_to_go_on(page: Page, beside: Page, prompt: str) -> None:
    """The window is closed, the note gone, and what was asked for is done."""
    expect(note(page)).to_be_hidden()
    state_of(card_of(page, prompt).locator(".tile"), "succeeded")
    if not beside.is_closed():
        beside.wait_for_event("close")


class Passkeys:
    """The passkeys of a device that always says yes, for one page; another page of the device `has` the same."""

    def __init__(self, page: Page) -> None:
        self.device = page.context.new_cdp_session(page)
        self.device.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        answers = {"isUserVerified": True, "automaticPresenceSimulation": True}
        added = self.device.send("WebAuthn.addVirtualAuthenticator", {"options": options | answers})
        self.name = {"authenticatorId": added["authenticatorId"]}

    def has(self, other: "Passkeys") -> None:
        for credential in other.device.send("WebAuthn.getCredentials", other.name)["credentials"]:
            self.device.send("WebAuthn.addCredential", {**self.name, "credential": credential})


@pytest.fixture
def dan(browser: Browser, studio: Studio, signed_in: StorageState) -> Person:
    """Somebody whose ways to sign in are no other test's."""
    return invite(browser, studio.address, signed_in, f"dan-{uuid.uuid4().hex[:8]}@example.com")


def confirm(page: Page) -> None:
    """Give the password once more where the studio asks for it."""
    if page.get_by_label("Password").count():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")


def test_a_passkey_signs_in_beside_the_page(at_bens: Callable[[Person], Page], dan: Person) -> None:
    page = at_bens(dan)
    passkeys = Passkeys(page)
    page.goto("/settings/security/passkeys/new/")
    confirm(page)
    page.get_by_label("Name").fill("This machine")
    page.get_by_role("button", name="Create passkey").click()
    page.wait_for_url(lambda url: "/passkeys/new/" not in url)
    end_and_generate(page, "Signed in with a passkey")

    beside = opened_beside(page)
    Passkeys(beside).has(passkeys)
    beside.get_by_role("button", name="Use a passkey").click()
    expect_to_go_on(page, beside, "Signed in with a passkey")


def test_a_second_factor_signs_in_beside_the_page(at_bens: Callable[[Person], Page], dan: Person) -> None:
    page = at_bens(dan)
    page.goto("/settings/security/app/")
    confirm(page)
    secret = page.locator(".account-secret").text_content() or ""
    page.get_by_label("code").fill(code_now(secret))
    page.get_by_role("button", name="Turn on").click()
    page.wait_for_url(lambda url: not url.endswith("/app/"))
    page.goto("/settings/security/codes/")
    recovery = page.locator(".account-codes li").first.text_content() or ""
    end_and_generate(page, "Signed in with a code")

    beside = opened_beside(page)
    sign_in(beside, dan)
    # A code of the app holds once, and the next one comes half a minute later: recovery codes need no clock.
    beside.get_by_label("code").fill(recovery.strip())
    beside.get_by_role("button", name="Sign in", exact=True).click()
    expect_to_go_on(page, beside, "Signed in with a code")


def code_now(secret: str) -> str:
    """What an authenticator app shows."""
    counter = int(time.time()) // 30
    return str(format_hotp_value(hotp_value(secret.replace(" ", ""), counter)))


# ── Nothing of one person is shown to the next ──────────────────────────────────────────────────────────────────────


class Watched:
    """Everything a browser shows, keeps and is sent from now on."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.answers: list[Response] = []
        context.on("response", lambda answer: self.answers.append(answer))

    def finds(self, *secrets: str) -> list[str]:
        """Where one of these texts is found."""
        found = []
        for page in self.context.pages:
            fields = page.locator("input, textarea").evaluate_all("all => all.map(field => field.value)")
            for name, text in (
                ("page", page.content()),
                ("fields", json.dumps(fields)),
                ("title", page.title()),
                ("store", str(page.evaluate(KEPT if page.evaluate("isSecureContext") else STORES))),
            ):
                found += [f"{name} of {page.url}: {secret}" for secret in secrets if secret in text]
        for answer in self.answers:
            text = body_of(answer)
            found += [f"answer of {answer.url}: {secret}" for secret in secrets if secret in text]
        return found


def body_of(answer: Response) -> str:
    """The text of a response; streams have none that could be waited for."""
    kind = answer.headers.get("content-type", "")
    if "/live/" in answer.url or not kind.startswith(("text/html", "application/json")) or answer.status in (204, 302):
        return ""
    try:
        return answer.text()
    except Exception:  # the page that asked is gone
        return ""


def leave_traces(page: Page) -> tuple[str, ...]:
    """Work as Ben: a draft with a reference, a picture, a mask, a message; what would betray it."""
    composer = Composer(page).open()
    choose(page, picture("red"))
    [reference] = numbers(page)
    composer.set(tier="Standard", size="1024x1024", quality="low")
    state_of(composer.generate(SECRET).locator(".tile"), "succeeded")
    with page.expect_response(lambda answer: "/drafts/" in answer.url and "second" in (answer.request.post_data or "")):
        composer.prompt.fill(f"{SECRET}, the second")
    return "lantern", f"/media/{reference}/"


def work_as_next(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="Create")).to_be_visible()
    composer = Composer(page).open()
    expect(composer.prompt).to_have_value("")
    composer.prompt.press("Alt+ArrowUp")
    expect(composer.prompt).to_have_value("")
    composer.set(tier="Standard", size="1024x1024", quality="low")
    state_of(composer.generate("Cleo's own boat").locator(".tile"), "succeeded")
    page.goto("/threads/new/")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")


def test_after_signing_out_over_plain_http_the_next_person_finds_nothing(
    tmp_path: Path, browser: Browser, at_bens: Callable[..., Page], faults: Faults
) -> None:
    # By another name than localhost a plain address is no secure context: no locks, and no Clear-Site-Data.
    with Studio(tmp_path, STUDIO_URL=f"http://{FOREIGN_NAME}") as studio:
        faults.allow(
            f"a request left the studio: {studio.address}/",
            "Not supported for insecure origins",
            "Opener-Policy header has been ignored",
        )
        admin = signed_in_as_admin(browser, studio)
        ben, cleo = (invite(browser, studio.address, admin, f"{name}@example.com") for name in ("ben", "cleo"))
        sign_out_and_let_the_next_sign_in(at_bens(ben, base_url=studio.address), cleo)


def sign_out_and_let_the_next_sign_in(page: Page, cleo: Person) -> None:
    assert page.evaluate("isSecureContext") is False
    secrets = leave_traces(page)
    page.get_by_role("button", name="menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not any(secret in page.evaluate(STORES) for secret in secrets)
    watched = Watched(page.context)
    sign_in(page, cleo)
    work_as_next(page)

    assert watched.finds(*secrets) == []
    page.go_back()
    page.go_back()
    page.go_back()
    assert watched.finds(*secrets) == []
    page.goto("about:blank")


def test_after_a_session_that_ended_the_next_person_finds_nothing(
    at_bens: Callable[[Person], Page], ben: Person, cleo: Person, faults: Faults
) -> None:
    faults.allow("status of 404")
    page = at_bens(ben)
    secrets = leave_traces(page)
    media = page.locator("reference-strip img").get_attribute("src")
    end_session(page)
    page.goto("/accounts/login/")
    watched = Watched(page.context)
    sign_in(page, cleo)
    work_as_next(page)

    assert watched.finds(*secrets) == []
    assert page.evaluate("address => fetch(address).then(answer => answer.status)", media) == 404
    page.go_back()
    page.go_back()
    page.go_back()
    assert watched.finds(*secrets) == []


def test_a_tab_left_open_shows_neither_its_person_to_the_next_nor_the_next_persons_pictures(
    at_bens: Callable[[Person], Page], ben: Person, cleo: Person
) -> None:
    left = at_bens(ben)
    editing = left.context.new_page()
    Editor(editing).open(upload(left, photo(320, 240)))
    secrets = leave_traces(left)
    page = left.context.new_page()
    end_session(page)
    page.goto("/accounts/login/")
    watched = Watched(page.context)
    sign_in(page, cleo)
    expect(left.get_by_role("heading", name="Somebody else is signed in here now")).to_be_visible()
    expect(editing.get_by_role("heading", name="Somebody else is signed in here now")).to_be_visible()
    work_as_next(page)

    assert watched.finds(*secrets) == []
    for old in (left, editing):
        assert "Cleo" not in old.content()
        expect(old.locator("article, canvas, form")).to_have_count(0)


def test_a_page_brought_back_from_the_browsers_memory_is_not_shown_to_the_next_person(
    at_bens: Callable[[Person], Page], ben: Person, cleo: Person
) -> None:
    page = at_bens(ben)
    secrets = leave_traces(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(page.get_by_text(SECRET).first).to_be_hidden()
    other = page.context.new_page()
    end_session(page)
    other.goto("/accounts/login/")
    sign_in(other, cleo)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    expect(page.get_by_role("heading", name="Somebody else is signed in here now")).to_be_visible()
    assert not any(secret in page.content() for secret in secrets)


def test_the_password_is_asked_for_nowhere_but_on_the_sign_in_page(
    at_bens: Callable[[Person], Page], ben: Person
) -> None:
    page = at_bens(ben)
    end_session(page)
    Composer(page).prompt.fill("Anything")
    expect(note(page)).to_be_visible()

    assert page.locator("input[type=password]").count() == 0
    with page.expect_popup() as opened:
        note(page).get_by_role("link", name="Sign in").click()
    expect(opened.value).to_have_url(re.compile("/accounts/login/"))
    opened.value.get_by_label("Email").fill(ben.email)
    opened.value.get_by_label("Password").fill(PASSWORD)
    opened.value.get_by_label("Password").press("Enter")
    expect(note(page)).to_be_hidden()
