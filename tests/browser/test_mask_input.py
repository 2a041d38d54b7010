"""Pens, fingers, foreign keyboards and half-drawn shapes in the mask editor: no stroke is lost, no key is dead."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import PHONE, OpenPage
from .drawing import photo
from .editor import Editor, Fingers, Pen, Point, upload

WIDTH, HEIGHT = 1280, 960
TAKE_AWAY = """kind => {
  const event = new PointerEvent(kind, { bubbles: true, pointerId: globalThis.penId, pointerType: "pen" })
  document.querySelector(".mask-canvas").dispatchEvent(event)
}"""
LINE = """() => {
  const canvas = document.querySelector(".mask-ants")
  const words = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)
  const [white, black] = [0xffffffff, 0xff000000].map(colour => words.filter(word => word === colour).length)
  return white > 500 && Math.abs(white - black) < 0.05 * white
}"""
NOTE_PEN = "() => addEventListener('pointerdown', event => { globalThis.penId = event.pointerId }, true)"
VIEW = "() => ['--x', '--y', '--scale'].map(name => document.querySelector('mask-stage').style.getPropertyValue(name))"


@pytest.fixture
def editor(page: Page) -> Editor:
    return Editor(page).open(upload(page, photo(WIDTH, HEIGHT)))


def line(editor: Editor, top: float, *, count: int = 20) -> list[Point]:
    """A line across the picture at a height of it, in so many moves."""
    start, end = editor.place.on_screen(200, top), editor.place.on_screen(1000, top)
    return [(start[0] + (end[0] - start[0]) * step / count, start[1]) for step in range(count + 1)]


def test_a_pens_stroke_that_the_system_takes_away_stays_as_one_step(editor: Editor) -> None:
    page, pen = editor.page, Pen(editor.page)
    page.evaluate(NOTE_PEN)
    seen = [editor.exported()]
    for end in ("pointercancel", "lostpointercapture"):
        stroke = line(editor, 300 + 100 * len(seen))
        pen.down(stroke)
        page.evaluate(TAKE_AWAY, end)
        pen.lift(stroke[-1])
        seen.append(editor.exported())
    editor.choose("Undo")

    assert len({*seen}) == 3
    assert editor.exported() == seen[1]
    editor.choose("Undo")
    assert editor.exported() == seen[0]


def test_after_a_pen_one_finger_moves_the_picture_until_it_may_paint_again(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    editor = Editor(page).open(upload(page, photo(WIDTH, HEIGHT)))
    pen, fingers = Pen(page), Fingers(page)
    editor.page.get_by_role("button", name="Zoom in").click()
    pen.down(line(editor, 300, count=4))
    pen.lift(line(editor, 300, count=4)[-1])
    painted, view = editor.exported(), page.evaluate(VIEW)
    fingers.stroke([(100, 400), (160, 440), (200, 470)])
    page.wait_for_function(f"before => String(({VIEW})()) !== String(before)", arg=view)

    assert editor.exported() == painted
    page.reload()
    editor.ready()
    editor.choose("Preferences")
    page.get_by_label("One finger paints").check()
    editor.press("Escape")
    fingers.stroke([(100, 400), (160, 440), (200, 470)])
    assert editor.exported() != painted


KEY = """([place, facts]) => {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...facts })
  document.querySelector(place).dispatchEvent(event)
}"""


def test_the_editors_keys_hold_after_any_click_and_under_any_layout(editor: Editor) -> None:
    page = editor.page
    pressed = page.locator(".tool[aria-pressed='true']")
    for place in ("Rectangle", "Overlay", "Zoom in"):
        editor.choose(place)
        editor.press("e")
        expect(pressed).to_have_accessible_name("Eraser")
        editor.press("b")
        expect(pressed).to_have_accessible_name("Brush")
    page.locator(".editor-title").click()
    editor.press("o")
    expect(pressed).to_have_accessible_name("Ellipse")
    page.evaluate(KEY, [".mask-canvas", {"key": "Process", "code": "KeyB"}])
    expect(pressed).to_have_accessible_name("Brush")
    editor.drag(line(editor, 300))
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.evaluate(KEY, [".mask-canvas", {"key": "я", "code": "KeyZ", "ctrlKey": True}])
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_nothing_is_sent_by_enter_in_a_field_or_while_words_are_composed(editor: Editor) -> None:
    page = editor.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    editor.drag(line(editor, 300))
    editor.prompt.fill("雨の中の")
    page.evaluate(KEY, ["#prompt", {"key": "Enter", "ctrlKey": True, "isComposing": True}])
    page.evaluate(KEY, ["#prompt", {"key": "Process", "code": "KeyB", "keyCode": 229}])
    page.get_by_label("Feather").fill("4")
    editor.press("Enter")
    page.get_by_role("group", name="Quality").get_by_role("radio").first.focus()
    editor.press("Enter")

    assert editor.exported()
    assert sent == []
    expect(page.locator(".tool[aria-pressed='true']")).to_have_accessible_name("Brush")


def test_an_unfinished_polygon_outlasts_a_reload_and_is_painted_by_the_next_tool(page: Page) -> None:
    page.clock.install()
    editor = Editor(page).open(upload(page, photo(WIDTH, HEIGHT)))
    editor.choose("Polygon")
    for corner in [(300, 200), (900, 200), (900, 700)]:
        page.mouse.click(*editor.place.on_screen(*corner))
    expect(editor.share).to_have_text("Nothing painted yet")
    page.clock.fast_forward(3000)
    expect(editor.draft).to_have_text("Draft saved")
    page.reload()
    editor.ready()
    expect(page.get_by_role("button", name="Polygon")).to_have_attribute("aria-pressed", "true")
    editor.choose("Brush")

    expect(editor.share).to_have_text("12 % will change")
    editor.choose("Undo")
    expect(editor.share).to_have_text("Nothing painted yet")


LAYOUTS = {"a page at 175 %": (823, 514), "a large page at 175 %": (1097, 617), "a phone on its side": (844, 390)}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_picture_has_most_of_a_low_screen(open_page: OpenPage, name: str) -> None:
    width, height = LAYOUTS[name]
    page = open_page(viewport={"width": width, "height": height})
    picture_id = upload(page, photo(1200, 800))
    editor = Editor(page).open(picture_id)
    assert editor.place.scale * 800 > 0.6 * height
    opener = page.get_by_role("button", name="Describe the change")
    opener.click()
    expect(editor.button).to_be_in_viewport()
    editor.press("Escape")
    editor.choose("Pan")  # the last tool can be reached
    page.goto(f"/pictures/{picture_id}/")
    stage = page.locator("zoom-view").bounding_box()
    assert stage
    rail = page.get_by_role("navigation", name="Main").bounding_box()
    assert rail
    assert stage["height"] > 0.7 * height
    assert stage["y"] + stage["height"] <= rail["y"] + 1


def test_the_mask_over_a_warm_picture_is_cold_and_has_a_line_around_it(page: Page) -> None:
    warm = io.BytesIO()
    Image.new("RGB", (640, 480), (240, 110, 40)).save(warm, "PNG")
    editor = Editor(page).open(upload(page, warm.getvalue()))
    expect(page.locator("mask-editor")).to_have_attribute("data-colour", "blue")
    editor.choose("Rectangle")
    editor.drag([editor.place.on_screen(200, 150), editor.place.on_screen(400, 300)])
    page.wait_for_function(LINE)
