"""Notifications in a browser: by a service worker, and never to somebody who looks at a tab of the studio."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .composer import Composer, job_of, state_of, submit_request
from .conftest import OpenPage

# Chrome on Android has the constructor, and throws at whoever calls it.
AS_ON_ANDROID = """
globalThis.Notification = class extends Notification {
  constructor() { throw new TypeError("Illegal constructor.") }
}
"""
SHOWN = """async () => {
  const registrations = await navigator.serviceWorker.getRegistrations()
  const notes = await Promise.all(registrations.map(registration => registration.getNotifications()))
  return notes.flat().map(({ title, body, tag }) => ({ title, body, tag }))
}"""
TURN = """state => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state })
  document.dispatchEvent(new Event("visibilitychange"))
}"""


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page(permissions=["notifications"])
    page.context.add_init_script(AS_ON_ANDROID)
    return page


def bell(page: Page) -> Locator:
    return page.get_by_role("button", name="Tell me when done")


def tile_of(page: Page, prompt: str) -> Locator:
    return page.locator("article").filter(has_text=prompt).locator(".tile")


def submit(page: Page, prompt: str) -> str:
    """Submit and wait until the picture stands in the page; its job."""
    submit_request(page, prompt=prompt)
    tile = tile_of(page, prompt)
    state_of(tile, "succeeded", seconds=120)
    return job_of(tile)


def shown(page: Page) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = page.evaluate(SHOWN)
    return notes


def test_whoever_looks_at_no_tab_is_notified_where_the_constructor_throws(page: Page) -> None:
    Composer(page).open()
    bell(page).click()
    expect(bell(page)).to_have_attribute("aria-pressed", "true")
    page.evaluate(TURN, "hidden")
    job = submit(page, "A bell on a tower")
    page.wait_for_function(f"async () => (await ({SHOWN})()).length")
    assert shown(page) == [{"title": "Your picture is finished.", "body": "A bell on a tower", "tag": f"easel-{job}"}]


def test_whoever_looks_at_another_tab_of_the_studio_is_not_notified(page: Page) -> None:
    Composer(page).open()
    bell(page).click()
    other = page.context.new_page()
    other.goto("/gallery/")
    page.evaluate(TURN, "hidden")
    submit(page, "Seen to come")
    other.close()
    job = submit(page, "Nobody sees it come")
    page.wait_for_function(f"async () => (await ({SHOWN})()).length")
    assert [note["tag"] for note in shown(page)] == [f"easel-{job}"]


def test_over_plain_http_the_bell_is_not_offered(page: Page) -> None:
    page.add_init_script("Object.defineProperty(globalThis, 'isSecureContext', { get: () => false })")
    Composer(page).open()
    expect(bell(page)).to_have_count(0)
