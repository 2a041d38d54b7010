"""Handing over: a download at print size, its recipe on the way back, and a review by somebody without an account."""

import io
import re

from PIL import Image
from playwright.sync_api import Page, expect

from .composer import Composer, state_of
from .conftest import Faults, OpenPage

LONG = 60_000  # milliseconds


def drawn_picture(page: Page, prompt: str) -> None:
    """A picture of 1536×1024 from the sandbox, and its page."""
    composer = Composer(page).open()
    composer.set(tier="Standard", size="1536x1024", quality="low")
    tile = composer.generate(prompt).locator(".tile")
    state_of(tile, "succeeded", seconds=120)
    tile.locator(".tile-picture a").click()
    expect(page).to_have_url(re.compile(r"/pictures/\d+/$"), timeout=LONG)
    page.wait_for_function("() => customElements.get('download-options')", timeout=LONG)


def test_a_download_at_print_size_carries_its_resolution_and_its_recipe_back(page: Page) -> None:
    drawn_picture(page, "A harbour to be printed")
    page.get_by_role("button", name="Download as…").click()
    page.get_by_role("button", name="Size, print and recipe…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("JPEG", exact=True).check()
    dialog.get_by_label("Print width").fill("10")
    dialog.get_by_label("Resolution in dots per inch").fill("300")
    dialog.get_by_label("As many pixels as the print below needs").check()
    expect(dialog.get_by_role("status")).to_have_text("1181 × 787 px · 10.0 × 6.7 cm at 300 dpi")
    dialog.get_by_label("Include the recipe").check()
    with page.expect_download(timeout=LONG) as download:
        dialog.get_by_role("button", name="Download").click()

    data = download.value.path().read_bytes()
    image = Image.open(io.BytesIO(data))
    assert download.value.suggested_filename.endswith("a-harbour-to-be-printed.jpeg")
    assert (image.format, image.size, image.info["dpi"]) == ("JPEG", (1181, 787), (300, 300))

    composer = Composer(page).open()
    composer.prompt.fill("Something else")
    page.locator("reference-strip input[type=file]").set_input_files(
        {"name": "print.jpeg", "mimeType": "image/jpeg", "buffer": data}
    )
    expect(page.locator("recipe-offer")).to_contain_text("print.jpeg carries the recipe")
    expect(page.locator("reference-strip .reference")).to_have_count(1)
    page.get_by_role("button", name="Restore recipe").click()

    expect(composer.prompt).to_have_value("A harbour to be printed")
    expect(page.locator("reference-strip .reference")).to_have_count(0)
    expect(page.locator("#size-value")).to_have_text("1536×1024")


def test_a_reviewer_comments_on_a_point_and_picks_and_the_owner_reads_it(
    page: Page, open_page: OpenPage, faults: Faults
) -> None:
    faults.allow("410")  # once it is over
    drawn_picture(page, "A harbour to be judged")
    page.get_by_role("link", name="Create review link").click()
    page.get_by_label("Name").fill("Posters for spring")
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_role("textbox", name="Link").input_value()

    reviewer = open_page(storage_state=None)
    reviewer.goto(address)
    reviewer.get_by_role("img", name="Picture 1").click()
    expect(reviewer).to_have_url(re.compile(r"/pictures/1/$"), timeout=LONG)
    reviewer.wait_for_function("() => customElements.get('pin-board')", timeout=LONG)
    stage = reviewer.locator("zoom-view")
    expect(stage.locator("img")).to_have_js_property("complete", True)
    stage.click(position={"x": 300, "y": 300})
    expect(reviewer.get_by_text("About the point you marked on the picture.")).to_be_visible()
    reviewer.get_by_label("Your name").fill("Dora")
    reviewer.get_by_role("textbox", name="Comment").fill("Warmer here, please.")
    reviewer.get_by_role("button", name="Add comment").click()
    expect(reviewer.locator(".review-note")).to_contain_text("Warmer here, please.")
    expect(reviewer.locator("svg.pins .pin:not([hidden])")).to_have_count(1)
    reviewer.get_by_role("button", name="Pick").click()
    expect(reviewer.get_by_role("button", name="Pick")).to_have_attribute("aria-pressed", "true")
    assert "A harbour to be judged" not in reviewer.content()

    page.goto("/gallery/")
    page.get_by_role("link", name=re.compile("review note")).click()
    page.get_by_role("link", name="Posters for spring").click()
    expect(page.locator(".review-note").first).to_contain_text("Warmer here, please.")
    expect(page.locator(".review-note").last).to_contain_text("picked it")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link no longer works.")).to_be_visible()
    reviewer.reload()
    expect(reviewer.get_by_role("heading", name="This review is over")).to_be_visible()
