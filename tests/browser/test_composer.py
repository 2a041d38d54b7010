"""The composer: by keyboard alone, without JavaScript, with bad input, and with the price always on its button."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from studio.images import AUTO, ImageRequest, Size, estimate

from .composer import Composer, card_of, state_of
from .conftest import Faults, OpenPage

TRICKY = "“Quotes” & 'more' — 🎨 <script>document.title = 'taken over'</script> {{ 7 }}"


@pytest.fixture
def composer(page: Page) -> Composer:
    return Composer(page).open()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus."""
    wanted = page.locator(":focus").and_(page.get_by_role("button", name=name, exact=True))
    for _press in range(40):
        page.keyboard.press("Tab")
        if wanted.count():
            return
    raise AssertionError(f"Tab never reached “{name}”")


def test_a_picture_is_made_with_the_keyboard_alone(composer: Composer) -> None:
    page = composer.page
    composer.prompt.focus()
    page.keyboard.type("Only keys were pressed")
    tab_to(page, "Quality")
    page.keyboard.press("Enter")
    tab_into(page, "Quality")
    page.keyboard.press("Home")
    press_until_checked(page, "Low")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Quality", exact=True)).to_be_focused()
    tab_to(page, "Format")
    page.keyboard.press("Enter")
    tab_into(page, "Format")
    press_until_checked(page, "JPEG")
    page.keyboard.press("Control+Enter")

    card = card_of(page, "Only keys were pressed")
    state_of(card.locator(".tile"), "succeeded")
    expect(card.locator(".chips")).to_contain_text("Low")
    expect(card.locator(".chips")).to_contain_text("JPEG")


def tab_into(page: Page, group: str) -> None:
    """From the button that opened a group into its radios."""
    radio = page.locator(":focus").and_(page.get_by_role("group", name=group, exact=True).get_by_role("radio"))
    for _press in range(4):
        page.keyboard.press("Tab")
        if radio.count():
            return
    raise AssertionError(f"Tab never reached the radios of “{group}”")


def press_until_checked(page: Page, name: str) -> None:
    for _press in range(6):
        if page.locator(":focus").and_(page.get_by_role("radio", name=name, exact=True, checked=True)).count():
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"the arrows never reached “{name}”")


def test_earlier_prompts_come_back_with_alt_and_the_arrows(composer: Composer) -> None:
    composer.set(tier="Standard", size="1024x1024", quality="low")
    composer.generate("The first of two prompts")
    composer.generate("The second of two prompts")
    composer.prompt.fill("Half a thought")

    composer.prompt.press("Alt+ArrowUp")
    expect(composer.prompt).to_have_value("The second of two prompts")
    composer.prompt.press("Alt+ArrowUp")
    expect(composer.prompt).to_have_value("The first of two prompts")
    composer.prompt.press("Alt+ArrowDown")
    composer.prompt.press("Alt+ArrowDown")
    expect(composer.prompt).to_have_value("Half a thought")


def test_the_draft_survives_a_reload(composer: Composer) -> None:
    composer.set(tier="2K", size="2048x1152", quality="high", count=3, partials=2)
    composer.prompt.fill("Not sent yet")

    composer.page.reload()

    expect(composer.prompt).to_have_value("Not sent yet")
    posted = composer.page.evaluate("() => Object.fromEntries(new FormData(document.querySelector('#composer form')))")
    submission = {name: posted[name] for name in ("size", "quality", "n", "partial_images")}
    assert submission == {"size": "2048x1152", "quality": "high", "n": "3", "partial_images": "2"}


@pytest.mark.parametrize(("preset", "quality", "output_format"), [
    ("Draft", "Low", "JPEG"),
    ("Normal", "Medium", "PNG"),
    ("Final", "High", "PNG"),
])  # fmt: skip
def test_a_preset_sets_quality_and_format(composer: Composer, preset: str, quality: str, output_format: str) -> None:
    button = composer.page.get_by_role("button", name=preset, exact=True)
    button.click()

    expect(button).to_have_attribute("aria-pressed", "true")
    expect(composer.page.locator("[data-value='quality']")).to_have_text(quality)
    expect(composer.page.locator("[data-value='output_format']")).to_have_text(output_format)


def figures(text: str) -> list[float]:
    """The amounts on the button: one, or the two ends of a range."""
    found = re.search(r"about \$([\d.]+)(?:–([\d.]+))?$", text)
    assert found, text
    return [float(amount) for amount in found.groups() if amount]


@pytest.mark.parametrize(("tier", "size", "quality", "count", "partials"), [
    ("Standard", "1024x1024", "medium", 1, 0),
    ("Standard", "1536x1024", "low", 4, 0),
    ("2K", "2048x1152", "high", 1, 3),
    ("4K", "3840x2160", "medium", 10, 1),
    ("4K", "2880x2880", "auto", 2, 0),
])  # fmt: skip
def test_the_button_shows_the_estimate_for_all_of_it(
    composer: Composer, tier: str, size: str, quality: str, count: int, partials: int
) -> None:
    prompt = "Twelve words about a quiet street where nothing at all happens today"
    composer.prompt.fill(prompt)
    composer.set(tier=tier, size=size, quality=quality, count=count, partials=partials)

    request = ImageRequest(
        prompt=prompt, size=Size.parse(size), quality=quality, stream=partials > 0, partial_images=partials
    )
    expected = estimate(request)

    ends = [expected.low, expected.high] if quality == AUTO else [expected.expected]
    assert figures(composer.button.inner_text()) == [pytest.approx(float(end * count), rel=0.051) for end in ends]
    assert figures(composer.button.inner_text()) == [float(f"{end * count:.2g}") for end in ends]


def test_a_request_is_sent_and_shown_without_javascript(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("textbox", name="Prompt").fill("Sent by the browser itself")
    page.get_by_role("button", name="Generate").click()

    assert page.url.endswith("/")
    tile = card_of(page, "Sent by the browser itself").locator(".tile")
    state_of(tile, "succeeded")  # the page refreshes itself while something is drawn
    page.get_by_role("img", name="Sent by the browser itself").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Picture")
    expect(page.get_by_role("link", name="Download")).to_be_visible()


def test_without_javascript_an_empty_prompt_is_refused_in_the_page(open_page: OpenPage, faults: Faults) -> None:
    faults.allow("status of 422")
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_text("Advanced").click()
    page.get_by_label("Avoid").fill("fences")
    page.get_by_role("button", name="Generate").click()

    expect(page.locator("#prompt-error")).not_to_be_empty()
    expect(page.get_by_label("Avoid")).to_have_value("fences")


def test_an_empty_prompt_gets_a_sentence_and_loses_nothing(composer: Composer, faults: Faults) -> None:
    faults.allow("status of 422")
    composer.set(tier="2K", size="2048x1152", quality="high", count=2)
    avoid = composer.page.get_by_label("Avoid")  # in Advanced, which setting the previews has opened
    avoid.fill("watermarks")
    composer.button.click()

    expect(composer.page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_visible()
    expect(composer.prompt).to_be_focused()
    expect(composer.prompt).to_have_attribute("aria-invalid", "true")
    expect(composer.page.locator("[data-value='size']")).to_have_text("2048×1152")
    expect(composer.page.locator("[data-value='quality']")).to_have_text("High")
    expect(composer.page.locator("[data-value='n']")).to_have_text("2")
    expect(avoid).to_have_value("watermarks")


def test_a_prompt_of_32001_characters_gets_a_sentence_and_stays(composer: Composer, faults: Faults) -> None:
    faults.allow("status of 422")
    composer.prompt.fill("x" * 32_001)
    composer.button.click()

    expect(composer.page.locator("#prompt-error")).to_contain_text("32,001")
    expect(composer.prompt).to_have_value("x" * 32_001)
    composer.set(tier="Standard", size="1024x1024", quality="low")
    composer.generate("Short after all")
    expect(composer.page.locator("#prompt-error")).to_be_empty()


def test_tricky_prompts_are_text_everywhere(composer: Composer) -> None:
    page = composer.page
    composer.set(tier="Standard", size="1024x1024", quality="low")
    tile = composer.generate(TRICKY).locator(".tile")
    state_of(tile, "succeeded")
    expect(page.locator("article").first.locator(".generation-prompt")).to_have_text(TRICKY)
    page.reload()
    expect(tile.get_by_role("img", name=TRICKY[:140])).to_be_visible()
    tile.get_by_role("img", name=TRICKY[:140]).click()

    expect(page.locator(".picture-prompt")).to_have_text(TRICKY)
    assert page.title() != "taken over"
    page.get_by_role("link", name="Reuse settings").click()
    expect(composer.prompt).to_have_value(TRICKY)


def test_a_romantic_scene_gets_its_constraints_with_one_click(composer: Composer) -> None:
    page = composer.page
    composer.prompt.fill("Two lovers kissing on a balcony, passionate embrace")
    page.get_by_role("button", name="Add: adult, non-explicit, no nudity, fully clothed").click()
    expect(composer.prompt).to_have_value(
        "Two lovers kissing on a balcony, passionate embrace, adult, non-explicit, no nudity, fully clothed"
    )
    expect(composer.prompt).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("^Add: adult"))).to_have_count(0)


def test_a_refused_prompt_stays_in_the_box_with_the_category_above_it(composer: Composer, faults: Faults) -> None:
    faults.allow("status of 422")
    composer.prompt.fill("A naked woman on a bed")
    composer.prompt.press("Control+Enter")
    expect(composer.page.get_by_role("alert").filter(has_text="nudity or explicit sexual content")).to_be_visible()
    expect(composer.prompt).to_have_value("A naked woman on a bed")


def test_whoever_is_refused_may_send_the_words_to_the_admins(composer: Composer, faults: Faults) -> None:
    faults.allow("status of 422")
    page = composer.page
    composer.prompt.fill("A naked woman on a bed & <nothing> else")
    composer.prompt.press("Control+Enter")
    mistake = page.get_by_role("button", name="This is a mistake")
    expect(mistake).to_have_accessible_description("Sends your words to the admins. The studio did not keep them.")
    composer.prompt.fill("something else by now")
    with page.expect_request(lambda request: request.url.endswith("/objection/")) as sent:
        mistake.click()
    assert parse_qs(sent.value.post_data) == {"text": ["A naked woman on a bed & <nothing> else"]}
    expect(page.get_by_text("Sent. An admin will look at it.")).to_be_visible()
    expect(mistake).to_have_count(0)
    expect(composer.prompt).to_have_value("something else by now")
