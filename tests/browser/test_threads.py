"""Refining in conversation, end to end: words stream in, versions branch, the ledger says what the gateway billed."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.conftest import running

from .composer import Composer
from .conftest import WIDE, Faults, OpenPage
from .conversation import Conversation, version_of
from .process import Studio

FORGETFUL = "sk-oauth-0123456789abcdef"  # the sandbox takes such a key for a ChatGPT account's
CENT = Decimal("0.01")
SHOWN = Decimal("0.0001")  # prices stand there with four decimals


@dataclass(frozen=True)
class Place:
    """A page in a studio, and the billing log of the gateway behind it."""

    page: Page
    log: Path

    def bill(self) -> list[dict[str, Any]]:
        """What was asked in conversations so far."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in map(json.loads, lines) if line["endpoint"] == "responses"]


@pytest.fixture
def place(studio: Studio, open_page: OpenPage) -> Place:
    """The studio with its own sandbox, which stores what it is asked to."""
    return Place(open_page(), studio.data / "sandbox" / "requests.jsonl")


@pytest.fixture
def forgetful(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A studio whose gateway leads to a ChatGPT account: `previous_response_id` and `store` are refused there."""
    folder = tmp_path_factory.mktemp("forgetful")
    with (
        running(folder / "gateway", SANDBOX_SPEED="0.02") as gateway,
        Studio(folder / "studio", GATEWAY_BASE_URL=gateway.url, GATEWAY_API_KEY=FORGETFUL) as studio,
    ):
        faults = Faults(studio.address)
        context = browser.new_context(base_url=studio.address, reduced_motion="reduce", **WIDE)
        context.on("page", faults.watch)
        page = context.new_page()
        page.goto(studio.sign_in_link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{studio.address}/")
        yield Place(page, gateway.log)
        context.close()
        assert faults.unexpected() == []


@pytest.mark.parametrize(("gateway", "long_answers"), [("place", 3), ("forgetful", 1)])
def test_a_picture_is_refined_branched_and_masked_in_one_conversation(
    request: pytest.FixtureRequest, gateway: str, long_answers: int
) -> None:
    here: Place = request.getfixturevalue(gateway)
    before = len(here.bill())
    conversation = Conversation(here.page).open()
    conversation.draw_at_low()
    conversation.say("A chair by a window")
    conversation.ready()
    conversation.answered("A chair by a window")

    conversation.watch_words()
    turns = []
    for at, words in enumerate(["Warmer light", "No curtains", "A blue chair"]):
        said = f"{words} sandbox:at-length" if at < long_answers else words
        conversation.say(said)
        turns.append(conversation.answered(said))
    for turn in turns[:long_answers]:
        heard, answer = conversation.heard(turn), turn.locator(".turn-text").inner_text()
        assert len(heard) >= 2  # grown before the end
        assert all(later.startswith(sooner) for sooner, later in pairwise([*heard, answer]))

    conversation.versions.get_by_role("link", name="Continue from version 2").click()
    expect(conversation.place).to_contain_text("New branch from version 2")
    conversation.paint()
    expect(conversation.place).to_contain_text("With a mask, only this version is sent")
    conversation.say("A brass lamp")
    masked = conversation.answered("A brass lamp")
    expect(masked.get_by_role("img", name="Mask")).to_be_visible()
    expect(masked).to_contain_text("from version 2")

    assert version_of(masked) == 5
    expect(conversation.lineage).to_have_count(5)
    assert conversation.tree() == [(1, 0), (2, 0), (5, 1), (3, 0), (4, 0)]  # the branch hangs below the version it left
    conversation.page.reload()
    conversation.ready()
    lines = here.bill()[before:]
    assert [line["status"] for line in lines] == [200] * 5
    assert bool(lines[-1]["mask"])
    check_money(conversation, lines)


def check_money(conversation: Conversation, lines: list[dict[str, Any]]) -> None:
    """Each turn, the thread and the ledger say what the gateway's log says, pictures and words apart."""
    turns = conversation.page.locator("li.turn[data-job]").all()
    for turn, line in zip(turns, lines, strict=True):
        shown = conversation.costs_of(turn)
        assert abs(shown["picture"] - Decimal(line["cost"])) < SHOWN
        assert abs(shown["text"] - Decimal(line["text_cost"])) < SHOWN
    pictures = sum(Decimal(line["cost"]) for line in lines)
    words = sum(Decimal(line["text_cost"]) for line in lines)
    costs = conversation.costs()
    assert abs(costs["Pictures"] - pictures) < SHOWN
    assert abs(costs["Text"] - words) < SHOWN
    assert abs(costs["Total"] - pictures - words) < SHOWN
    jobs = [turn.get_attribute("data-job") for turn in turns]
    sheet = conversation.page.request.get("/spend/entries.csv").body().decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(sheet)) if row["Job"] in jobs and row["What"] == "Settled"]
    drawn = [Decimal(row["Computed in USD"]) for row in rows if row["Model"] == "gpt-image-2"]
    said = [Decimal(row["Computed in USD"]) for row in rows if row["Model"] == "gpt-5.5"]
    assert (len(drawn), len(said), len(rows)) == (5, 5, 10)
    assert abs(sum(drawn) - pictures) < CENT
    assert abs(sum(said) - words) < CENT
    assert {row["Certainty"] for row in rows} == {"from the reported usage"}


def test_closing_the_tab_in_the_middle_of_an_answer_loses_nothing(page: Page) -> None:
    conversation = Conversation(page).open()
    conversation.draw_at_low()
    conversation.say("A kettle on a stove sandbox:at-length")
    page.wait_for_url("**/threads/*/")
    turn = conversation.turn("A kettle on a stove sandbox:at-length")
    expect(turn.locator(".turn-text")).to_be_visible()
    assert turn.get_attribute("data-state") == "running"
    context, address = page.context, page.url
    page.close()
    deadline = time.monotonic() + 30
    while "Version 1" not in context.request.get(address).text():
        assert time.monotonic() < deadline, "the answer never came"
        time.sleep(0.2)

    conversation = Conversation(context.new_page()).open(address)
    turn = conversation.answered("A kettle on a stove sandbox:at-length")
    expect(turn.locator(".turn-text")).to_contain_text("a little deeper in the shade.")
    expect(turn.get_by_role("img", name="A kettle on a stove")).to_be_visible()
    assert set(conversation.costs_of(turn)) == {"picture", "text"}


def test_a_plan_changes_nothing_before_a_person_says_so(page: Page) -> None:
    composer = Composer(page).open()
    mine = "A red boat in the fog"
    composer.prompt.fill(mine)
    card = page.get_by_role("group", name="Suggested prompt")
    for _time in range(2):  # the second plan takes the place of the first
        with page.expect_response("**/plans/"):
            page.get_by_role("button", name="Plan first").click()
        expect(card.locator("ins")).to_contain_text("in soft natural light")
        expect(card).to_have_count(1)
        expect(composer.prompt).to_have_value(mine)
        page.reload()
        expect(composer.prompt).to_have_value(mine)

    card.get_by_role("button", name="Use it").click()

    expect(composer.prompt).to_have_value(re.compile("^A red boat in the fog, in soft natural light"))
    expect(card).to_have_count(0)
    page.reload()
    expect(card).to_have_count(0)
