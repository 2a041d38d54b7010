"""The shortest way through the studio in each browser: in, a picture, an edit, the gallery, a conversation."""

import base64
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from .browser import NoBrowser
from .conftest import WIDE, Faults, OpenPage, go_without
from .drawing import Drawing, beyond_the_rim
from .drivers import Driver, PlaywrightDriver, WebDriverDriver
from .editor import Place, Point
from .other_browsers import launch_firefox, webkit
from .painting import boxes_on, paint_everything
from .people import PASSWORD, Person
from .process import Studio

AT = "path => location.pathname.endsWith(path)"
NOTE_PREVIEWS = """() => {
  const feed = document.querySelector("#feed")
  window.previews = new Set()
  const note = () => feed.querySelectorAll("img[data-partial]").forEach(image => previews.add(image.dataset.partial))
  new MutationObserver(note).observe(feed, { childList: true, subtree: true, attributes: true })
  return true
}"""
PREVIEWS = "() => previews.size"
# Width and height of the picture with an alternative text, once its thumbnail is there and can be decoded.
SHOWN = """async (selector, words) => {
  const image = [...document.querySelectorAll(`${selector} img`)].find(image => image.alt === words)
  await image?.decode()
  return image && [Number(image.getAttribute("width")), Number(image.getAttribute("height"))]
}"""
PLACE = """() => {
  const picture = document.querySelector(".mask-picture")
  if (!document.querySelector("mask-stage")?.style.getPropertyValue("--scale")) return null
  const { x, y, width } = picture.getBoundingClientRect()
  return [x, y, width / picture.getAttribute("width")]
}"""
SIZE = """pixels => {
  const slider = document.querySelector("#brush-size")
  slider.value = pixels
  return slider.dispatchEvent(new Event("input", { bubbles: true }))
}"""
# The newest mask of the picture that is edited, as the studio keeps it.
SENT = """async page => {
  const html = await (await fetch(page)).text()
  const bytes = new Uint8Array(await (await fetch(html.match(/\\/media\\/masks\\/\\d+\\.png/)[0])).arrayBuffer())
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""))
}"""
ANSWERED = """words => [...document.querySelectorAll("li.turn[data-state='succeeded']")]
  .some(turn => turn.querySelector(".turn-prompt").textContent === words && turn.querySelector(".turn-text"))"""


@pytest.fixture
def in_chromium(open_page: OpenPage) -> Driver:
    return PlaywrightDriver(open_page(storage_state=None))


@pytest.fixture
def in_firefox(playwright: Playwright, studio: Studio, faults: Faults) -> Iterator[Driver]:
    try:
        browser = launch_firefox(playwright)
    except NoBrowser as error:
        go_without(error)
    page = browser.new_page(base_url=studio.address, **WIDE)
    faults.watch(page)
    yield PlaywrightDriver(page)
    browser.close()


@pytest.fixture
def in_webkit(studio: Studio, tmp_path: Path) -> Iterator[Driver]:
    if not os.environ.get("EVERY_BROWSER"):
        pytest.skip("WebKit is slow; `scripts/check --full` drives it, as EVERY_BROWSER=1 does.")
    log = tmp_path / "console.log"
    try:
        with webkit(log) as browser:
            yield WebDriverDriver(browser, studio.address)
    except NoBrowser as error:
        go_without(error)
    assert [line for line in log.read_text().splitlines() if line.startswith("CONSOLE")] == []


@dataclass(frozen=True)
class Hand:
    """Somebody who paints in the editor of a browser."""

    driver: Driver

    @property
    def place(self) -> Place:
        return Place(*self.driver.wait_for(PLACE))

    def choose(self, tool: str) -> None:
        self.driver.click("button", tool)

    def size(self, pixels: int) -> None:
        self.driver.wait_for(SIZE, pixels)

    def drag(self, points: Sequence[Point], *, button: Any = "left") -> None:
        self.driver.drag(points, button=button)


def test_the_printed_link_signs_the_first_admin_in(page: Page) -> None:
    page.goto("/")

    expect(page.get_by_role("heading", level=1, name="Create")).to_be_visible()
    expect(page.get_by_text("The sandbox generates pictures locally")).to_be_visible()


@pytest.mark.parametrize("name", ["chromium", "firefox", "webkit"])
def test_from_signing_in_to_a_conversation(name: str, ben: Person, request: pytest.FixtureRequest) -> None:
    driver: Driver = request.getfixturevalue(f"in_{name}")
    lighthouse, sail = f"A lighthouse in the fog, for {name}", f"A red sail, for {name}"
    sign_in(driver, ben)
    size = generate_with_previews(driver, lighthouse)
    drawing = Drawing(*size)
    mask = edit_everywhere(driver, drawing, sail)

    assert beyond_the_rim(mask, drawing) == 0
    assert size_in_the_gallery(driver, lighthouse) == size_in_the_gallery(driver, sail) == size
    converse(driver, f"A quiet harbour, for {name}")


def sign_in(driver: Driver, person: Person) -> None:
    driver.open("/accounts/login/")
    driver.fill("input", "Email", person.email)
    driver.fill("input", "Password", PASSWORD)
    driver.click("button", "Sign in")
    driver.wait_for(AT, "/")


def generate_with_previews(driver: Driver, prompt: str) -> tuple[int, int]:
    """Generate a picture at high quality, so that the sandbox, which is in a hurry, takes a second for each preview."""
    driver.fill("textarea", "Prompt", prompt)
    driver.click("button", "Quality")
    driver.click("#quality-panel label", "High")
    driver.click("summary", "Advanced")
    driver.click("fieldset label", "3")
    driver.wait_for(NOTE_PREVIEWS)
    driver.click("button", "Generate")
    width, height = driver.wait_for(SHOWN, "#feed .tile[data-state='succeeded']", prompt)

    assert driver.wait_for(PREVIEWS) > 0
    return width, height


def edit_everywhere(driver: Driver, drawing: Drawing, prompt: str) -> Image.Image:
    """Paint a mask with every tool over the newest picture, apply the edit and accept it; the mask that was sent."""
    driver.click("#feed .tile-picture a", "")
    driver.click("a", "Edit with mask")
    hand = Hand(driver)
    paint_everything(hand, drawing, boxes_on(hand.place, *drawing.size))
    page = driver.wait_for("() => location.pathname")
    driver.fill("textarea", "Prompt", prompt)
    driver.click("button", "Apply edit")
    driver.wait_for(AT, "/candidates/")
    driver.click(".candidate button", "Accept")
    driver.wait_for("() => document.querySelector('.decision[data-decision=accepted]')")
    sent = base64.b64decode(driver.wait_for(SENT, page))
    return Image.open(io.BytesIO(sent)).getchannel("A")


def size_in_the_gallery(driver: Driver, prompt: str) -> tuple[int, int]:
    driver.open("/gallery/")
    width, height = driver.wait_for(SHOWN, "main", prompt)
    return width, height


def converse(driver: Driver, words: str) -> None:
    driver.open("/threads/new/")
    driver.fill("textarea", "Prompt", words)
    driver.click("button", "Send")
    driver.wait_for(ANSWERED, words)
    driver.wait_for(SHOWN, "li.turn", words)
