"""Two versions of a thread over each other."""

from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .conversation import Conversation
from .test_pages import look_over, watched


def test_two_versions_of_a_thread_stand_over_each_other(page: Page, open_page: OpenPage) -> None:
    talk = Conversation(page).open()
    talk.draw_at_low()
    for words in ("A blue kite over a field", "Make it red"):
        talk.say(words)
        talk.answered(words)
    talk.versions.get_by_role("link", name="Compare").click()
    page.wait_for_url("**/comparison/")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0 % version 1")
    address = page.url
    assert look_over(watched(open_page), address) == ""
    page.get_by_role("link", name="Continue from version 2").click()
    expect(talk.place).to_contain_text("version 2")
