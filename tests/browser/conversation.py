"""A thread as a person uses it: say something, watch the words come, branch, paint a mask, read what it cost."""

import re
from decimal import Decimal
from typing import Self

from playwright.sync_api import Locator, Page, expect

from .editor import Editor

# Every different text an answer had while its turn was still under way, by turn.
WATCH_WORDS = """() => {
  window.heard = {}
  const look = () => {
    for (const turn of document.querySelectorAll(".turn[data-state='running']")) {
      const said = turn.querySelector(".turn-text")?.textContent
      const heard = window.heard[turn.id] ??= []
      if (said && heard.at(-1) !== said) heard.push(said)
    }
  }
  const everything = { childList: true, subtree: true, attributes: true }
  new MutationObserver(look).observe(document.querySelector("#turns"), everything)
}"""


class Conversation:
    """What is done in a thread, in the words of what is seen there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.prompt = page.get_by_role("textbox", name="Prompt")
        self.button = page.get_by_role("button", name=re.compile("^Send"))
        self.place = page.locator("#base")
        self.versions = page.get_by_role("complementary", name="Versions")
        self.lineage = self.versions.get_by_role("listitem")

    def open(self, address: str = "/threads/new/") -> Self:
        self.page.goto(address)
        return self.ready()

    def ready(self) -> Self:
        expect(self.button).to_contain_text("about")  # the price is there: the page's modules have run
        return self

    def draw_at_low(self) -> None:
        self.choose("Quality", "low")

    def choose(self, picker: str, choice: str) -> None:
        self.page.get_by_role("button", name=picker, exact=True).click()
        group = self.page.get_by_role("group", name=picker, exact=True)
        group.locator(f"input[type=radio][value='{choice}']:not([name=tier])").first.check()
        self.page.keyboard.press("Escape")
        expect(group).to_be_hidden()

    def say(self, words: str) -> Locator:
        """Send a message; its turn."""
        self.prompt.fill(words)
        with self.page.expect_response(lambda answer: answer.request.method == "POST" and "/threads/" in answer.url):
            self.button.click()
        return self.turn(words)

    def turn(self, words: str) -> Locator:
        """The newest turn with these words."""
        said = self.page.locator(".turn-prompt").get_by_text(words, exact=True)
        turn = self.page.locator("li.turn").filter(has=said).last
        expect(turn).to_be_visible()
        return turn

    def answered(self, words: str, *, state: str = "succeeded") -> Locator:
        """Wait for the end of a turn, and until the composer may go on from it."""
        turn = self.turn(words)
        expect(turn).to_have_attribute("data-state", state, timeout=30_000)
        expect(self.place).not_to_have_attribute("data-waiting", "")
        return turn

    def watch_words(self) -> None:
        self.page.evaluate(WATCH_WORDS)

    def heard(self, turn: Locator) -> list[str]:
        """What the answer of a turn was while it grew."""
        texts: list[str] = self.page.evaluate("id => window.heard[id] ?? []", turn.get_attribute("id"))
        return texts

    def paint(self) -> None:
        """Paint the middle of the version gone on from, and bring the mask into the conversation."""
        self.place.get_by_role("link", name="Paint a mask").click()
        editor = Editor(self.page).ready()
        editor.choose("Rectangle")
        box = self.page.locator(".mask-picture").bounding_box()
        assert box
        corners = [(box["x"] + box["width"] * part, box["y"] + box["height"] * part) for part in (0.3, 0.6)]
        editor.drag(corners)
        self.page.get_by_role("button", name="Use this mask").click()
        self.page.wait_for_url(re.compile(r"mask=\d+"))
        self.ready()

    def tree(self) -> list[tuple[int, int]]:
        """The versions as they stand in the tree: number and depth."""
        read = (
            """nodes => nodes.map(node => [node.querySelector("[data-number]").dataset.number, node.dataset.depth])"""
        )
        return [(int(number), int(depth)) for number, depth in self.lineage.evaluate_all(read)]

    def costs(self) -> dict[str, Decimal]:
        """What the thread has cost, as its page says: Pictures, Words, Together."""
        facts: list[list[str]] = self.versions.locator("dl").evaluate(
            """facts => [...facts.querySelectorAll("dt")].map(name => [name, name.nextElementSibling])
              .map(([name, value]) => [name.textContent, value.textContent])"""
        )
        return {name: usd(value) for name, value in facts}

    def costs_of(self, turn: Locator) -> dict[str, Decimal]:
        """What a turn has cost: picture, words."""
        shown = [text.split() for text in turn.locator(".turn-costs li").all_text_contents() if "$" in text]
        return {words[0]: usd(words[-1]) for words in shown}


def usd(words: str) -> Decimal:
    return Decimal(re.findall(r"\$([\d.]+)", words)[0])


def version_of(turn: Locator) -> int:
    """The number of the version that came of a turn."""
    return int(re.findall(r"\d+", turn.locator(".turn-number").inner_text())[0])
