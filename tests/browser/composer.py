"""The Create page as a person uses it, and a quick way to submit where the composer is not the point."""

import uuid
from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from tests.composer_form import FORM

GENERATION_FORM = FORM | {"prompt": "A lighthouse in the fog"}


class Composer:
    """What is done on Create, in the words of what is seen there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.prompt = page.get_by_role("textbox", name="Prompt")
        self.button = page.get_by_role("button", name="Generate")
        self.feed = page.locator("#feed")

    def open(self) -> Self:
        self.page.goto("/")
        expect(self.button).to_contain_text("about")  # the price is there: the page's modules have run
        return self

    def choose(self, picker: str, choice: str) -> None:
        """Open a picker, choose by the value of its radio, close it."""
        self.page.get_by_role("button", name=picker, exact=True).click()
        group = self.page.get_by_role("group", name=picker, exact=True)
        group.locator(f"input[type=radio][value='{choice}']:not([name=tier])").check()
        self.page.keyboard.press("Escape")
        expect(group).to_be_hidden()

    def choose_size(self, tier: str, size: str) -> None:
        self.page.get_by_role("button", name="Size", exact=True).click()
        group = self.page.get_by_role("group", name="Size", exact=True)
        group.get_by_role("radio", name=tier, exact=True).check()
        group.locator(f"input[value='{size}']").check()
        self.page.keyboard.press("Escape")
        expect(group).to_be_hidden()

    def choose_partials(self, count: int) -> None:
        advanced = self.page.locator("details.advanced")
        if advanced.get_attribute("open") is None:
            advanced.locator("summary").click()
        group = self.page.get_by_role("group", name="Partial previews")
        group.get_by_role("radio", name=str(count), exact=True).check()

    def set(self, *, tier: str, size: str, quality: str, count: int = 1, partials: int = 0) -> None:
        """Everything that decides the price; PNG and the first model."""
        self.choose_size(tier, size)
        self.choose("Quality", quality)
        self.choose("Format", "png")
        self.choose("Count", str(count))
        self.choose_partials(partials)

    def generate(self, prompt: str) -> Locator:
        """Send the submission with a click; return its card."""
        self.prompt.fill(prompt)
        with self.page.expect_response(lambda answer: answer.url.endswith("/generations/")):
            self.button.click()
        return card_of(self.page, prompt)


def card_of(page: Page, prompt: str) -> Locator:
    """The newest card with a prompt."""
    prompts = page.locator(".generation-prompt").get_by_text(prompt, exact=True)
    card = page.locator("article").filter(has=prompts).first
    expect(card).to_be_visible()
    return card


def state_of(tile: Locator, state: str, *, seconds: float = 30) -> None:
    """Wait until a tile is in a state."""
    expect(tile).to_have_attribute("data-state", state, timeout=seconds * 1000)


def job_of(tile: Locator) -> str:
    """A tile's job number."""
    return (tile.get_attribute("id") or "").removeprefix("job-")


def submit_request(page: Page, **submission: Any) -> None:
    """Post a submission as the form without JavaScript would; the page's browser must have visited the studio."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    body = GENERATION_FORM | {name: str(value) for name, value in submission.items()}
    body |= {"token": str(uuid.uuid4()), "csrfmiddlewaretoken": cookies["csrftoken"]}
    answer = page.request.post("/generations/", form=body, max_redirects=0)
    assert answer.status == 302, answer.text()[:2000]
