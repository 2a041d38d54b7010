"""The shortest way through the studio: in through the printed link, and one picture."""

import re

from playwright.sync_api import Page, expect


def test_the_printed_link_signs_the_first_admin_in(page: Page) -> None:
    page.goto("/")

    expect(page.get_by_role("heading", level=1, name="Create")).to_be_visible()
    expect(page.get_by_text("The sandbox generates pictures locally")).to_be_visible()


def test_a_picture_of_1024_by_1024_at_medium_arrives_in_its_tile(page: Page) -> None:
    page.goto("/")

    page.get_by_role("textbox", name="Prompt").fill("A lighthouse in the fog")
    page.get_by_role("button", name="Size", exact=True).click()
    page.locator("#size-panel").get_by_role("radio", name="1024×1024").check()
    page.get_by_role("button", name="Quality", exact=True).click()
    page.locator("#quality-panel").get_by_role("radio", name="Medium").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Generate")).click()

    tile = page.locator("#feed .tile").first
    expect(tile).to_have_attribute("data-state", "succeeded", timeout=30_000)
    picture = tile.locator("img")
    expect(picture).to_have_attribute("width", "1024")
    assert picture.evaluate("async picture => { await picture.decode(); return picture.naturalWidth }") > 0
