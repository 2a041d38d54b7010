"""Pictures beside and over each other, and the tree of what a picture came from."""

import re

from playwright.sync_api import Locator, Page, expect

from .composer import card_of, state_of, submit_request
from .conftest import PHONE, OpenPage
from .conversation import Conversation
from .test_candidates import edited
from .test_pages import look_over, watched


def drawn(page: Page, prompt: str, *, count: int = 1, **submission: object) -> list[str]:
    """The addresses of the pictures of a new generation."""
    page.goto("/")
    submit_request(page, prompt=prompt, n=count, **submission)
    page.goto("/")
    tiles = card_of(page, prompt).locator(".tile")
    for at in range(count):
        state_of(tiles.nth(at), "succeeded")
    return [tiles.nth(at).locator(".tile-picture a").get_attribute("href") or "" for at in range(count)]


def comparison_url(addresses: list[str]) -> str:
    numbers = [re.findall(r"\d+", address)[0] for address in addresses]
    return "/comparison/?" + "&".join(f"picture={number}" for number in numbers)


def view_of(stage: Locator) -> dict[str, float]:
    """The point of the picture in the middle of its stage, and how close it is."""
    found: dict[str, float] = stage.evaluate("stage => stage.focus")
    return {name: round(value, 3) for name, value in found.items()}


def test_four_pictures_are_compared_at_one_zoom_by_pointer_and_keys(page: Page, open_page: OpenPage) -> None:
    addresses = drawn(page, "Four harbours beside each other", count=4)
    page.goto(addresses[0])
    expect(page.get_by_role("heading", name="Made at the same time")).to_contain_text("3")
    page.keyboard.press("c")
    page.wait_for_url("**/comparison/**")
    for _more in range(2):
        page.get_by_role("link", name=re.compile("^Add picture")).first.click()
    panes = page.locator(".comparison-pictures zoom-view")
    expect(panes).to_have_count(4)
    expect(page.get_by_role("radio", name="Side by side")).to_be_checked()

    panes.nth(2).hover(position={"x": 40, "y": 60})
    page.mouse.wheel(0, -400)
    expect(panes.nth(2)).to_have_attribute("data-zoomed", "")
    views = [view_of(panes.nth(at)) for at in range(4)]
    assert views[0]["scale"] > 1.5
    assert views == [views[2]] * 4

    page.keyboard.press("v")
    expect(page.get_by_role("radio", name="Difference")).to_be_checked()
    stage = page.get_by_role("group", name="Both pictures")
    assert view_of(stage) == views[0]
    expect(page.locator(".comparison-share")).to_contain_text(re.compile(r"\d.* % of the area differs"))
    page.keyboard.press("v")
    expect(stage.locator(".compare-label")).to_have_text(["A", "B"])
    page.keyboard.press("ArrowRight")
    expect(stage.locator(".compare-label")).to_have_text(["A", "C"])
    page.keyboard.press("x")
    expect(stage.locator(".compare-label")).to_have_text(["C", "A"])
    page.keyboard.press("0")
    expect(stage).not_to_have_attribute("data-zoomed", "")

    assert "view=slider" in page.url  # so that a reload and a shared link show the same
    address = page.url
    page.get_by_role("link", name="Remove picture B").click()
    expect(panes).to_have_count(3)
    assert look_over(watched(open_page), address) == ""


def test_a_picture_and_itself_at_another_shape_stand_on_their_own_grounds(page: Page, open_page: OpenPage) -> None:
    [tall] = drawn(page, "A tall reed", size="1024x1536")
    [wide] = drawn(page, "A wide field of reeds", size="1536x1024")
    page.goto(f"{comparison_url([tall, wide])}&view=difference")
    expect(page.locator(".comparison-share")).to_contain_text("Their shapes differ")
    parameters = page.get_by_role("region", name="Parameters that differ")
    expect(parameters.get_by_role("row", name=re.compile("^Size"))).to_contain_text("1024×1536")
    expect(parameters.get_by_role("row", name=re.compile("^Prompt"))).to_be_visible()
    expect(parameters.get_by_role("row", name=re.compile("^Model"))).to_have_count(0)
    phone = open_page(**PHONE)
    phone.goto(page.url)
    phone.get_by_text("Side by side").tap()
    boxes = [box for pane in phone.locator(".comparison-pictures zoom-view").all() if (box := pane.bounding_box())]
    assert len(boxes) == 2
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]  # one under the other
    assert phone.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_two_versions_of_a_thread_are_compared_like_any_other_pictures(page: Page) -> None:
    talk = Conversation(page).open()
    talk.draw_at_low()
    for words in ("A blue kite over a field", "A red kite over a field"):
        talk.say(words)
        talk.answered(words)
    talk.versions.get_by_role("link", name="Compare").click()
    page.wait_for_url("**/comparison/**")
    slider = page.get_by_role("slider", name="First and second picture")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0 % first picture")
    prompt = page.get_by_role("row", name=re.compile("^Prompt"))
    expect(prompt.locator("del")).to_have_text("blue")
    expect(prompt.locator("ins")).to_have_text("red")
    page.get_by_role("link", name="Refine picture B").click()
    expect(talk.place).to_contain_text("version 2")


def test_the_lineage_of_an_edit_leads_back_to_its_source_and_to_the_edits_of_that(page: Page) -> None:
    candidate = edited(page, "A brass weather vane")
    candidate.get_by_role("link", name="Picture").click()
    lineage = page.get_by_role("region", name="Lineage")
    steps = lineage.locator(".lineage-step")
    expect(steps).to_have_count(2)
    expect(steps.first).to_contain_text("Uploaded")
    expect(lineage.locator("[aria-current]")).to_contain_text("Edited")
    address = page.url
    steps.first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Made from it")).to_contain_text("1")
    page.get_by_role("region", name="Lineage").get_by_role("link").last.click()
    page.wait_for_url(address)
