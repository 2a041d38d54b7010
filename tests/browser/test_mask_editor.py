"""The mask editor in a real browser: what pointers, fingers and keys paint is what is sent, and no paint is lost."""

import base64
import io
import re
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import PHONE, WIDE, Faults, OpenPage
from .drawing import CHANGED, KEPT, Drawing, beyond_the_rim, changed_where_kept, photo
from .editor import Editor, Fingers, Point, opened, upload
from .painting import boxes_on, on_picture, paint_everything
from .people import Person
from .test_pages import OVERFLOW, THEMES, axe_violations, look_over, watched

WIDTH, HEIGHT = 1280, 960
REST = 3000  # ms; longer than the editor waits before it saves a draft


@pytest.fixture
def editor(page: Page) -> Editor:
    """The editor with a picture of 1280×960, which is shown smaller than it is."""
    return Editor(page).open(upload(page, photo(WIDTH, HEIGHT)))


@pytest.fixture
def drawing() -> Drawing:
    return Drawing(WIDTH, HEIGHT)


def test_what_pointers_paint_is_the_mask_that_is_sent(editor: Editor, drawing: Drawing) -> None:
    paint_everything(editor, drawing, boxes_on(editor.place))
    file = Image.open(io.BytesIO(base64.b64decode(editor.exported())))
    sent = editor.apply("A glass button")

    assert beyond_the_rim(sent, drawing) == 0
    assert (file.format, file.mode, file.size) == ("PNG", "RGBA", (WIDTH, HEIGHT))
    assert set(file.getchannel("A").get_flattened_data()) == {0, 255}
    assert file.getchannel("A").tobytes() == sent.tobytes()
    assert file.convert("RGB").getcolors() == [(WIDTH * HEIGHT, (0, 0, 0))]


def test_zoomed_in_and_moved_the_mask_is_where_the_pointer_was(editor: Editor, drawing: Drawing) -> None:
    page, fitted = editor.page, editor.place
    page.mouse.move(*fitted.on_screen(700, 500))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    page.mouse.wheel(130, 90)
    page.keyboard.down("Space")
    editor.drag([(500, 500), (537, 461)])
    page.keyboard.up("Space")
    page.wait_for_function("() => !document.querySelector('.mask-stage').hasAttribute('data-hand')")
    assert editor.place.scale > 1.5 * fitted.scale
    paint_everything(
        editor,
        drawing,
        [((150, 130), (450, 330)), ((560, 140), (900, 330)), ((150, 480), (480, 760)), ((560, 450), (1000, 780))],
    )

    assert beyond_the_rim(editor.apply("A brass handle"), drawing) == 0


def test_a_stroke_that_leaves_the_picture_comes_back_into_it(editor: Editor, drawing: Drawing) -> None:
    place = editor.place
    stroke = [place.on_screen(1040, 240), place.on_screen(1310, 340), place.on_screen(1000, 640)]
    editor.size(60)
    editor.drag(stroke)
    drawing.stroke(on_picture(place, stroke), brush=60)

    assert beyond_the_rim(editor.apply("A red sail"), drawing) == 0


def test_undo_and_redo_give_the_same_masks_to_the_bit(editor: Editor, drawing: Drawing) -> None:
    seen = [editor.exported()]
    one, rectangle, ellipse, _ = boxes_on(editor.place)
    for tool, box in (("Brush", one), ("Rectangle", rectangle), ("Ellipse", ellipse), ("Eraser", one)):
        editor.choose(tool)
        editor.drag([*box])
        seen.append(editor.exported())
    for name in ("Invert", "Clear"):
        editor.choose(name)
        seen.append(editor.exported())
    back, forth = [], []
    for _ in seen[1:]:
        editor.choose("Undo")
        back.append(editor.exported())
    for _ in seen[1:]:
        editor.choose("Redo")
        forth.append(editor.exported())

    assert len({*seen}) == 6  # cleared is empty again
    assert back == seen[-2::-1]
    assert forth == seen[1:]


def test_a_finger_paints_and_two_fingers_zoom_and_move(phone_page: Page, drawing: Drawing) -> None:
    editor = Editor(phone_page).open(upload(phone_page, photo(WIDTH, HEIGHT)))
    fingers, place = Fingers(phone_page), editor.place
    first = [place.on_screen(160, 200), place.on_screen(720, 240), place.on_screen(400, 400)]
    editor.size(80)
    fingers.stroke(first)
    drawing.stroke(on_picture(place, first), brush=80)
    middle = place.on_screen(640, 480)
    apart = [
        ((middle[0] - reach, middle[1] - reach), (middle[0] + reach, middle[1] + reach)) for reach in range(20, 70, 5)
    ]
    fingers.send("touchStart", apart[0][0])
    fingers.send("touchStart", *apart[0])
    for pair in apart:
        fingers.send("touchMove", *pair)
    for step in range(1, 6):
        fingers.send("touchMove", *[(x - 6 * step, y + 4 * step) for x, y in apart[-1]])
    fingers.send("touchEnd")
    phone_page.wait_for_timeout(100)  # until the view is drawn
    near = editor.place
    second = [(120, 300), (260, 330), (200, 420)]
    fingers.stroke(second)
    drawing.stroke(on_picture(near, second), brush=80)

    assert near.scale > 2 * place.scale
    assert beyond_the_rim(editor.apply("A paper boat"), drawing) == 0


def led_to(editor: Editor) -> Point:
    """Where the keyboard's cursor is seen, in pixels of the picture."""
    editor.page.wait_for_timeout(50)
    box = editor.page.locator(".brush-ring.is-keyboard").bounding_box()
    assert box
    return editor.place.on_picture((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))


def test_keys_alone_paint_take_back_and_send(editor: Editor, drawing: Drawing) -> None:
    expect(editor.canvas).to_be_focused()
    editor.press(*["ArrowLeft"] * 9, "Enter")
    corners = [led_to(editor)]
    editor.press(*["ArrowUp"] * 6)
    corners.append(led_to(editor))
    editor.press(*["ArrowRight"] * 4, *["Shift+ArrowRight"] * 5)
    corners.append(led_to(editor))
    editor.press("Enter")
    drawing.stroke(corners, brush=64)
    editor.press("r", *["ArrowDown"] * 14, "Enter")
    one = led_to(editor)
    editor.press(*["ArrowRight"] * 5, *["ArrowDown"] * 4)
    drawing.rectangle(one, led_to(editor))
    editor.press("Enter")
    painted = editor.exported()
    editor.press(
        "Control+i", "Control+z", "e", "Enter", "ArrowUp", "Enter", "Control+z", "Control+z", "Control+Shift+z"
    )

    assert editor.exported() == painted
    editor.page.keyboard.press("Tab")
    editor.prompt.focus()
    editor.page.keyboard.type("A wooden ladder? [yes]")
    editor.press("Control+Enter")
    editor.page.wait_for_url("**/candidates/")
    assert beyond_the_rim(editor.sent(), drawing) == 0


TOOLS = {"e": "Eraser", "r": "Rectangle", "o": "Ellipse", "l": "Lasso", "p": "Polygon", "h": "Pan", "b": "Brush"}


def test_every_tool_has_its_key_and_the_question_mark_shows_them(editor: Editor) -> None:
    for key, name in TOOLS.items():
        editor.press(key)
        expect(editor.page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    editor.press("x")
    expect(editor.page.get_by_role("button", name="Eraser", exact=True)).to_have_attribute("aria-pressed", "true")
    before = editor.page.get_by_role("slider", name="Brush size").input_value()
    editor.press("]", "]", "[")
    assert int(editor.page.get_by_role("slider", name="Brush size").input_value()) > int(before)
    editor.press("1")
    expect(editor.zoom).to_have_text("100 %")
    editor.press("?")
    expect(editor.page.locator("#keys")).to_be_visible()
    editor.press("Escape")
    expect(editor.page.locator("#keys")).to_be_hidden()
    expect(editor.canvas).to_be_focused()


NAMES = ["Undo", "Redo", "Invert", "Clear", *TOOLS.values()]


def test_everything_has_the_name_people_rely_on(editor: Editor) -> None:
    for name in NAMES:
        expect(editor.page.get_by_role("button", name=name, exact=True)).to_have_count(1)
    expect(editor.canvas).to_have_count(1)
    expect(editor.page.get_by_role("slider", name="Brush size")).to_have_count(1)
    expect(editor.prompt).to_have_count(1)
    expect(editor.button).to_have_text(re.compile(r"^Apply edit · about \$\d"))


# ── Drafts ──


def painted_later(editor: Editor, points: Sequence[Point]) -> None:
    """Paint a line and let the time pass after which a draft is saved."""
    editor.drag(points)
    editor.page.clock.fast_forward(REST)


def test_a_reload_goes_on_with_the_draft(page: Page) -> None:
    page.clock.install()
    editor = Editor(page).open(upload(page, photo(WIDTH, HEIGHT)))
    editor.prompt.fill("A lantern")
    painted_later(editor, [(400, 400), (600, 450)])
    expect(editor.draft).to_have_text("Draft saved")
    painted = editor.exported()
    page.reload()
    editor.ready()

    assert editor.exported() == painted
    expect(editor.prompt).to_have_value("A lantern")


def test_a_second_window_keeps_its_own_draft_and_offers_the_other(page: Page, faults: Faults) -> None:
    faults.allow("status of 409")
    page.clock.install()
    first = Editor(page).open(upload(page, photo(WIDTH, HEIGHT)))
    second = Editor(page.context.new_page())
    second.page.clock.install()
    second.open(first.picture_id)
    painted_later(first, [(400, 400), (600, 450)])
    expect(first.draft).to_have_text("Draft saved")
    painted_later(second, [(500, 300), (500, 600)])
    expect(second.draft).to_have_text("Saved as a second draft")
    ours, others = second.exported(), first.exported()
    offer = second.page.get_by_role("link", name="Open the other draft")
    offer.click()
    second.page.wait_for_url("**draft=*")
    second.ready()

    assert second.exported() == others
    second.page.goto(f"/pictures/{first.picture_id}/mask/")
    second.ready()
    assert second.exported() == ours


# ── All the way ──


SOURCES = {
    "phone": ("jpeg", (4032, 3024), {"exif": 6}),
    "4k": ("png", (3840, 2160), {"compress_level": 1}),
    "jpeg": ("jpeg", (1500, 1000), {"quality": 90}),
    "webp": ("webp", (1030, 777), {"quality": 80}),
}


def from_camera(kind: str, size: tuple[int, int], options: dict[str, int]) -> bytes:
    facts: dict[str, Any] = dict(options)
    if "exif" in facts:
        exif = Image.Exif()
        exif[0x0112] = facts["exif"]
        facts["exif"] = exif
    return photo(*size, kind, **facts)


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_protected_comes_back_to_the_pixel(page: Page, name: str) -> None:
    kind, size, options = SOURCES[name]
    editor = Editor(page).open(upload(page, from_camera(kind, size, options), kind))
    source = opened(page, str(page.locator(".mask-picture").get_attribute("src")))
    place = editor.place
    editor.size(300)
    editor.drag(
        [
            place.on_screen(source.width * 0.3, source.height * 0.4),
            place.on_screen(source.width * 0.6, source.height * 0.5),
        ]
    )
    alpha = editor.apply("A copper kettle")
    editor.accept()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    result = Image.open(download.value.path())

    assert source.size == (size[::-1] if "exif" in options else size)
    assert (result.format, result.size, alpha.size) == ("PNG", source.size, source.size)
    assert changed_where_kept(source, result, alpha) == 0
    assert changed_where_kept(source, result, Image.new("L", source.size, KEPT)) > 1000


# ── Bad input ──


def test_nothing_is_sent_before_something_is_painted(editor: Editor) -> None:
    editor.prompt.fill("A kite")
    editor.button.click()

    expect(editor.page.get_by_role("alert").filter(has_text="Paint the area to change first.")).to_be_visible()
    expect(editor.canvas).to_be_focused()


def test_a_mask_over_everything_is_asked_about_and_then_sent(editor: Editor) -> None:
    editor.press("Control+a")
    expect(editor.share).to_have_text("Everything will change")
    editor.prompt.fill("A kite over everything")
    editor.button.click()
    editor.page.get_by_role("button", name="Go back").click()
    editor.button.click()
    editor.page.get_by_role("button", name="Change everything").click()
    editor.page.wait_for_url("**/candidates/")

    assert editor.sent().getcolors() == [(WIDTH * HEIGHT, CHANGED)]


def test_a_dot_is_asked_about_and_then_sent(editor: Editor) -> None:
    editor.size(8)
    editor.drag([(600, 500), (601, 500)])
    editor.prompt.fill("A very small kite")
    editor.button.click()
    editor.page.get_by_role("button", name="Change the tiny area").click()
    editor.page.wait_for_url("**/candidates/")

    assert 30 < editor.sent().histogram()[CHANGED] < 90


def test_nobody_opens_the_editor_of_someone_elses_picture(open_page: OpenPage, ben: Person, page: Page) -> None:
    picture_id = upload(page, photo(640, 480))
    stranger = open_page(storage_state=ben.state)

    assert stranger.request.get(f"/pictures/{picture_id}/mask/").status == 404


# ── The page itself ──


def test_nothing_is_wrong_with_the_editors_page(open_page: OpenPage) -> None:
    page = watched(open_page)
    assert look_over(page, f"/pictures/{upload(page, photo(640, 480))}/mask/") == ""


@pytest.mark.parametrize("opener", ["Keys", "Load", "Preferences", "Describe the change"])
def test_nothing_is_wrong_with_what_opens_over_the_editor(open_page: OpenPage, opener: str) -> None:
    page = open_page(**(PHONE if opener == "Describe the change" else WIDE))
    Editor(page).open(upload(page, photo(640, 480)))
    page.get_by_role("button", name=opener, exact=True).click()
    expect(page.locator(":popover-open, dialog[open]").last).to_be_visible()
    assert [*page.evaluate(OVERFLOW), *axe_violations(page, THEMES)] == []
