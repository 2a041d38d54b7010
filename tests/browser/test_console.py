"""The browser's console stays silent; `faults` fails a test for every error and warning in it."""

from playwright.sync_api import Page, expect

from .conftest import Faults


def test_a_prompt_that_was_made_taller_and_refused_breaks_no_policy(page: Page, faults: Faults) -> None:
    faults.allow("status of 422")
    page.goto("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.evaluate("field => { field.style.height = '200px' }")  # as its handle does
    prompt.press("Control+Enter")
    expect(prompt).to_have_attribute("aria-invalid", "true")


def test_every_feature_that_is_ruled_out_is_one_the_browser_knows(page: Page) -> None:
    answer = page.goto("/")
    assert answer
    known = page.evaluate("() => document.featurePolicy.features()")
    named = [part.split("=")[0].strip() for part in answer.headers["permissions-policy"].split(",")]
    assert [name for name in named if name not in known] == []
