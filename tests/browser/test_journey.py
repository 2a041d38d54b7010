"""The main job, end to end: a person asks, watches, leaves and comes back, cancels, retries, and finds it all again."""

import csv
import io
import re
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from studio.images import output_tokens

from .composer import Composer, card_of, job_of, state_of, submit_request
from .conftest import OpenPage

WATCH_PICTURES = """() => {
  window.pictures = []
  const digest = async source => {
    const bytes = await (await fetch(source)).arrayBuffer()
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].join()
  }
  const watch = new MutationObserver(records => {
    for (const record of records) for (const node of record.addedNodes) {
      const image = node.matches?.("img") ? node : node.querySelector?.("img")
      if (image?.closest(".tile-picture")) window.pictures.push([image.dataset.partial ?? "whole", digest(image.src)])
    }
  })
  watch.observe(document.querySelector("#feed"), { childList: true, subtree: true })
}"""
WATCHED = "async () => Promise.all(window.pictures.map(async ([name, digest]) => [name, await digest]))"


@pytest.fixture
def composer(page: Page) -> Composer:
    return Composer(page).open()


def tile_of(card: Locator) -> Locator:
    return card.locator(".tile")


def filed(page: Page, prompt: str, **submission: Any) -> Locator:
    """The tiles of a submission filed past the composer, on a fresh Create page."""
    submit_request(page, prompt=prompt, **submission)
    page.goto("/")
    return tile_of(card_of(page, prompt))


def booked_tokens(page: Page, job: str) -> list[int]:
    """The output tokens of a job's settled entries, as the CSV of entries says."""
    sheet = page.request.get("/spend/entries.csv").body().decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(sheet))
    return [int(row["Tokens out"]) for row in rows if (row["Job"], row["What"]) == (job, "Settled")]


def expect_in_gallery(page: Page, prompt: str, width: int, height: int) -> None:
    page.goto("/gallery/")
    picture = page.get_by_role("img", name=prompt, exact=True)
    expect(picture).to_have_attribute("width", str(width))
    expect(picture).to_have_attribute("height", str(height))


def test_a_square_picture_at_medium_is_kept_and_booked(composer: Composer) -> None:
    composer.set(tier="Standard", size="1024x1024", quality="medium")
    tile = tile_of(composer.generate("A copper kettle on a blue tablecloth"))

    state_of(tile, "succeeded")
    expect(tile.locator(".tile-caption")).to_contain_text(re.compile(r"\$0\.05\d\d"))
    job = job_of(tile)

    assert booked_tokens(composer.page, job) == [output_tokens(1024, 1024, "medium")]
    expect_in_gallery(composer.page, "A copper kettle on a blue tablecloth", 1024, 1024)


def test_three_partial_previews_arrive_one_after_the_other_before_the_picture(composer: Composer) -> None:
    # High, so that the sandbox, which is in a hurry here, leaves a second between two previews.
    composer.set(tier="Standard", size="1536x1024", quality="high", partials=3)
    composer.page.evaluate(WATCH_PICTURES)
    tile = tile_of(composer.generate("A valley at dawn in three washes"))
    state_of(tile, "succeeded")
    expect(tile.locator("a img")).to_be_visible()

    seen = composer.page.evaluate(WATCHED)
    job = job_of(tile)

    assert [name for name, _digest in seen] == ["1", "2", "3", "whole"]
    assert len({digest for _name, digest in seen}) == 4
    assert booked_tokens(composer.page, job) == [output_tokens(1536, 1024, "high") + 300]
    expect_in_gallery(composer.page, "A valley at dawn in three washes", 1536, 1024)


def test_a_4k_picture_is_announced_as_experimental_and_arrives(composer: Composer) -> None:
    composer.page.get_by_role("button", name="Size", exact=True).click()
    picker = composer.page.get_by_role("group", name="Size", exact=True)
    picker.get_by_role("radio", name="4K").check()
    picker.locator("input[value='3840x2160']").check()
    expect(picker.get_by_text("experimental: slower, dearer, fails more often")).to_be_visible()
    composer.page.keyboard.press("Escape")
    composer.set(tier="4K", size="3840x2160", quality="medium")
    tile = tile_of(composer.generate("A harbour seen from a kite"))

    state_of(tile, "succeeded", seconds=60)
    job = job_of(tile)

    assert booked_tokens(composer.page, job) == [output_tokens(3840, 2160, "medium")]
    expect_in_gallery(composer.page, "A harbour seen from a kite", 3840, 2160)


def test_closing_the_tab_loses_nothing_and_the_tray_tells_of_it(open_page: OpenPage) -> None:
    first = open_page()
    first.goto("/")
    tile = filed(first, "A letter posted before leaving sandbox:slow")
    state_of(tile, "running")
    job = job_of(tile)
    context = first.context
    first.close()
    wait_for_end(context, job)

    page = context.new_page()
    page.goto("/")

    tray = page.get_by_role("region", name="Finished while you were away")
    expect(tray.get_by_role("img", name="A letter posted before leaving")).to_be_visible()
    state_of(tile_of(card_of(page, "A letter posted before leaving sandbox:slow")), "succeeded")
    tray.get_by_role("button", name="Got it").click()
    expect(tray).to_have_count(0)
    page.reload()
    expect(tray).to_have_count(0)


def wait_for_end(context: BrowserContext, job: str) -> None:
    """Ask for a job's page, which opens no live feed this way, until the job is over."""
    deadline = time.monotonic() + 30
    while 'data-state="running"' in context.request.get(f"/jobs/{job}/").text():
        assert time.monotonic() < deadline, "the job never ended"
        time.sleep(0.2)


def test_two_clicks_make_two_generations_and_a_double_click_makes_one(composer: Composer) -> None:
    composer.set(tier="Standard", size="1024x1024", quality="low")
    articles = composer.page.locator("article").filter(has_text="Counted clicks")

    composer.generate("Counted clicks")
    expect(articles).to_have_count(1)
    composer.generate("Counted clicks")
    expect(articles).to_have_count(2)
    composer.button.dblclick()
    expect(articles).to_have_count(3)
    state_of(articles.first.locator(".tile"), "succeeded")
    composer.page.reload()
    expect(articles).to_have_count(3)


def test_a_waiting_picture_is_canceled_at_once_and_a_running_one_is_kept_when_it_still_arrives(
    composer: Composer,
) -> None:
    tiles = filed(composer.page, "Two heavy stones sandbox:slow", size="2048x2048", n=2)  # large: one at a time
    running, waiting = tiles.nth(0), tiles.nth(1)
    state_of(running, "running")
    expect(waiting).to_contain_text("queued")

    waiting.get_by_role("button", name="Cancel").click()
    state_of(waiting, "canceled")
    expect(waiting).to_contain_text("Not charged", ignore_case=True)
    running.get_by_role("button", name="Cancel").click()
    expect(running).to_contain_text("Canceling does not undo the charge")
    expect(running.get_by_role("button", name="Cancel")).to_have_count(0)
    state_of(running, "canceled")
    expect(running.get_by_role("img", name="Two heavy stones")).to_be_visible()
    expect(running).to_contain_text("arrived after canceling")


def test_a_failed_tile_says_what_happened_what_it_cost_and_what_to_do(composer: Composer) -> None:
    tile = filed(composer.page, "A rope that breaks sandbox:cut-once")
    state_of(tile, "failed")

    expect(tile.locator(".tile-sentence")).to_contain_text(".")
    expect(tile.locator(".tile-charge")).to_have_text("may have been charged", ignore_case=True)
    tile.get_by_text("Details").click()
    for request_id in tile.locator(".tile-request code").all():
        expect(request_id).not_to_be_empty()
    expect(tile.get_by_role("button", name="Copy Request id")).to_be_visible()

    tile.get_by_role("button", name="Retry").click()
    state_of(tile, "succeeded")
    expect(tile.get_by_role("img", name="A rope that breaks")).to_be_visible()


def test_a_refused_prompt_costs_nothing_and_offers_to_edit_it(composer: Composer) -> None:
    tile = filed(composer.page, "Something the model declines sandbox:refused")
    state_of(tile, "failed")

    expect(tile.locator(".tile-charge")).to_have_text("not charged", ignore_case=True)
    composer.prompt.fill("Something else")
    tile.get_by_role("button", name="Edit the prompt").click()
    expect(composer.prompt).to_have_value("Something the model declines sandbox:refused")
    expect(composer.prompt).to_be_focused()


def test_a_full_gateway_is_waited_for_and_then_draws(composer: Composer) -> None:
    tile = filed(composer.page, "A queue at the baker's sandbox:429-once")

    expect(tile).to_contain_text(re.compile(r"queued: paused until \d\d:\d\d \(limit reached\)"))
    state_of(tile, "succeeded")


def test_one_of_several_fails_alone(composer: Composer) -> None:
    tiles = filed(composer.page, "Three siblings sandbox:500-once", n=3)

    expect(tiles).to_have_count(3)
    expect(tiles.and_(composer.page.locator("[data-state='failed']"))).to_have_count(1)
    expect(tiles.and_(composer.page.locator("[data-state='succeeded']"))).to_have_count(2)


def test_a_tile_says_when_it_is_late_without_giving_up(page: Page) -> None:
    page.clock.install()
    Composer(page).open()
    tile = filed(page, "A slow boat sandbox:slow")
    late = tile.get_by_text("This is taking longer than usual.")
    state_of(tile, "running")
    expect(late).to_be_hidden()

    page.clock.fast_forward("02:01")

    expect(tile).to_have_attribute("data-late", "")
    expect(late).to_be_visible()
    expect(tile.locator("elapsed-time")).to_have_text(re.compile(r"2:0\d"))
    expect(tile.get_by_role("button", name="Cancel")).to_be_visible()
    state_of(tile, "succeeded")


def test_a_card_filed_elsewhere_appears_by_itself(page: Page) -> None:
    with page.expect_response(re.compile(r"/live/")):
        page.goto("/")
    submit_request(page, prompt="Sent from another device")

    state_of(tile_of(card_of(page, "Sent from another device")), "succeeded")
