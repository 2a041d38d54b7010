"""Putting pictures in order: choosing many, undoing, collections that are shared, the trash, storage rules."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from .conftest import OpenPage
from .people import Person, invite
from .process import Studio

COLOURS = ["#b34747", "#47b36a", "#4761b3", "#b39947", "#8a47b3", "#47a8b3", "#333333", "#d9d9d9"]


def upload(page: Page, colours: list[str]) -> None:
    """Plain pictures of different shapes, the first colour first."""
    token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
    for number, colour in enumerate(colours):
        out = io.BytesIO()
        Image.new("RGB", (96 + 24 * (number % 4), 96), colour).save(out, "PNG")
        file = {"name": f"{number}.png", "mimeType": "image/png", "buffer": out.getvalue()}
        answer = page.request.post(
            "/pictures/", multipart={"file": file}, headers={"X-CSRFToken": token, "Accept": "application/json"}
        )
        assert answer.status == 201, answer.text()[:500]


@pytest.fixture(scope="module")
def fay(browser: Browser, studio: Studio, signed_in: StorageState) -> Person:
    """Somebody with eight pictures of her own."""
    person = invite(browser, studio.address, signed_in, "fay@example.com")
    context = browser.new_context(base_url=studio.address, storage_state=person.state)
    page = context.new_page()
    page.goto("/gallery/")
    upload(page, COLOURS)
    context.close()
    return person


@pytest.fixture(scope="module")
def gus(browser: Browser, studio: Studio, signed_in: StorageState) -> Person:
    """Somebody at the next desk, without pictures."""
    return invite(browser, studio.address, signed_in, "gus@example.com")


def tiles(page: Page) -> Locator:
    return page.locator(".gallery-list > [data-picture]")


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Selection")


def choose(page: Page, *places: int) -> None:
    for place in places:
        tiles(page).nth(place).hover()
        tiles(page).nth(place).get_by_role("checkbox", name="Select").check()


def in_gallery(page: Page, count: int = len(COLOURS)) -> Page:
    page.goto("/gallery/")
    expect(tiles(page)).to_have_count(count)
    expect(page.locator("picture-selection:defined")).to_have_count(1)
    return page


def test_pictures_are_chosen_by_click_range_ctrl_and_rubber_band(open_page: OpenPage, fay: Person) -> None:
    page = in_gallery(open_page(storage_state=fay.state))
    choose(page, 1)
    expect(bar(page)).to_contain_text("1 selected")
    tiles(page).nth(4).locator("a").first.click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("4 selected")
    tiles(page).nth(2).locator("a").first.click(modifiers=["ControlOrMeta"])
    expect(bar(page)).to_contain_text("3 selected")
    tiles(page).nth(7).locator("a").first.click()
    expect(bar(page)).to_contain_text("4 selected")
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()
    assert page.url.endswith("/gallery/")
    first, last = tiles(page).first.bounding_box(), tiles(page).last.bounding_box()
    assert first
    assert last
    page.mouse.move(first["x"] - 12, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(first["x"] + 1100, last["y"] + 5, steps=4)
    page.mouse.up()
    expect(bar(page)).to_contain_text(f"{len(COLOURS)} selected")


def test_all_that_match_are_thrown_away_and_come_back_with_undo(open_page: OpenPage, fay: Person) -> None:
    page = in_gallery(open_page(storage_state=fay.state))
    choose(page, 0)
    page.get_by_role("button", name=f"Select all {len(COLOURS)} matching").click()
    expect(bar(page)).to_contain_text(f"All {len(COLOURS)} selected")
    bar(page).get_by_role("button", name="Move to trash").click()
    note = page.locator(".toast", has_text=f"{len(COLOURS)} pictures moved to the trash.")
    expect(note).to_be_visible()
    expect(tiles(page)).to_have_count(0)
    note.get_by_role("button", name="Undo").click()
    expect(tiles(page)).to_have_count(len(COLOURS))
    expect(page.locator(".toast", has_text="Undone.")).to_be_visible()


def test_a_few_are_thrown_away_and_restored_from_the_trash(open_page: OpenPage, fay: Person) -> None:
    page = in_gallery(open_page(storage_state=fay.state))
    choose(page, 0, 1)
    bar(page).get_by_role("button", name="Move to trash").click()
    expect(tiles(page)).to_have_count(len(COLOURS) - 2)
    page.get_by_role("link", name="Trash").click()
    expect(tiles(page)).to_have_count(2)
    expect(page.get_by_text("29 days left")).to_have_count(2)
    choose(page, 0, 1)
    bar(page).get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="The trash is empty.")).to_be_visible()
    in_gallery(page)


def test_a_collection_is_filled_shared_and_closed_again(open_page: OpenPage, fay: Person, gus: Person) -> None:
    page = in_gallery(open_page(storage_state=fay.state))
    choose(page, 0, 3)
    bar(page).get_by_role("button", name="Add to collection").click()
    page.get_by_role("textbox", name="Name of a new collection").fill("Spring campaign")
    page.get_by_role("button", name="Create and add").click()
    expect(page.locator(".toast", has_text="2 pictures added to “Spring campaign”.")).to_be_visible()
    page.goto("/collections/")
    page.get_by_role("link", name=re.compile("Spring campaign")).last.click()
    expect(tiles(page)).to_have_count(2)
    address = page.url
    before = [tile.get_attribute("data-picture") for tile in tiles(page).all()]
    with page.expect_response(lambda answer: answer.url.endswith("/order/")):
        tiles(page).last.locator("a").first.focus()
        page.keyboard.press("Alt+ArrowLeft")
    page.reload()
    assert [tile.get_attribute("data-picture") for tile in tiles(page).all()] == before[::-1]

    stranger = open_page(storage_state=gus.state)
    assert stranger.request.get(address).status == 404
    share(page, "Everyone can see it")
    stranger.goto("/collections/")
    stranger.get_by_role("link", name=re.compile("Spring campaign")).last.click()
    expect(tiles(stranger)).to_have_count(2)
    image = tiles(stranger).first.locator("img")
    expect(image).to_be_visible()
    source = image.get_attribute("data-original") or ""
    assert stranger.request.get(source).status == 200
    share(page, "Private")
    assert stranger.request.get(source).status == 404
    assert stranger.request.get(address).status == 404


def share(page: Page, how: str) -> None:
    page.get_by_role("button", name="Name and sharing").click()
    page.get_by_role("radio", name=how).check()
    # The note of the last time may still be there.
    with page.expect_response(lambda answer: answer.url.endswith("/details/")):
        page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast", has_text="Collection saved.")).to_be_visible()


def test_a_storage_rule_is_tried_before_it_is_saved(page: Page) -> None:
    page.goto("/settings/storage/")
    page.get_by_label("Days an unused upload is kept").fill("1")
    page.get_by_role("button", name="Dry run").click()
    effects = page.locator(".storage-effects")
    expect(effects).to_contain_text("Uploads that nothing was made of")
    expect(effects).to_contain_text("Nothing has been deleted or saved.")
    page.get_by_label("Days an unused upload is kept").fill("3000")
    page.get_by_role("button", name="Save rules").click()
    expect(page.locator(".toast", has_text="The storage rules are saved.")).to_be_visible()
    expect(page.get_by_label("Days an unused upload is kept")).to_have_value("3000")
