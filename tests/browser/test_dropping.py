"""Files that are dropped or pasted anywhere: a page that takes files takes them, and no page is left for one."""

import base64
import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import PHONE, OpenPage
from .drawing import photo
from .editor import Editor, upload

GIVE = """([way, place, files, text]) => {
  const data = new DataTransfer()
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), character => character.charCodeAt(0))
    data.items.add(new File([bytes], name, { type: "image/png" }))
  }
  if (text) data.setData("text/plain", text)
  const options = { bubbles: true, cancelable: true }
  const made = type => type === "paste" ? new ClipboardEvent(type, { ...options, clipboardData: data })
    : new DragEvent(type, { ...options, dataTransfer: data })
  const target = document.querySelector(place)
  const events = (way === "paste" ? ["paste"] : ["dragover", "drop"]).map(made)
  for (const event of events) target.dispatchEvent(event)
  return events.map(event => event.defaultPrevented)
}"""


def picture(colour: str, size: tuple[int, int] = (96, 64)) -> str:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def give(page: Page, way: str, place: str, *files: tuple[str, str], text: str = "") -> list[bool]:
    """Let go of files over an element, or paste them there; whether the page kept each event from the browser."""
    answer: Any = page.evaluate(GIVE, [way, place, [*files], text])
    return list(answer)


@pytest.mark.parametrize(
    ("path", "way", "place", "text"),
    [
        ("/", "drop", ".rail", ""),
        ("/", "drop", "body", ""),
        ("/", "paste", "body", ""),
        ("/", "paste", "#prompt", "given.png"),
        ("/", "paste", "#prompt", "/home/ada/given.png"),
        ("/threads/new/", "drop", ".header", ""),
        ("/threads/new/", "paste", "#prompt", "given.png"),
    ],
)
def test_a_file_given_anywhere_becomes_a_reference(page: Page, path: str, way: str, place: str, text: str) -> None:
    page.goto(path)
    page.wait_for_function("() => customElements.get('upload-button')")
    give(page, way, place, ("given.png", picture("green")), text=text)
    expect(page.locator("reference-strip .reference")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")


def test_on_a_narrow_screen_the_composer_opens_for_what_is_dropped(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.goto("/")
    give(page, "drop", "#main", ("given.png", picture("blue")))
    expect(page.locator("reference-strip .reference")).to_be_visible()


def test_text_with_a_picture_of_itself_stays_text(page: Page) -> None:
    page.goto("/")
    prevented = give(page, "paste", "#prompt", ("image.png", picture("red")), text="Quarter 4")
    assert prevented == [False]
    expect(page.locator("reference-strip .reference")).to_have_count(0)


def test_files_dropped_on_the_gallery_are_uploaded(page: Page) -> None:
    page.goto("/gallery/")
    with page.expect_navigation():
        give(page, "drop", "#main", ("one.png", picture("navy")), ("two.png", picture("teal")))
    count = page.locator(".gallery-item")
    expect(count.nth(1)).to_be_visible()
    with page.expect_navigation(url="**/pictures/*/"):
        give(page, "paste", "body", ("three.png", picture("olive")), text="three.png")


def test_a_mask_dropped_on_the_editor_is_loaded(page: Page) -> None:
    editor = Editor(page).open(upload(page, photo(640, 480)))
    give(page, "drop", ".editor-bar", ("tall.png", picture("white", (48, 64))))
    expect(page.get_by_role("alert").filter(has_text="a different ratio")).to_be_visible()
    editor.press("Escape")
    give(page, "drop", ".mask-canvas", ("mask.png", picture("white", (64, 48))))
    page.get_by_role("button", name="White changes").click()
    expect(editor.share).to_have_text("Everything will change")


def test_no_page_is_left_for_a_file(open_page: OpenPage, page: Page) -> None:
    picture_id = upload(page, photo(320, 240))
    for path in ("/spend/", "/settings/", f"/pictures/{picture_id}/", "/threads/"):
        page.goto(path)
        assert give(page, "drop", "body", ("given.png", picture("red"))) == [True, True], path
    stranger = open_page(storage_state=None)
    stranger.goto("/")
    assert give(stranger, "drop", "body", ("given.png", picture("red"))) == [True, True]
