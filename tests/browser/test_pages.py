"""Every page: nothing for axe to find, nothing that overflows or shifts, and no more weight than it needs."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Request, StorageState, expect

from .composer import Composer, card_of, job_of, state_of, submit_request
from .conftest import Faults, OpenPage
from .people import Person, invitation_link, invite
from .process import Studio
from .states_threads import QUESTION, begun, say

SIZES = {"wide": (1440, 900), "phone": (390, 844), "narrow": (320, 640)}
THEMES = ("dark", "light")
# axe is slow: it looks at each theme once, and with EVERY_LOOK at each theme in each size.
AXE_LOOKS = {"wide": ("dark",), "phone": ("light",), "narrow": ()}
if os.environ.get("EVERY_LOOK"):
    AXE_LOOKS = dict.fromkeys(SIZES, THEMES)
# The aim is 90,000: what drafts, sessions and the actions of tiles have added is still to be split off.
WEIGHT = 106_500  # bytes of our own CSS, JavaScript and htmx on their way to an empty browser

WATCH_SHIFTS = """
  window.shifts = []
  new PerformanceObserver(list => {
    for (const { value, startTime, sources, hadRecentInput } of list.getEntries()) {
      if (!hadRecentInput) window.shifts.push([value, startTime, sources.map(({ node }) => node?.className ?? "")])
    }
  }).observe({ type: "layout-shift", buffered: true })
  document.addEventListener("readystatechange", () => {
    requestAnimationFrame(() => requestAnimationFrame(() => window.readAt ??= performance.now()))
  })
"""
# What moves while the page itself is still being read, on a machine too busy to read it in one go, is not counted; it
# is read with the first frame after the document became interactive. The clock is asked when the second frame begins,
# for the time a frame is given is the one it was due at: on a busy machine that is before the first one was laid out.
SHIFTS = """async () => {
  do await new Promise(done => requestAnimationFrame(() => setTimeout(done)))
  while (!window.readAt)
  return window.shifts.filter(([, startTime]) => startTime >= window.readAt).map(([value, , nodes]) => [value, nodes])
}"""
NOTE_PREVIEWS = """() => {
  window.shifts = []
  window.previews = 0
  const note = () => { window.previews += document.querySelectorAll("#feed .tile-partial").length }
  new MutationObserver(note).observe(document.querySelector("#feed"), { childList: true, subtree: true })
}"""
OVERFLOW = """() => [...document.querySelectorAll("body *")]
  .filter(() => document.scrollingElement.scrollWidth > innerWidth)
  .filter(node => node.getBoundingClientRect().right > innerWidth + 0.5)
  .map(node => `${node.tagName}.${node.className}`).slice(0, 8)"""
RUN_AXE = """async () => {
  const shown = ({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ""})`
  const { violations } = await axe.run({ resultTypes: ["violations"] })
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.slice(0, 4).map(shown).join(" | ")}`)
}"""
WEIGH = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => /\\.(css|js)(\\?|$)/.test(name)).map(({ name, transferSize }) => [name, transferSize])"""


@dataclass(frozen=True)
class Shown:
    """Addresses of things that are there to be looked at."""

    picture: str
    job: str
    failed_job: str
    invitation: str
    thread: str


@pytest.fixture(scope="module")
def dora(browser: Browser, studio: Studio, signed_in: StorageState) -> Person:
    """Somebody who has not made a picture yet."""
    return invite(browser, studio.address, signed_in, "dora@example.com")


@pytest.fixture(scope="module")
def shown(browser: Browser, studio: Studio, signed_in: StorageState) -> Iterator[Shown]:
    context = browser.new_context(base_url=studio.address, storage_state=signed_in)
    page = context.new_page()
    page.goto("/")
    submit_request(page, prompt="A page is full", size="1536x1024", n=3)
    submit_request(page, prompt="A page fails sandbox:500-late")
    page.goto("/")
    full, failed = card_of(page, "A page is full").locator(".tile"), card_of(page, "A page fails sandbox:500-late")
    state_of(failed.locator(".tile"), "failed")
    for at in range(3):
        state_of(full.nth(at), "succeeded")
    yield Shown(
        picture=full.first.locator(".tile-picture a").get_attribute("href") or "",
        job=f"/jobs/{job_of(full.first)}/",
        failed_job=f"/jobs/{job_of(failed.locator('.tile'))}/",
        invitation=invitation_link(page, "eve@example.com").removeprefix(studio.address),
        thread=talked(page),
    )
    context.close()


def talked(page: Page) -> str:
    """A thread with a picture and an answer in words."""
    thread = begun(page)
    say(page, thread, QUESTION)
    return f"/threads/{thread}/"


PAGES = {
    "create": "/",
    "jobs": "/jobs/",
    "job": "job",
    "failed-job": "failed_job",
    "gallery": "/gallery/",
    "picture": "picture",
    "collections": "/collections/",
    "trash": "/trash/",
    "storage": "/settings/storage/",
    "threads": "/threads/",
    "thread": "thread",
    "spend": "/spend/",
    "people-spend": "/spend/people/",
    "person-spend": "/spend/people/1/",
    "spend-entries": "/spend/entries/?order=dearest",
    "entry": "/spend/entries/2/",
    "statements": "/spend/statements/",
    "settings": "/settings/",
    "people": "/settings/people/",
    "upstreams": "/settings/upstreams/",
    "nothing-here": "/nothing/here/",
}
STRANGERS_PAGES = {"sign-in": "/accounts/login/", "reset": "/accounts/password/reset/", "invitation": "invitation"}
EMPTY_PAGES = {
    "create-empty": "/",
    "gallery-empty": "/gallery/",
    "collections-empty": "/collections/",
    "trash-empty": "/trash/",
    "spend-empty": "/spend/",
    "jobs-empty": "/jobs/",
}


def watched(open_page: OpenPage, **options: Any) -> Page:
    page = open_page(**options)
    page.add_init_script(WATCH_SHIFTS)
    return page


def look_over(page: Page, address: str) -> str:
    """Everything wrong with a page in three sizes and two themes, one fault a line."""
    found = []
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address, wait_until="load")
        found += [f"{name}: shifted by {value:.4f}: {nodes}" for value, nodes in page.evaluate(SHIFTS)]
        found += [f"{name}: overflows: {node}" for node in page.evaluate(OVERFLOW)]
        found += [f"{name}, {violation}" for violation in axe_violations(page, AXE_LOOKS[name])]
    return "\n".join(found)


def axe_violations(page: Page, themes: Sequence[str]) -> Iterator[str]:
    if themes:
        page.evaluate(AXE_SCRIPT)
    for theme in themes:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        yield from (f"{theme}: {violation}" for violation in page.evaluate(RUN_AXE))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_with_a_page(open_page: OpenPage, shown: Shown, faults: Faults, name: str) -> None:
    faults.allow("status of 404")
    address = PAGES[name]
    assert look_over(watched(open_page), getattr(shown, address, address)) == ""


@pytest.mark.parametrize("name", EMPTY_PAGES)
def test_nothing_is_wrong_with_an_empty_page(open_page: OpenPage, dora: Person, name: str) -> None:
    assert look_over(watched(open_page, storage_state=dora.state), EMPTY_PAGES[name]) == ""


@pytest.mark.parametrize("name", STRANGERS_PAGES)
def test_nothing_is_wrong_with_a_page_for_strangers(open_page: OpenPage, shown: Shown, name: str) -> None:
    address = STRANGERS_PAGES[name]
    assert look_over(watched(open_page, storage_state=None), getattr(shown, address, address)) == ""


@pytest.mark.parametrize("opener", ["Size", "Quality", "Format", "Count", "Collection", "Jobs"])
def test_nothing_is_wrong_with_what_opens_over_create(open_page: OpenPage, dora: Person, opener: str) -> None:
    page = watched(open_page, storage_state=dora.state)
    found = []
    for name, looks in (("wide", AXE_LOOKS["wide"]), ("narrow", AXE_LOOKS["phone"])):
        width, height = SIZES[name]
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/")
        if name == "narrow" and opener != "Jobs":
            page.get_by_role("button", name="Describe a picture").click()
        page.get_by_role("button", name=re.compile(rf"^{opener}\b")).click()
        expect(page.locator(":popover-open").last).to_be_visible()
        found += page.evaluate(OVERFLOW)
        found += [f"{name}, {violation}" for violation in axe_violations(page, looks)]
    assert found == []


def test_an_example_fills_the_composer(open_page: OpenPage, dora: Person) -> None:
    composer = Composer(open_page(storage_state=dora.state)).open()
    composer.page.get_by_role("button", name="A quiet harbour at sunrise").click()

    expect(composer.prompt).to_have_value("A quiet harbour at sunrise, paper-cut layers, soft orange light")
    expect(composer.prompt).to_be_focused()
    expect(composer.button).to_contain_text("about $0.041")


def test_nothing_shifts_while_a_picture_arrives(open_page: OpenPage) -> None:
    composer = Composer(watched(open_page)).open()
    composer.choose_partials(3)
    tile = composer.generate("Arriving in steps sandbox:slow").locator(".tile")
    # From here on, the card is in its place. A preview is noted by the page: between two looks of ours it may be over.
    composer.page.evaluate(NOTE_PREVIEWS)
    state_of(tile, "succeeded")
    expect(tile.locator("a img")).to_be_visible()

    assert composer.page.evaluate("() => window.previews") >= 1
    assert composer.page.evaluate(SHIFTS) == []


def test_the_composer_stays_whole_under_the_banner_while_the_feed_scrolls(page: Page, shown: Shown) -> None:
    Composer(page).open()
    page.mouse.move(900, 500)
    page.mouse.wheel(0, 400)
    page.wait_for_function("() => scrollY > 0")
    banner, panel = page.locator(".frame > .banners").bounding_box(), page.locator("#composer-panel").bounding_box()

    assert banner is not None
    assert panel is not None
    assert (panel["y"], panel["y"] + panel["height"]) == (banner["y"] + banner["height"], 900)


def test_create_weighs_no_more_than_it_needs(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/", wait_until="load")
    weights = dict(page.evaluate(WEIGH))

    assert any("htmx" in name for name in weights)
    assert all(weights.values())
    assert sum(weights.values()) <= WEIGHT, sorted(weights.items(), key=lambda item: -item[1])


def test_the_arrows_walk_through_pictures_and_back_returns_to_the_gallery(page: Page, shown: Shown) -> None:
    page.goto("/gallery/")
    page.locator(".gallery-item > a").nth(1).click()
    page.wait_for_url("**/pictures/**")
    here = page.url

    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != here)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(here)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda url: url != here)
    page.go_back()

    expect(page.get_by_role("heading", level=1, name="Gallery")).to_be_visible()


def test_escape_closes_a_picture(page: Page, shown: Shown) -> None:
    page.goto("/gallery/")
    page.locator(".gallery-item > a").first.click()
    page.wait_for_url("**/pictures/**")
    page.keyboard.press("Escape")

    expect(page.get_by_role("heading", level=1, name="Gallery")).to_be_visible()


def test_two_tabs_share_one_stream_and_nobody_else_hears_it(open_page: OpenPage, ben: Person) -> None:
    first, stranger = open_page(), open_page(storage_state=ben.state)
    streams: list[str] = []

    def note(request: Request) -> None:
        if "/live/" in request.url:
            streams.append(request.url)

    first.context.on("request", note)
    with first.expect_response(re.compile(r"/live/")):
        first.goto("/")
    second = first.context.new_page()
    Composer(second).open()
    Composer(stranger).open()
    submit_request(first, prompt="Seen in both tabs")

    for page in (first, second):
        state_of(card_of(page, "Seen in both tabs").locator(".tile"), "succeeded")
    assert len(streams) == 1
    expect(stranger.get_by_text("Seen in both tabs")).to_have_count(0)
    stranger.reload()
    expect(stranger.get_by_text("Seen in both tabs")).to_have_count(0)
    assert stranger.goto("/gallery/")
    expect(stranger.get_by_role("img", name="Seen in both tabs")).to_have_count(0)


def test_the_second_tab_takes_the_stream_over_when_the_first_closes(open_page: OpenPage) -> None:
    first = open_page()
    Composer(first).open()
    second = first.context.new_page()
    Composer(second).open()
    with second.expect_response(re.compile(r"/live/")):
        first.close()

    submit_request(second, prompt="After the first tab closed")
    state_of(card_of(second, "After the first tab closed").locator(".tile"), "succeeded")
