"""Money as a person meets it: what is said before the click, and the way from a month's sum to its dearest picture."""

import re
import subprocess
import sys
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from .composer import Composer, card_of, state_of, submit_request
from .conftest import OpenPage
from .people import Person
from .process import ROOT, Studio

# Submissions of the month before, filed as any other, and drawn and paid for by the studio that runs.
FILE_LAST_MONTH = """
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from studio.accounts.models import User
from studio.generations.models import Generation
from studio.images import ImageRequest, Size
then = timezone.localtime().replace(day=1, hour=12) - timedelta(days=3)
for prompt, quality in {submissions}:
    Generation.objects.submit(
        owner=User.objects.get(email={email!r}), token=uuid4(), now=then,
        request=ImageRequest(prompt=prompt, size=Size(1024, 1024), quality=quality),
    )
"""


@pytest.fixture
def last_month(studio: Studio, ben: Person, open_page: OpenPage) -> str:
    """Three pictures of Ben's; the prompt of the dearest."""
    name = uuid.uuid4().hex[:8]
    submissions = [(f"Cheap {name}", "low"), (f"Dear {name}", "high"), (f"Fair {name}", "medium")]
    script = FILE_LAST_MONTH.format(submissions=submissions, email=ben.email)
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", script]
    subprocess.run(command, cwd=ROOT, env=studio.environ, check=True, capture_output=True, timeout=60)
    page = open_page(storage_state=ben.state)
    page.goto("/")
    for prompt, _quality in submissions:
        state_of(card_of(page, prompt).locator(".tile"), "succeeded", seconds=60)
    return f"Dear {name}"


def test_an_admin_opens_the_dearest_picture_of_last_month_with_three_clicks(page: Page, last_month: str) -> None:
    page.goto("/spend/")
    clicks: list[Locator] = []

    def click(what: Locator) -> None:
        clicks.append(what)
        what.click()

    click(page.get_by_role("link", name="Last month"))
    dearest = page.get_by_role("region", name="Most expensive pictures").get_by_role("listitem").first
    expect(dearest).to_contain_text("high")
    click(dearest.get_by_role("link"))
    click(page.get_by_role("button", name="Open the picture"))

    picture = page.get_by_role("region", name="Picture").get_by_role("img")
    expect(picture).to_have_attribute("alt", last_month)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    assert len(clicks) == 3
    # And back to where it was found.
    page.get_by_role("link", name="Back to the entries").click()
    expect(page).to_have_url(re.compile(r"/spend/\?month=\d{4}-\d\d"))


def test_before_the_click_it_says_what_is_dear_and_what_was_paid_for(open_page: OpenPage, ben: Person) -> None:
    page = open_page(storage_state=ben.state)
    page.goto("/")
    prompts = [f"A pier in the rain {uuid.uuid4().hex[:6]}" for _ in range(3)]
    for prompt in prompts:
        submit_request(page, prompt=prompt, size="1024x1024", quality="low")
    page.reload()
    for prompt in prompts:
        state_of(card_of(page, prompt).locator(".tile"), "succeeded")

    composer = Composer(page).open()
    composer.set(tier="Standard", size="1024x1024", quality="low")
    dear = page.locator("[data-note='expensive']")
    expect(dear).to_be_hidden()
    with page.expect_response(lambda answer: answer.url.endswith("/duplicates/")):
        composer.prompt.fill("Nobody has asked for this yet")
    expect(page.locator("#duplicate-note")).to_be_empty()
    composer.set(tier="4K", size="3840x2160", quality="high")
    expect(dear).to_contain_text("times your usual price for a picture")

    composer.set(tier="Standard", size="1024x1024", quality="low")
    composer.prompt.fill(prompts[0])
    repeat = page.locator("#duplicate-note")
    expect(repeat).to_contain_text(re.compile(r"You paid \$0\.\d{4} for this exact request today at"))
    repeat.get_by_role("link", name="Open it").click()
    expect(page.get_by_role("img", name=prompts[0]).first).to_be_visible()
    page.go_back()
    expect(composer.prompt).to_have_value(prompts[0])
