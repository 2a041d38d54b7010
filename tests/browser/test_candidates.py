"""From a painted rectangle to a decision: the candidates over their source, and the edited picture's page."""

import io

from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, expect

from tests.worker.test_edits import photo

from .conftest import OpenPage
from .editor import Editor, upload
from .test_pages import look_over, watched


def edited(page: Page, prompt: str, *, size: tuple[int, int] = (768, 1024)) -> Locator:
    """Paint a rectangle by mouse, apply, and wait for the candidate."""
    page.goto("/")
    editor = Editor(page).open(upload(page, photo(*size)))
    editor.choose("Rectangle")
    place = editor.place
    editor.drag([place.on_screen(*(edge / 4 for edge in size)), place.on_screen(*(edge / 2 for edge in size))])
    editor.apply(prompt)
    page.wait_for_url("**/candidates/")
    candidate = page.get_by_role("group", name="Candidate 1", exact=True)
    expect(candidate.get_by_role("slider")).to_be_visible()
    return candidate


def split_of(candidate: Locator) -> float:
    """Where the second picture begins on the screen, as a share of the first one's width."""
    return float(
        candidate.locator("compare-slider").evaluate(
            """slider => {
              const box = name => slider.querySelector(name).getBoundingClientRect()
              const [line, view] = [box(".compare-line"), box("zoom-view")]
              return (line.left + line.width / 2 - view.left) / view.width
            }"""
        )
    )


def test_a_candidate_arrives_over_its_source_and_is_accepted_by_keyboard(page: Page) -> None:
    candidate = edited(page, "A brass door knob")
    slider = candidate.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    assert round(split_of(candidate), 2) == 0
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    assert round(split_of(candidate), 2) == 0.03
    expect(slider).to_have_attribute("aria-valuetext", "3 % original")
    accept = candidate.get_by_role("button", name="Accept")
    accept.focus()
    page.keyboard.press("Enter")
    expect(accept).to_have_attribute("aria-pressed", "true")
    expect(accept).to_be_focused()
    expect(candidate.get_by_text("accepted")).to_be_visible()


def test_the_slider_cuts_where_the_pointer_left_it_at_any_zoom(page: Page) -> None:
    candidate = edited(page, "A brass door bell")
    view = candidate.locator("zoom-view")
    view.focus()
    page.keyboard.press("+")
    expect(view).to_have_attribute("data-zoomed", "")
    box = view.bounding_box()
    assert box
    at = box["y"] + box["height"] * 0.9
    page.mouse.move(box["x"] + box["width"] / 2, at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, at)
    page.mouse.up()
    assert round(split_of(candidate), 1) == 0.3
    mixed, before, after = seen(candidate), seen(candidate, split=100), seen(candidate, split=0)
    # What was painted stands from 0.15 to 0.5 of the view now, on both sides of the line.
    left, right = (part(mixed.size, 0.17, 0.27), part(mixed.size, 0.33, 0.48))
    for side, same, other in [(left, before, after), (right, after, before)]:
        assert ImageChops.difference(mixed.crop(side), same.crop(side)).getbbox() is None
        assert ImageChops.difference(mixed.crop(side), other.crop(side)).getbbox()


def seen(candidate: Locator, *, split: int | None = None) -> Image.Image:
    """The view as it stands on the screen."""
    if split is not None:
        candidate.get_by_role("slider").fill(str(split))
    return Image.open(io.BytesIO(candidate.locator("zoom-view").screenshot())).convert("RGB")


def part(size: tuple[int, int], left: float, right: float) -> tuple[int, int, int, int]:
    """A box a quarter of the way down, away from the words and the line's grip."""
    width, height = size
    return round(width * left), round(height * 0.2), round(width * right), round(height * 0.4)


def test_the_page_of_an_edit_switches_its_views(page: Page) -> None:
    candidate = edited(page, "A brass letter box")
    candidate.get_by_role("link", name="Picture").click()
    expect(page.get_by_text("they were restored in your picture")).to_be_visible()
    stage = page.get_by_role("group", name="Picture, zoom")
    for view, file in [("As generated", "/raw."), ("Difference", "/difference.webp")]:
        page.get_by_role("radio", name=view).check()
        shown = stage.locator(".stage-view")
        assert file in (shown.get_attribute("src") or "")
        assert shown.evaluate("async picture => { await picture.decode(); return picture.naturalWidth }") == 768
    page.get_by_role("radio", name="Locked").check()
    expect(stage.locator(".stage-view")).to_have_count(0)


def test_a_discarded_candidate_is_taken_back_on_a_phone(open_page: OpenPage, page: Page) -> None:
    candidate = edited(page, "A brass lantern")
    candidate.get_by_role("button", name="Discard").click()
    expect(candidate.get_by_text("in the trash")).to_be_visible()
    phone = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto(page.url)
    phone.get_by_role("button", name="Restore").tap()
    expect(phone.get_by_text("accepted")).to_be_visible()
    assert phone.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_four_candidates_fit_one_screen_and_accepting_one_moves_nothing(open_page: OpenPage, page: Page) -> None:
    page.goto("/")
    editor = Editor(page).open(upload(page, photo(1152, 768)))
    editor.choose("Rectangle")
    place = editor.place
    editor.drag([place.on_screen(200, 200), place.on_screen(500, 500)])
    page.locator("input[name=n][value='4']").check(force=True)
    editor.apply("A copper kettle")
    page.wait_for_url("**/candidates/")
    expect(page.get_by_role("slider")).to_have_count(4)
    before = boxes(page)
    assert all(box["y"] + box["height"] <= 900 for box in before)

    page.get_by_role("group", name="Candidate 3", exact=True).get_by_role("button", name="Accept").click()
    expect(page.get_by_text("not chosen")).to_have_count(3)
    assert boxes(page) == before
    assert look_over(watched(open_page), page.url) == ""
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("undecided")).to_have_count(4)


def boxes(page: Page) -> list[dict[str, float]]:
    """Where the pictures and their sliders stand, in CSS pixels."""
    found = page.locator("compare-slider").evaluate_all(
        "views => views.map(view => view.getBoundingClientRect().toJSON())"
    )
    return [{name: round(box[name]) for name in ("x", "y", "width", "height")} for box in found]
