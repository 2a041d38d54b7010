"""The strip of references on Create: chosen, dropped and pasted pictures, their order, and what is refused."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from .composer import Composer, card_of, state_of
from .conftest import Faults, OpenPage

COLOURS = {"red": (200, 40, 40), "green": (40, 160, 60), "blue": (40, 60, 200)}


@pytest.fixture
def composer(page: Page) -> Composer:
    return Composer(page).open()


def picture(name: str, kind: str = "PNG", size: tuple[int, int] = (96, 64)) -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", size, COLOURS[name]).save(out, kind)
    return {"name": f"{name}.{kind.lower()}", "mimeType": f"image/{kind.lower()}", "buffer": out.getvalue()}


def strip(page: Page) -> Locator:
    return page.locator("reference-strip")


def choose(page: Page, *files: FilePayload) -> None:
    """Through the file dialog; wait until they are numbered."""
    before = strip(page).get_by_role("listitem").count()
    page.get_by_label("References", exact=True).and_(page.locator("input")).set_input_files(list(files))
    expect(strip(page).locator(".reference")).to_have_count(before + len(files))


def numbers(page: Page) -> list[str]:
    return page.locator("input[name=reference]").evaluate_all("inputs => inputs.map(input => input.value)")


def test_references_are_ordered_by_keys_and_buttons_priced_kept_over_a_reload_and_sent(composer: Composer) -> None:
    page = composer.page
    alone = composer.button.text_content()
    large = (1536, 1024)  # of which each costs more than a cent
    choose(page, picture("red", size=large), picture("green", "JPEG", large), picture("blue", size=large))
    red, green, blue = numbers(page)
    expect(composer.button).not_to_have_text(alone or "")

    page.get_by_role("button", name="Image 3; move it with the arrow keys").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Image 2; move it with the arrow keys")).to_be_focused()
    assert numbers(page) == [red, blue, green]
    strip(page).locator(".reference").first.hover()
    page.get_by_role("button", name="Move image 1 back").click()
    assert numbers(page) == [blue, red, green]
    page.keyboard.press("Delete")
    assert numbers(page) == [blue, green]

    composer.prompt.press_sequentially("Put @2")
    expect(page.get_by_role("option", name="image 2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(composer.prompt).to_have_value("Put image 2")

    page.reload()
    expect(strip(page).locator(".reference")).to_have_count(2)
    assert numbers(page) == [blue, green]
    composer.choose("Quality", "low")
    card = composer.generate("Put image 2 beside image 1")
    expect(card.get_by_role("img", name=re.compile("^image [12]$"))).to_have_count(2)
    state_of(card.locator(".tile"), "succeeded")


def test_a_refused_file_gets_its_sentence_and_nothing_else_is_lost(composer: Composer, faults: Faults) -> None:
    faults.allow("422")
    page = composer.page
    composer.prompt.fill("Kept words")
    fake: FilePayload = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("input[type=file]").set_input_files([picture("red"), fake, picture("blue")])
    expect(strip(page).get_by_role("alert")).to_contain_text("notes.png: The file is named like a picture")
    expect(strip(page).locator(".reference")).to_have_count(2)
    expect(composer.prompt).to_have_value("Kept words")


def test_an_upload_in_the_gallery_leads_to_its_page_and_from_there_to_create(page: Page) -> None:
    page.goto("/gallery/")
    page.get_by_label("Upload", exact=True).and_(page.locator("input")).set_input_files([picture("blue", "WEBP")])
    page.wait_for_url(re.compile(r"/pictures/\d+/$"))
    page.get_by_role("link", name="Use as reference").click()
    expect(page).to_have_url(re.compile(r"/$"))  # once the page's modules have run
    expect(strip(page).locator(".reference")).to_have_count(1)


def test_files_go_along_without_javascript(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("textbox", name="Prompt").fill("Files without a script")
    page.locator("input[type=file]").set_input_files([picture("red"), picture("green")])
    page.get_by_role("button", name="Generate").click()
    card = card_of(page, "Files without a script")
    expect(card.get_by_role("img", name=re.compile("^image [12]$"))).to_have_count(2)
