"""Writes a screenshot of each state, dark and light, wide and phone: `python -m tests.browser.states [folder]`."""

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect, sync_playwright

from .browser import launch
from .composer import card_of, file_wish, job_of, state_of
from .conftest import PHONE, WIDE
from .people import invitation_link, invite
from .process import Studio

LOOKS = {
    f"{size}-{theme}": {**options, "color_scheme": theme, "reduced_motion": "reduce"}
    for size, options in (("wide", WIDE), ("phone", PHONE))
    for theme in ("dark", "light")
}
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
AWAY = "Drawn while nobody looked"

Show = Callable[[Page], object]


def as_it_is(page: Page) -> None:
    """Nothing is done."""


def main(folder: Path) -> None:
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser, studio = launch(playwright), Studio(Path(data), SANDBOX_SPEED="0.01")
        studio.start()
        try:
            Album(browser, studio, folder).fill()
        finally:
            studio.kill()  # some of the pictures shown would never end
            browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}, {time.monotonic() - began:.0f} s")


class Album:
    """Brings the studio from one state to the next and takes its picture in every look."""

    def __init__(self, browser: Browser, studio: Studio, folder: Path) -> None:
        self.browser, self.studio, self.folder = browser, studio, folder

    def fill(self) -> None:
        self.strangers()
        self.admin = self.first_admin()
        self.empty()
        with self.desk() as desk:
            self.make_pictures(desk)
        self.full()
        with self.desk() as desk:
            self.make_ends(desk)
        self.ends()
        with self.desk() as desk:
            self.make_waits(desk)
        self.under_way()

    # ── Taking them ──

    def take(self, name: str, address: str, show: Show = as_it_is, *, state: StorageState | None = None) -> None:
        for look, options in LOOKS.items():
            context = self.browser.new_context(base_url=self.studio.address, storage_state=state, **options)
            page = context.new_page()
            page.clock.install()
            page.goto(address)
            show(page)
            settle(page)
            page.screenshot(path=self.folder / f"{name}-{look}.png")
            context.close()

    def mine(self, name: str, address: str, show: Show = as_it_is) -> None:
        self.take(name, address, show, state=self.admin)

    @contextmanager
    def desk(self) -> Iterator[Page]:
        """A page to work with between the pictures; an empty one, for a page of the studio would see jobs end."""
        context = self.browser.new_context(base_url=self.studio.address, storage_state=self.admin)
        page = context.new_page()
        yield page
        context.close()

    # ── What is on them ──

    def strangers(self) -> None:
        self.take("sign-in", "/accounts/login/")
        self.take("sign-in-wrong", "/accounts/login/", sign_in_wrongly)
        self.take("reset", "/accounts/password/reset/")
        self.take("sign-in-link", self.studio.sign_in_link())

    def first_admin(self) -> StorageState:
        context = self.browser.new_context(base_url=self.studio.address)
        page = context.new_page()
        page.goto(self.studio.sign_in_link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.studio.address}/")
        page.goto("/settings/")
        page.get_by_label("Name").fill("Ada Brandt")
        page.get_by_role("button", name="Save name").click()
        state = context.storage_state()
        context.close()
        return state

    def empty(self) -> None:
        self.mine("create-empty", "/", open_sheet)
        self.mine("gallery-empty", "/gallery/")
        self.mine("spend-empty", "/spend/")

    def make_pictures(self, desk: Page) -> None:
        for at in range(40):
            file_wish(desk, prompt=PROMPTS[at % 10], size=SIZES[at % 8], output_format="jpeg")
        file_wish(desk, prompt=PROMPTS[1], size="1024x1024", quality="medium", n=4)
        file_wish(desk, **FULL)
        ended(desk.context)
        mark_seen(desk)
        invite(self.browser, self.studio.address, self.admin, "ben@example.com")
        invitation_link(desk, "cleo@example.com")

    def full(self) -> None:
        self.mine("create-finished", "/")
        self.mine("composer-sheet", "/", open_sheet)
        self.mine("size-picker", "/", open_picker("Size"))
        self.mine("size-picker-custom", "/", show_custom_size)
        self.mine("quality-picker", "/", open_picker("Quality"))
        self.mine("composer-advanced", "/", open_advanced)
        self.mine("gallery", "/gallery/", pictures_are_there)
        self.mine("picture", "/pictures/3/", pictures_are_there)
        for name in ("spend", "spend/people", "settings", "settings/people", "settings/upstreams"):
            self.mine(name.replace("/", "-"), f"/{name}/")

    def make_ends(self, desk: Page) -> None:
        desk.goto("/")
        file_wish(desk, prompt=REFUSED)
        file_wish(desk, prompt=FAILED, size="1536x1024", n=2)
        file_wish(desk, prompt=f"{CANCELED} sandbox:slow", size="1024x1536")
        desk.reload()
        tile = card_of(desk, f"{CANCELED} sandbox:slow").locator(".tile")
        tile.get_by_role("button", name="Cancel").click()
        ended(desk.context)
        file_wish(desk, prompt="A waiting picture that was called off", size="2048x2048", n=2)
        desk.reload()
        tiles = card_of(desk, "A waiting picture that was called off").locator(".tile")
        tiles.last.get_by_role("button", name="Cancel").click()
        state_of(tiles.last, "canceled")
        ended(desk.context)
        desk.goto("about:blank")
        for at in range(3):
            file_wish(desk, prompt=f"{AWAY}, {at + 1}", size=SIZES[at], output_format="jpeg")
        ended(desk.context)

    def ends(self) -> None:
        self.mine("away", "/", at_the_top)
        self.mine("failed", "/", card_in_view(FAILED, open_details=True))
        self.mine("refused", "/", card_in_view(REFUSED))
        self.mine("canceled-kept", "/", card_in_view(f"{CANCELED} sandbox:slow"))
        self.mine("canceled", "/", card_in_view("A waiting picture that was called off"))

    def make_waits(self, desk: Page) -> None:
        mark_seen(desk)
        file_wish(desk, prompt=RUNNING, size="1536x1024", partial_images=3, quality="medium")
        file_wish(desk, prompt=WAITING, size="3840x2160", n=3)
        desk.goto("/")
        expect(card_of(desk, RUNNING).locator(".tile-partial")).to_be_visible()
        self.failed_job = job_of(desk.locator(".tile[data-state='failed']").first)

    def under_way(self) -> None:
        self.mine("running-partial", "/", card_in_view(RUNNING))
        self.mine("waiting", "/", card_in_view(WAITING))
        self.mine("late", "/", show_late)
        self.mine("jobs-drawer", "/", open_jobs)
        self.mine("job", f"/jobs/{self.failed_job}/")
        with self.desk() as desk:
            file_wish(desk, prompt=LIMITED)
            desk.goto("/")
            expect(card_of(desk, LIMITED).locator(".tile")).to_contain_text(re.compile("waiting until"))
        self.mine("waiting-for-limit", "/", card_in_view(LIMITED))


def settle(page: Page) -> None:
    """Every picture in view is decoded, and no element is under the pointer."""
    page.evaluate("""() => Promise.all([...document.images]
      .filter(image => image.checkVisibility() && image.getBoundingClientRect().top < innerHeight)
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


def pictures_are_there(page: Page) -> None:
    page.wait_for_function("() => [...document.images].slice(0, 8).every(image => image.complete)")


def at_the_top(page: Page) -> None:
    expect(page.get_by_role("region", name="Finished while you were away")).to_be_visible()


def card_in_view(prompt: str, *, open_details: bool = False) -> Show:
    def show(page: Page) -> None:
        card = card_of(page, prompt)
        if open_details:
            card.get_by_text("Details").first.click()
        top_of(card)

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


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("var/states"))
