"""The gallery in a browser: search, filters and shared addresses, Back to the same place, stars and ratings by keys."""

import re

from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .drawing import photo
from .editor import upload


def test_words_and_filters_stand_in_the_address_and_can_be_shared(page: Page, open_page: OpenPage) -> None:
    upload(page, photo(300, 200))
    page.goto("/gallery/")
    page.get_by_role("searchbox", name="Search").fill("nothing is called so")
    expect(page.get_by_role("heading", name="No picture matches")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=nothing\+is\+called\+so$"))
    page.get_by_role("searchbox", name="Search").fill("")
    expect(page.locator(".gallery-item").first).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("checkbox", name="Uploaded").check()
    expect(page).to_have_url(re.compile(r"\?kind=uploaded$"))
    shared = open_page()
    shared.goto(page.url)
    expect(shared.get_by_role("link", name="Without the filter Uploaded")).to_be_visible()
    expect(shared.locator(".gallery-item").first).to_be_visible()


def test_a_picture_is_starred_and_rated_by_keys(page: Page) -> None:
    number = upload(page, photo(310, 200))
    page.goto("/gallery/")
    tile = page.locator(f'.gallery-item[data-picture="{number}"]')
    tile.locator("> a").focus()
    with page.expect_response("**/gallery/selection/stars/"):
        page.keyboard.press("f")
    expect(tile).to_have_attribute("data-starred", "")
    with page.expect_response("**/gallery/selection/ratings/"):
        page.keyboard.press("4")
    expect(tile).to_have_attribute("data-rating", "4")
    page.goto("/gallery/?starred=1&rating=4")
    expect(tile).to_be_visible()
