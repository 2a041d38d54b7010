"""The mask editor's states, for `states.py`: painting at fit and at 400 %, the keys, and the submission."""

import re

from playwright.sync_api import Page, expect

from .drawing import photo
from .editor import Editor, upload


def make_edits(desk: Page) -> dict[str, object]:
    """A picture of its own for each state of the editor, and one with two candidates; their numbers by name."""
    places: dict[str, object] = {name: upload(desk, photo(1536, 1024)) for name in EDITOR}
    source = upload(desk, photo(1536, 1024))
    editor = Editor(desk)
    desk.goto(f"/pictures/{source}/mask/")
    editor.ready()
    editor.choose("Rectangle")
    editor.drag([editor.place.on_screen(500, 300), editor.place.on_screen(1000, 760)])
    editor.prompt.fill("A red lighthouse with a lamp that is lit")
    desk.get_by_role("group", name="Count").get_by_text("2", exact=True).click()
    editor.button.click()
    accept = desk.get_by_role("button", name="Accept")
    expect(accept).to_have_count(2, timeout=60_000)
    links = desk.get_by_role("main").get_by_role("link", name=re.compile(r"^Picture \d+$")).all()
    numbers = [int((link.get_attribute("href") or "").split("/")[2]) for link in links]
    return places | {"edited": source, "candidate": max(numbers)}


def show_empty(page: Page) -> None:
    Editor(page).ready()


def show_painting(page: Page) -> None:
    """Three strokes and an ellipse that is still being drawn."""
    editor = Editor(page).ready()
    at = editor.place.on_screen
    editor.size(110)
    editor.drag([at(300, 620), at(520, 560), at(760, 640)])
    editor.drag([at(320, 700), at(740, 720)])
    editor.choose("Ellipse")
    page.mouse.move(*at(900, 200))
    page.mouse.down()
    page.mouse.move(*at(1300, 520))
    drawn(page)


def show_close(page: Page) -> None:
    """A stroke's hard edge at 400 %, the brush's rings over it."""
    editor = Editor(page).ready()
    for _ in range(2):
        editor.press("1", "+", "+")
    expect(editor.zoom).to_have_text("400 %")
    box = editor.canvas.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    editor.size(30)
    editor.drag([(x - 120, y - 60), (x, y + 40), (x + 90, y - 20)])
    drawn(page)


def show_keys(page: Page) -> None:
    editor = Editor(page).ready()
    editor.press("?")
    expect(page.locator("#keys")).to_be_visible()


def show_submission(page: Page) -> None:
    """On a phone, the sheet over the picture; on a wide screen the same panel beside it."""
    show_painting(page)
    page.mouse.up()
    editor = Editor(page)
    opener = page.get_by_role("button", name="Describe the change")
    if opener.is_visible():
        opener.click()
    editor.prompt.fill("A red lighthouse with a lamp that is lit")
    expect(editor.button).to_contain_text("about")


def drawn(page: Page) -> None:
    """Wait until what was done is on the screen."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


EDITOR = {
    "editor": show_empty,
    "editor-painting": show_painting,
    "editor-400": show_close,
    "editor-keys": show_keys,
    "editor-submission": show_submission,
}
