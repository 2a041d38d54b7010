"""A picture where it stands small: what can be done with it, and that right click and drag take the original."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from .composer import Composer, card_of, state_of, submit_request
from .conftest import PHONE, OpenPage
from .people import Person

PROMPT = "A tin lantern on a blue door"
ORIGINAL = re.compile(r"/media/(\d+)/original\.png$")
CARRIED = """image => {
  const dataTransfer = new DataTransfer()
  image.dispatchEvent(new DragEvent("dragstart", { bubbles: true, cancelable: true, dataTransfer }))
  return Object.fromEntries([...dataTransfer.types].map(type => [type, dataTransfer.getData(type)]))
}"""

# Whether each drag was prevented, and the address it carries.
WATCH_DRAGS = """() => {
  window.carried = []
  document.addEventListener("dragstart", event => {
    carried.push([event.defaultPrevented, event.dataTransfer.getData("text/uri-list")])
  })
}"""


@pytest.fixture(scope="module")
def drawn(browser: Any, studio: Any, signed_in: StorageState) -> str:
    """The address of a finished picture."""
    context = browser.new_context(base_url=studio.address, storage_state=signed_in)
    page = context.new_page()
    page.goto("/")
    submit_request(page, prompt=PROMPT, n=1)
    page.goto("/")
    tile = card_of(page, PROMPT).locator(".tile")
    state_of(tile, "succeeded")
    address = tile.locator(".tile-picture a").get_attribute("href")
    context.close()
    assert address
    return str(address)


def tile_of(page: Page) -> Locator:
    return card_of(page, PROMPT).locator(".tile")


@pytest.mark.usefixtures("drawn")
def test_a_tile_offers_what_can_be_done_with_its_picture_on_hover_and_on_focus(page: Page) -> None:
    composer = Composer(page).open()
    tile = tile_of(page)
    tools = tile.locator(".tile-actions")
    page.mouse.move(0, 0)
    expect(tools).to_have_css("opacity", "0")
    tile.hover()
    expect(tools).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(tools).to_have_css("opacity", "0")
    tile.get_by_role("link", name="Edit with mask").focus()
    expect(tools).to_have_css("opacity", "1")
    expect(tile.get_by_role("link", name="Download")).to_have_attribute("href", re.compile(r"\?download=1$"))

    composer.prompt.fill("Words that stay")
    tile.get_by_role("link", name="Use as reference").click()
    expect(page.locator("reference-strip .reference")).to_have_count(1)
    expect(composer.prompt).to_have_value("Words that stay")
    tile.get_by_role("link", name="Refine").click()
    page.wait_for_url("**/threads/new/?picture=*")


@pytest.mark.usefixtures("drawn")
def test_on_touch_the_actions_of_a_tile_are_in_a_menu(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    Composer(page).page.goto("/")
    tile = tile_of(page)
    expect(tile.locator(".picture-tools")).to_be_hidden()
    tile.get_by_role("button", name="Picture actions").tap()
    menu = page.locator(".picture-menu:popover-open")
    for name in ("Edit with mask", "Refine", "Use as reference", "Download"):
        expect(menu.get_by_role("link", name=name)).to_be_visible()
    menu.get_by_role("link", name="Use as reference").tap()
    expect(menu).to_have_count(0)
    expect(page.locator("reference-strip .reference")).to_be_visible()


@pytest.mark.parametrize("where", ["feed", "gallery", "picture page", "thread", "jobs"])
def test_right_click_and_drag_take_the_original_with_its_name(page: Page, drawn: str, where: str) -> None:
    number = drawn.strip("/").split("/")[-1]
    address = {"feed": "/", "gallery": "/gallery/", "picture page": drawn, "jobs": "/jobs/"}
    page.goto(address.get(where, f"/threads/new/?picture={number}"))
    image = page.locator(f"img[data-original^='/media/{number}/original']:visible").first
    image.scroll_into_view_if_needed()
    image.click(button="right")
    expect(image).to_have_js_property(
        "currentSrc", f"{page.url.split('/', 3)[0]}//{page.url.split('/')[2]}/media/{number}/original.png"
    )
    answer = page.request.get(image.evaluate("image => image.currentSrc"))
    name = f"easel-{number}-a-tin-lantern-on-a-blue-door.png"
    assert answer.headers["content-disposition"] == f'inline; filename="{name}"'
    carried = image.evaluate(CARRIED)
    assert carried["downloadurl"].startswith(f"image/png:{name}:http")
    assert ORIGINAL.search(carried["text/uri-list"])


def test_a_picture_that_fits_is_dragged_out_of_its_page_and_a_zoomed_one_is_moved(page: Page, drawn: str) -> None:
    page.goto(drawn)
    stage = page.locator("zoom-view")
    expect(stage.locator("img")).to_have_attribute("src", ORIGINAL)
    page.evaluate(WATCH_DRAGS)
    drag(page, stage)
    assert [is_prevented for is_prevented, _address in page.evaluate("carried")] == [False]
    assert ORIGINAL.search(page.evaluate("carried")[0][1])
    stage.focus()
    page.keyboard.press("+")
    expect(stage).to_have_attribute("data-zoomed", "")
    before = stage.locator(".stage-frame").evaluate("frame => frame.style.getPropertyValue('--x')")
    drag(page, stage)
    assert [is_prevented for is_prevented, _address in page.evaluate("carried")] == [False, True]
    assert stage.locator(".stage-frame").evaluate("frame => frame.style.getPropertyValue('--x')") != before


def drag(page: Page, stage: Locator) -> None:
    """From the middle of the stage to its upper left."""
    box = stage.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y - 60, steps=6)
    page.mouse.up()


def test_what_a_queued_job_waits_for_changes_where_it_stands(page: Page) -> None:
    said = "queued: 2nd in line, all 4 slots busy, about 2 min"
    body = f'retry: 50\nevent: waiting\ndata: {{"id": 7, "text": "{said}"}}\n\n'
    page.route("**/live/**", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    page.goto("/jobs/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p data-waiting=7>queued</p>')")
    expect(page.locator("[data-waiting='7']")).to_have_text(said)


def test_a_picture_dragged_from_the_feed_becomes_a_reference(page: Page, drawn: str) -> None:
    Composer(page).open()
    image = tile_of(page).locator(".tile-picture img")
    image.scroll_into_view_if_needed()
    image.drag_to(page.get_by_role("textbox", name="Prompt"))
    expect(page.locator("reference-strip .reference")).to_have_count(1)
    number = drawn.strip("/").split("/")[-1]
    expect(page.locator("input[name=reference]")).to_have_value(number)


def test_a_plan_made_for_other_words_is_marked_and_offered_anew(open_page: OpenPage, ben: Person) -> None:
    page = open_page(storage_state=ben.state)
    composer = Composer(page).open()
    composer.prompt.fill("A green boat in the fog")
    page.get_by_role("button", name="Plan first").click()
    card = page.get_by_role("group", name="Suggested prompt")
    use = card.get_by_role("button", name="Use it")
    expect(use).to_be_visible()
    composer.prompt.fill("A paper kite")
    expect(use).to_be_hidden()
    expect(card).to_contain_text("Made for other words")
    composer.prompt.fill("A green boat in the fog")
    expect(use).to_be_visible()
    composer.prompt.fill("A paper kite")
    card.get_by_role("button", name="Plan again").click()
    expect(use).to_be_visible()
    expect(card).to_contain_text("A paper kite")
    expect(card.get_by_text("Made for other words")).to_be_hidden()


def test_every_size_says_its_price_at_the_chosen_quality(page: Page) -> None:
    composer = Composer(page).open()
    shown = "tiles => tiles.map(tile => tile.textContent)"

    def prices() -> list[str]:
        page.get_by_role("button", name="Size", exact=True).click()
        found = page.locator(".shape:visible [data-size-price]").evaluate_all(shown)
        page.keyboard.press("Escape")
        return [str(text) for text in found]

    composer.choose("Quality", "low")
    low = prices()
    composer.choose("Quality", "high")
    high = prices()
    assert len(low) > 8
    assert all(re.match(r"\$0\.\d+", text) for text in low + high)
    assert all(one != other for one, other in zip(low, high, strict=True))
