"""A conversation's states, for `states.py`: begun, answered, branched, under way, and every bad end."""

import re
import uuid
from typing import Any

from playwright.sync_api import Page, expect

from .composer import GENERATION_FORM
from .conversation import Conversation

FIRST = "A reading chair by a tall window, morning light"
LATER = ["Warmer light, and lose the second chair", "Linen curtains, half drawn"]
BRANCH = "From here: two chairs and a small round table"
QUESTION = "Which of these is calmer, and why?"
ENDS = {  # one more message to a thread of one picture
    "thread_refused": "Something the model would rather not draw sandbox:refusal",
    "thread_failed": "A rope that breaks sandbox:500-late",
    "thread_interrupted": "A long story about a chair sandbox:cut-words",
    "thread_two": "The same chair, twice sandbox:two-pictures",
}
PARTIAL = "Softer, please sandbox:silent"


def make_threads(desk: Page) -> dict[str, object]:
    """A thread for each state; their numbers by name."""
    places: dict[str, object] = {"thread": branched(desk), "thread_partial": begun(desk)}
    say(desk, places["thread_partial"], PARTIAL, partial_images=2, is_over=False)
    for name, words in ENDS.items():
        places[name] = begun(desk)
        say(desk, places[name], words)
    places["thread_streaming"] = begun(desk)
    thrown = begun(desk)
    cookies = {cookie["name"]: cookie["value"] for cookie in desk.context.cookies()}
    desk.request.post(f"/threads/{thrown}/trashing/", form={"csrfmiddlewaretoken": cookies["csrftoken"]})
    return places


def branched(desk: Page) -> int:
    thread = begun(desk)
    for words in LATER:
        say(desk, thread, words)
    desk.goto(f"/threads/{thread}/")
    second = desk.get_by_role("complementary").get_by_role("link", name="Continue from version 2")
    desk.goto(second.get_attribute("href") or "")
    talk = Conversation(desk).ready()
    talk.say(BRANCH)
    talk.answered(BRANCH)
    say(desk, thread, QUESTION)
    return thread


def begun(desk: Page) -> int:
    """A new thread with its first picture; its number."""
    return int(re.findall(r"/threads/(\d+)/", post_turn(desk, "/threads/", FIRST))[0])


def say(desk: Page, thread: object, words: str, *, is_over: bool = True, **submission: Any) -> None:
    """One more message at the end of a thread, which must be answered before it can be sent."""
    desk.goto(f"/threads/{thread}/")
    expect(desk.locator("#base")).not_to_have_attribute("data-waiting", "")
    place = {name: desk.locator(f"#base [name={name}]").input_value() for name in ("parent", "base")}
    post_turn(desk, f"/threads/{thread}/turns/", words, **(place | submission))
    desk.goto(f"/threads/{thread}/")
    if is_over:
        expect(desk.locator("#base")).not_to_have_attribute("data-waiting", "")


def post_turn(desk: Page, address: str, words: str, **submission: Any) -> str:
    """Post a message as the form without JavaScript would; where that leads."""
    cookies = {cookie["name"]: cookie["value"] for cookie in desk.context.cookies()}
    body = GENERATION_FORM | {"main_model": "gpt-5.5", "way": "open", "size": "1536x1024", "output_format": "jpeg"}
    body |= {name: str(value) for name, value in submission.items()} | {"prompt": words, "token": str(uuid.uuid4())}
    answer = desk.request.post(address, form=body | {"csrfmiddlewaretoken": cookies["csrftoken"]}, max_redirects=0)
    assert answer.status == 302, answer.text()[:2000]
    return answer.headers["location"]


def show_streaming(page: Page) -> None:
    """An answer whose words are still coming."""
    words = "Softer light, please, and a little more room around the chair sandbox:at-length"
    turn = Conversation(page).ready().say(words)
    expect(turn.locator(".turn-text")).to_contain_text("mood")


def show_partial(page: Page) -> None:
    expect(page.locator(".tile-partial")).to_be_visible()


def show_branch(page: Page) -> None:
    talk = Conversation(page).ready()
    page.locator(".turn").get_by_role("link", name="Continue from here").nth(1).click()
    expect(talk.place).to_contain_text("New branch from version 2")


def show_menu(page: Page) -> None:
    page.get_by_role("button", name="This thread").click()


def show_plan(page: Page) -> None:
    """A better prompt under the person's own, word by word."""
    opener = page.get_by_role("button", name="Describe a picture")
    if opener.is_visible():
        opener.click()
    page.get_by_role("textbox", name="Prompt").fill("A red boat in the fog, seen from the pier")
    page.get_by_role("button", name=re.compile("^Plan")).click()
    expect(page.locator("plan-card ins").first).to_be_visible()
    page.locator("plan-card").scroll_into_view_if_needed()
