"""People who were invited through the admin's pages."""

from dataclasses import dataclass

from playwright.sync_api import Browser, Page, StorageState

PASSWORD = "five green lanterns"


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `state` holds the cookies of a browser they are signed in with."""

    email: str
    state: StorageState


def invite(browser: Browser, address: str, admin: StorageState, email: str) -> Person:
    """Invite a designer as the admin does, and accept as they do."""
    context = browser.new_context(base_url=address, storage_state=admin)
    page = context.new_page()
    link = invitation_link(page, email)
    context.close()
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(f"{address}/")
    state = context.storage_state()
    context.close()
    return Person(email=email, state=state)


def invitation_link(page: Page, email: str) -> str:
    page.goto("/settings/people/")
    page.get_by_role("textbox", name="Email").fill(email)
    page.get_by_role("button", name="Invite").click()
    return page.get_by_role("textbox", name="Link").input_value()


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
