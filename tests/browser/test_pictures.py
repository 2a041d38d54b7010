"""The page of a picture: through the list one came from by keys, starred, rated and thrown away there."""

import re

from playwright.sync_api import Page, expect

from .test_comparisons import drawn


def arrived(page: Page, prompt: str) -> None:
    """Wait until the page of a picture is there and listens to keys."""
    expect(page.locator("#prompt")).to_have_text(prompt)
    page.wait_for_function("() => customElements.get('picture-page') && customElements.get('picture-judgement')")


def test_the_arrows_go_through_the_filtered_list_and_escape_leads_back_to_it(page: Page) -> None:
    for prompt in ("A heron at dawn", "A heron at noon", "A heron at night", "No bird at all"):
        drawn(page, prompt)
    page.goto("/gallery/?q=heron&sort=oldest")
    page.get_by_role("link", name="A heron at dawn").click()
    arrived(page, "A heron at dawn")
    for words in ("A heron at noon", "A heron at night"):
        page.keyboard.press("ArrowRight")
        arrived(page, words)
    expect(page.get_by_role("link", name="Next picture")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    arrived(page, "A heron at noon")
    assert "q=heron&sort=oldest" in page.url
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/gallery/.*q=heron"))
    expect(page.get_by_role("link", name="No bird at all")).to_have_count(0)


def test_a_picture_is_starred_rated_zoomed_and_thrown_away_by_keys(page: Page) -> None:
    [address] = drawn(page, "A kingfisher over a brook")
    page.goto(address)
    arrived(page, "A kingfisher over a brook")
    star = page.get_by_role("button", name="Star", exact=True)
    with page.expect_response("**/star/"):
        page.keyboard.press("f")
    expect(star).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/rating/"):
        page.keyboard.press("4")
    page.reload()
    arrived(page, "A kingfisher over a brook")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("radio", name="4 of 5")).to_be_checked()
    with page.expect_response("**/rating/"):
        page.keyboard.press("4")
    expect(page.get_by_role("radio", name="No rating", include_hidden=True)).to_be_checked()

    stage = page.get_by_role("group", name="Picture, zoom")
    stage.focus()
    page.keyboard.press("1")
    expect(stage.get_by_label("Zoom level")).to_have_text("100 %")
    expect(page.get_by_role("radio", name="No rating", include_hidden=True)).to_be_checked()
    page.keyboard.press("0")
    expect(stage).not_to_have_attribute("data-zoomed", "")
    page.keyboard.press("Delete")
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Move to trash")).to_be_visible()
