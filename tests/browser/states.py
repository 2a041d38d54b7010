"""Writes a screenshot of each state, dark and light, wide and phone.

`python -m tests.browser.states [folder] [--only NAME]…`
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect, sync_playwright

from .browser import launch
from .composer import card_of, job_of, state_of, submit_request
from .conftest import PHONE, WIDE
from .people import invitation_link, invite
from .process import Studio
from .states_editor import EDITOR, make_edits
from .states_order import ORDERED, put_in_order
from .states_threads import make_threads, show_branch, show_menu, show_partial, show_plan, show_streaming

SCREENS: dict[str, dict[str, Any]] = {"wide": WIDE, "phone": PHONE}
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
PROMPTS = [
    "A quiet harbour at sunrise, paper-cut layers, soft orange light",
    "Product photo of a matte ceramic cup on warm stone, soft window light",
    "Poster of a night city seen from above, long exposure, deep blue",
    "An orchard in late summer, gouache, long shadows",
    "Snow on a mountain pass, telephoto, pale pink sky",
    "A greenhouse full of ferns after rain, wide angle",
    "Bold geometric poster for a jazz evening, red and cream",
    "A lighthouse in the fog, black and white film grain",
    "Desert road at noon, heat haze, faded colours",
    "Still life with lemons and blue glass, morning light",
]
SIZES = ["1024x1024", "1536x1024", "1024x1536", "1520x656", "1536x864", "864x1536", "1280x960", "1536x512"]
FULL = {"prompt": PROMPTS[0], "size": "1536x1024", "quality": "medium"}
RUNNING = "A valley at dawn in three washes sandbox:silent"
WAITING = "A very large harbour seen from a kite sandbox:timeout"
LIMITED = "One picture too many for this hour sandbox:429-usage"
FAILED = "A rope that breaks at the worst moment sandbox:cut"
REFUSED = "Something the model declines to draw sandbox:refused"
CANCELED = "A change of mind"
CALLED_OFF = "A waiting picture that was called off"
AWAY = "Drawn while nobody looked"

Show = Callable[[Page], object]


def as_it_is(page: Page) -> None:
    """Nothing is done."""


class Picture(NamedTuple):
    """One state: what its files are called, where it is, what is done there first, and as whom."""

    name: str
    address: str
    show: Show = as_it_is
    is_stranger: bool = False


def main(folder: Path, only: list[str]) -> None:
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser, studio = launch(playwright), Studio(Path(data), SANDBOX_SPEED="0.002")
        studio.start()
        try:
            count = Album(browser, studio, folder, only).fill()
        finally:
            studio.kill()  # some of the pictures shown would never end
            browser.close()
    print(f"{count} pictures in {folder}, {time.monotonic() - began:.0f} s")


class Album:
    """Brings the studio from one state to the next and takes its picture in every look."""

    def __init__(self, browser: Browser, studio: Studio, folder: Path, only: list[str]) -> None:
        self.browser, self.studio, self.folder, self.only = browser, studio, folder, only
        self.contexts: dict[tuple[str, bool], BrowserContext] = {}
        self.places: dict[str, object] = {}  # what addresses name
        self.count = 0

    def fill(self) -> int:
        """Take every picture that is wanted, and go no further than the last of them; return how many."""
        self.admin = self.first_admin()
        stages = [
            (self.nothing, EMPTY),
            (self.make_pictures, FULL_STATES),
            (self.make_ends, ENDS),
            (self.make_threads, THREADS),
            (self.make_edits, EDITS),
            (self.make_waits, WAITS),
            (self.reach_a_limit, LIMITS),  # from here on, nothing is drawn before the next hour
        ]
        last = max(at for at, (_make, states) in enumerate(stages) if any(map(self.is_wanted, states)))
        for make, states in stages[: last + 1]:
            with self.desk() as desk:
                make(desk)
            for state in filter(self.is_wanted, states):
                self.take(state)
        return self.count

    def is_wanted(self, state: Picture) -> bool:
        return not self.only or state.name in self.only

    # ── Taking them ──

    def take(self, state: Picture) -> None:
        address = state.address.format(sign_in_link=self.studio.sign_in_link(), **self.places)
        for screen in SCREENS:
            page = self.context(screen, is_stranger=state.is_stranger).new_page()
            if state.show is show_late:
                page.clock.install()
            page.goto(address)
            state.show(page)
            settle(page)
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=self.folder / f"{state.name}-{screen}-{theme}.png")
                self.count += 1
            page.close()
        if state.show is show_late:
            self.forget()

    def context(self, screen: str, *, is_stranger: bool) -> BrowserContext:
        """One browser for each screen and person, so that files are read once; nothing typed in it is kept."""
        key = (screen, is_stranger)
        if key not in self.contexts:
            state = None if is_stranger else self.admin
            options = SCREENS[screen] | {"base_url": self.studio.address, "reduced_motion": "reduce"}
            context = self.browser.new_context(storage_state=state, **options)
            context.add_init_script("localStorage.clear()")
            self.contexts[key] = context
        return self.contexts[key]

    def forget(self) -> None:
        for context in self.contexts.values():
            context.close()
        self.contexts.clear()

    @contextmanager
    def desk(self) -> Iterator[Page]:
        """A page to work with between the pictures; an empty one, for a page of the studio would see jobs end."""
        context = self.browser.new_context(base_url=self.studio.address, storage_state=self.admin)
        page = context.new_page()
        yield page
        context.close()

    # ── What is on them ──

    def first_admin(self) -> StorageState:
        context = self.browser.new_context(base_url=self.studio.address)
        page = context.new_page()
        page.goto(self.studio.sign_in_link())
        # The link is spent by the button, so it is photographed before.
        if self.is_wanted(SIGN_IN_LINK):
            self.take(SIGN_IN_LINK)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.studio.address}/")
        page.goto("/settings/")
        page.get_by_label("Name").fill("Ada Brandt")
        page.get_by_role("button", name="Save name").click()
        state = context.storage_state()
        context.close()
        return state

    def nothing(self, desk: Page) -> None:
        """A studio nobody has used yet."""

    def make_pictures(self, desk: Page) -> None:
        for at in range(24):
            submit_request(desk, prompt=PROMPTS[at % 10], size=SIZES[at % 8], output_format="jpeg")
        submit_request(desk, prompt=PROMPTS[1], size="1024x1024", quality="medium", n=4)
        submit_request(desk, **FULL)
        ended(desk.context)
        mark_seen(desk)
        put_in_order(desk)
        invite(self.browser, self.studio.address, self.admin, "ben@example.com")
        invitation_link(desk, "cleo@example.com")

    def make_ends(self, desk: Page) -> None:
        desk.goto("/")
        submit_request(desk, prompt=REFUSED)
        submit_request(desk, prompt=FAILED, size="1536x1024", n=2)
        submit_request(desk, prompt=f"{CANCELED} sandbox:slow", size="1024x1536")
        desk.reload()
        tile = card_of(desk, f"{CANCELED} sandbox:slow").locator(".tile")
        tile.get_by_role("button", name="Cancel").click()
        ended(desk.context)
        submit_request(desk, prompt=f"{CALLED_OFF} sandbox:slow", size="2048x2048", n=2)
        desk.reload()
        tiles = card_of(desk, f"{CALLED_OFF} sandbox:slow").locator(".tile")
        tiles.last.get_by_role("button", name="Cancel").click()
        state_of(tiles.last, "canceled")
        ended(desk.context)
        desk.goto("about:blank")
        for at in range(3):
            submit_request(desk, prompt=f"{AWAY}, {at + 1}", size=SIZES[at], output_format="jpeg")
        ended(desk.context)

    def make_threads(self, desk: Page) -> None:
        self.places |= make_threads(desk)

    def make_waits(self, desk: Page) -> None:
        mark_seen(desk)
        submit_request(desk, prompt=RUNNING, size="1536x1024", partial_images=3, quality="medium")
        submit_request(desk, prompt=WAITING, size="3840x2160", n=3)
        desk.goto("/")
        expect(card_of(desk, RUNNING).locator(".tile-partial")).to_be_visible()
        self.places["failed_job"] = job_of(desk.locator(".tile[data-state='failed']").first)

    def reach_a_limit(self, desk: Page) -> None:
        submit_request(desk, prompt=LIMITED)
        desk.goto("/")
        expect(card_of(desk, LIMITED).locator(".tile")).to_contain_text(re.compile("paused until"))

    def make_edits(self, desk: Page) -> None:
        self.places |= make_edits(desk)


def settle(page: Page) -> None:
    """Every picture in view is decoded, and no element is under the pointer."""
    page.evaluate("""() => Promise.all([...document.images]
      .filter(image => image.checkVisibility()).filter(image => {
        const { top, right, bottom, left } = image.getBoundingClientRect()
        return bottom > 0 && top < innerHeight && right > 0 && left < innerWidth
      })
      .map(image => image.decode().catch(() => {})))""")


def ended(context: BrowserContext) -> None:
    """Wait, without opening a live feed, until nothing is under way."""
    deadline = time.monotonic() + 120
    while 'data-busy="true"' in context.request.get("/settings/").text():
        assert time.monotonic() < deadline, "something is still being drawn"
        time.sleep(0.2)


def mark_seen(desk: Page) -> None:
    desk.goto("/")
    tray = desk.get_by_role("region", name="Finished while you were away")
    if tray.count():
        tray.get_by_role("button", name="Got it").click()
        expect(tray).to_have_count(0)


# ── What is done on a page before its picture is taken ──


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def send_a_stale_form(page: Page) -> None:
    page.context.clear_cookies()
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("long ago")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="open for too long")).to_be_visible()


def open_sheet(page: Page) -> None:
    """On a phone the composer is a sheet over the feed."""
    button = page.get_by_role("button", name="Describe a picture")
    if button.is_visible():
        button.click()


def open_picker(name: str) -> Show:
    def show(page: Page) -> None:
        open_sheet(page)
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("group", name=name, exact=True)).to_be_visible()

    return show


def show_custom_size(page: Page) -> None:
    open_picker("Size")(page)
    picker = page.get_by_role("group", name="Size", exact=True)
    picker.get_by_label("Width").fill("1920")
    picker.get_by_label("Height").fill("1080")
    picker.get_by_label("Height").press("Tab")


def open_advanced(page: Page) -> None:
    open_sheet(page)
    page.locator("details.advanced summary").click()
    page.get_by_label("Avoid").fill("text, watermarks")
    page.locator("details.advanced summary").scroll_into_view_if_needed()


def send_what_is_refused(page: Page) -> None:
    open_sheet(page)
    page.get_by_role("textbox", name="Prompt").fill("A naked woman on a bed")
    page.locator("#composer .button-primary").click()
    expect(page.get_by_role("button", name="This is a mistake")).to_be_visible()


def call_it_a_mistake(page: Page) -> None:
    """A refusal that its person called a mistake, as the admins meet it."""
    page.goto("/")
    send_what_is_refused(page)
    page.get_by_role("button", name="This is a mistake").click()
    expect(page.get_by_text("An admin will look at it")).to_be_visible()
    page.goto("/settings/safety/")


def pictures_are_there(page: Page) -> None:
    page.wait_for_function("() => [...document.images].slice(0, 8).every(image => image.complete)")


def at_the_top(page: Page) -> None:
    expect(page.get_by_role("region", name="Finished while you were away")).to_be_visible()


def card_in_view(prompt: str, *, open_details: bool = False) -> Show:
    def show(page: Page) -> None:
        card = card_of(page, prompt)
        top_of(card)
        if open_details:
            card.get_by_text("Details").first.click()

    return show


def top_of(card: Locator) -> None:
    card.evaluate("card => window.scrollTo(0, card.getBoundingClientRect().top + scrollY - 110)")


def show_late(page: Page) -> None:
    page.clock.fast_forward("02:20")
    top_of(card_of(page, RUNNING))
    expect(page.locator(".tile[data-late]").first).to_be_visible()


def open_jobs(page: Page) -> None:
    page.locator("jobs-pill .pill").click()
    expect(page.locator("#jobs-drawer .job-line").first).to_be_visible()


SIGN_IN_LINK = Picture("sign-in-link", "{sign_in_link}", is_stranger=True)
EMPTY = [
    Picture("sign-in", "/accounts/login/", is_stranger=True),
    Picture("sign-in-wrong", "/accounts/login/", sign_in_wrongly, is_stranger=True),
    Picture("reset", "/accounts/password/reset/", is_stranger=True),
    Picture("stale-form", "/accounts/login/", send_a_stale_form, is_stranger=True),
    Picture("create-empty", "/", open_sheet),
    Picture("gallery-empty", "/gallery/"),
    Picture("collections-empty", "/collections/"),
    Picture("trash-empty", "/trash/"),
    Picture("spend-empty", "/spend/"),
]
FULL_STATES = [
    Picture("create-finished", "/"),
    Picture("composer-sheet", "/", open_sheet),
    Picture("size-picker", "/", open_picker("Size")),
    Picture("size-picker-custom", "/", show_custom_size),
    Picture("quality-picker", "/", open_picker("Quality")),
    Picture("composer-advanced", "/", open_advanced),
    Picture("composer-refused", "/", send_what_is_refused),
    Picture("settings-safety", "/settings/safety/", call_it_a_mistake),
    Picture("gallery", "/gallery/", pictures_are_there),
    *(Picture(name, address, show) for name, (address, show) in ORDERED.items()),
    Picture("picture", "/pictures/3/", pictures_are_there),
    Picture("spend", "/spend/"),
    Picture("spend-people", "/spend/people/"),
    Picture("settings", "/settings/"),
    Picture("settings-people", "/settings/people/"),
    Picture("settings-upstreams", "/settings/upstreams/"),
    Picture("not-found", "/nothing/here/"),
]
ENDS = [
    Picture("away", "/", at_the_top),
    Picture("failed", "/", card_in_view(FAILED, open_details=True)),
    Picture("refused", "/", card_in_view(REFUSED)),
    Picture("canceled-kept", "/", card_in_view(f"{CANCELED} sandbox:slow")),
    Picture("canceled", "/", card_in_view(f"{CALLED_OFF} sandbox:slow")),
]
THREADS = [
    Picture("threads", "/threads/"),
    Picture("threads-search", "/threads/?q=curtains"),
    Picture("threads-trash", "/threads/?trash=1"),
    Picture("thread-empty", "/threads/new/"),
    Picture("thread", "/threads/{thread}/"),
    Picture("thread-branch", "/threads/{thread}/", show_branch),
    Picture("thread-menu", "/threads/{thread}/", show_menu),
    Picture("thread-streaming", "/threads/{thread_streaming}/", show_streaming),
    Picture("thread-partial", "/threads/{thread_partial}/", show_partial),
    Picture("thread-refused", "/threads/{thread_refused}/"),
    Picture("thread-failed", "/threads/{thread_failed}/"),
    Picture("thread-interrupted", "/threads/{thread_interrupted}/"),
    Picture("thread-two", "/threads/{thread_two}/"),
    Picture("plan", "/", show_plan),
]
WAITS = [
    Picture("running-partial", "/", card_in_view(RUNNING)),
    Picture("waiting", "/", card_in_view(WAITING)),
    Picture("late", "/", show_late),
    Picture("jobs-drawer", "/", open_jobs),
    Picture("job", "/jobs/{failed_job}/"),
]
LIMITS = [Picture("waiting-for-limit", "/", card_in_view(LIMITED))]
EDITS = [
    *(Picture(name, f"/pictures/{{{name}}}/mask/", show) for name, show in EDITOR.items()),
    Picture("candidates", "/pictures/{edited}/candidates/", pictures_are_there),
    Picture("picture-edited", "/pictures/{candidate}/", pictures_are_there),
]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("var/states"))
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a state; may be given many times")
    given = parser.parse_args()
    main(given.folder, given.only)
