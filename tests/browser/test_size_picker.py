"""The size picker: no sequence of clicks and keys brings it to a size the model does not draw."""

import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from studio.images import AUTO, size_problems

from .composer import Composer

FIELD = re.compile(r'name="(\w+)"\r\n\r\n(.*?)\r\n--', re.DOTALL)  # a text field of a multipart body

STEPS = 60
TYPED = [
    "",
    "0",
    "-512",
    "1080",
    "1080.5",
    "16",
    "3841",
    "99999",
    "1e9",
    "1e300",
    "0.3",
    "abc",
    "8 0 0",
    "２０４８",
    "--",
]
KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Tab", "Shift+Tab", "Home", "End", "PageUp", "Space"]
# What is still being typed is no choice yet: leaving the field makes it one, as a click on the button would.
COMMITTED = """() => {
  if (document.activeElement.matches("#width, #height")) document.activeElement.blur()
  return Object.fromEntries(new FormData(document.querySelector("#composer form")))
}"""


class Walker:
    """Does one random thing after the other to an open picker."""

    def __init__(self, page: Page, seed: int) -> None:
        self.page, self.dice = page, random.Random(seed)
        self.picker = page.get_by_role("group", name="Size", exact=True)
        self.done: list[str] = []

    def step(self) -> None:
        if not self.page.locator("#size-panel:popover-open").count():
            self.page.keyboard.press("Escape")  # whatever else the keys have opened
            self.page.get_by_role("button", name="Size", exact=True).click()
        act: Callable[[], str] = self.dice.choice(
            [self.tier, self.shape, self.shape, self.type, self.type, self.type, self.press, self.press, self.close]
        )
        self.done.append(act())

    def tier(self) -> str:
        tier = self.dice.choice(["Standard", "2K", "4K"])
        self.picker.get_by_role("radio", name=tier, exact=True).check()
        return f"tier {tier}"

    def shape(self) -> str:
        shapes = self.picker.locator("input[name=size]:visible")
        at = self.dice.randrange(shapes.count())
        shapes.nth(at).check()
        return f"shape {at}"

    def type(self) -> str:
        name, text = self.dice.choice(["Width", "Height"]), self.dice.choice(TYPED)
        field = self.picker.get_by_label(name, exact=True)
        field.click(click_count=3)
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)
        key = self.dice.choice(["Tab", "Enter", "Control+Enter", "ArrowUp", "Shift+Tab"])
        self.page.keyboard.press(key)
        return f"{name} “{text}” {key}"

    def press(self) -> str:
        key = self.dice.choice(KEYS)
        self.page.keyboard.press(key)
        return key

    def close(self) -> str:
        self.page.keyboard.press("Escape")
        return "Escape"


def size_in(fields: dict[str, str]) -> str:
    return f"{fields.get('width')}x{fields.get('height')}" if fields["size"] == "custom" else fields["size"]


def broken_rules(size: str) -> list[object]:
    if size == AUTO:
        return []
    width, _x, height = size.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        return [f"{size!r} is no size"]
    return list(size_problems(int(width), int(height)))


@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_of_clicks_and_keys_leads_to_an_invalid_size(page: Page, seed: int) -> None:
    sent: list[dict[str, str]] = []

    def keep(route: Route, request: Request) -> None:
        if request.method != "POST":
            return route.continue_()
        sent.append(dict(FIELD.findall((request.post_data_buffer or b"").decode("utf-8", "replace"))))
        return route.fulfill(status=204)

    page.route("**/generations/", keep)
    composer = Composer(page).open()
    composer.prompt.fill("A random walk")
    walker = Walker(page, seed)

    for _step in range(STEPS):
        walker.step()
        size = size_in(page.evaluate(COMMITTED))
        assert broken_rules(size) == [], f"{size} after {walker.done[-5:]}"

    composer.page.keyboard.press("Control+Enter")
    assert [broken_rules(size_in(fields)) for fields in sent] == [[] for _fields in sent]


def test_a_width_that_does_not_fit_moves_to_the_nearest_and_says_why(page: Page) -> None:
    Composer(page).open()
    page.get_by_role("button", name="Size", exact=True).click()
    picker = page.get_by_role("group", name="Size", exact=True)
    picker.get_by_label("Width").fill("1920")
    picker.get_by_label("Height").fill("1080")
    picker.get_by_label("Height").press("Tab")

    expect(picker.get_by_label("Width")).to_have_value("1920")
    expect(picker.get_by_label("Height")).to_have_value("1088")
    expect(picker.locator(".size-message")).to_contain_text("1080 is not a multiple of 16")
    expect(picker.locator(".size-message")).to_contain_text("1088")
    expect(page.locator("[data-value='size']")).to_have_text("1920×1088")


def test_the_picker_shows_pixels_ratio_megapixels_and_price(page: Page) -> None:
    composer = Composer(page).open()
    composer.set(tier="4K", size="3840x2160", quality="medium")
    page.get_by_role("button", name="Size", exact=True).click()
    picker = page.get_by_role("group", name="Size", exact=True)

    for words in ("3840×2160", "16:9", "8.29 MP", "$0.10", "experimental: slower, dearer, fails more often"):
        expect(picker.locator(".size-foot")).to_contain_text(words)


def test_an_arrow_moves_one_edge_and_leaves_the_other(page: Page) -> None:
    composer = Composer(page).open()
    composer.choose_size("Standard", "1536x1024")
    page.get_by_role("button", name="Size", exact=True).click()
    picker = page.get_by_role("group", name="Size", exact=True)
    picker.get_by_label("Width").fill("3000")
    picker.get_by_label("Width").press("ArrowUp")
    expect(picker.get_by_label("Width")).to_have_value("3024")
    picker.get_by_label("Width").fill("9999")
    picker.get_by_label("Width").press("ArrowUp")
    expect(picker.get_by_label("Width")).to_have_value("3072")  # three times the height
    picker.get_by_label("Height").fill("")
    picker.get_by_label("Height").press("Tab")

    expect(picker.get_by_label("Height")).to_have_value("1024")
    expect(page.locator("[data-value='size']")).to_have_text("3072×1024")


def test_nothing_in_the_picker_moves_when_a_cheaper_twin_is_offered(phone_page: Page) -> None:
    page = phone_page
    page.goto("/")
    page.get_by_role("button", name="Describe a picture").click()
    composer = Composer(page)
    composer.choose("Quality", "medium")
    composer.choose_size("Standard", "1024x1024")
    page.get_by_role("button", name="Size", exact=True).click()
    picker = page.get_by_role("group", name="Size", exact=True)
    twin, shape = picker.locator("[data-action='twin']"), picker.locator(".shape[data-ratio='1:1']:visible")
    expect(twin).to_be_hidden()
    before = shape.bounding_box()
    picker.get_by_label("Width").fill("1920")
    picker.get_by_label("Height").fill("1080")
    picker.get_by_label("Height").press("Tab")
    expect(twin).to_be_visible()
    assert shape.bounding_box() == before
    twin.click()

    expect(page.locator("[data-value='size']")).to_have_text("1984×1008")
    assert shape.bounding_box() == before


def test_auto_too_may_have_a_cheaper_twin(page: Page) -> None:
    composer = Composer(page).open()
    composer.choose("Quality", "medium")
    page.get_by_role("button", name="Size", exact=True).click()
    picker = page.get_by_role("group", name="Size", exact=True)
    picker.get_by_role("radio", name="Auto").check()
    twin = picker.locator("[data-action='twin']")

    expect(twin).to_have_accessible_name(
        re.compile(r"^\d+×\d+ is close to what Auto generates and costs \$0\.\d+, \d+ % less")
    )
