"""The states of what is put in order: chosen pictures, collections, the trash, the storage."""

from collections.abc import Callable

from playwright.sync_api import Page


def put_in_order(desk: Page) -> None:
    """A collection that is shared, a private one, and three pictures in the trash."""
    act(desk, "collections", picture="4,5,6,7,8,9,10", name="Spring campaign")
    act(desk, "collections", picture="11,12", name="Packaging, round two")
    act(desk, "trash", picture="20,21,22")
    token = csrf_of(desk)
    details = {"name": "Spring campaign", "notes": "For the windows in April: warm light, no people.", "sharing": "see"}
    desk.request.post("/collections/1/details/", form=details, headers=token)


def act(desk: Page, noun: str, **data: str) -> None:
    answer = desk.request.post(f"/gallery/selection/{noun}/", form=dict(data), headers=csrf_of(desk))
    assert answer.ok, answer.text()[:500]


def csrf_of(desk: Page) -> dict[str, str]:
    return {"X-CSRFToken": {cookie["name"]: cookie["value"] for cookie in desk.context.cookies()}["csrftoken"]}


def choose_three(page: Page) -> None:
    pictures_are_there(page)
    for place in (0, 2, 3):
        tile = page.locator(".gallery-list > [data-picture]").nth(place)
        tile.hover()
        tile.get_by_role("checkbox", name="Select").check()


def open_collecting(page: Page) -> None:
    choose_three(page)
    page.get_by_role("button", name="Add to collection").click()


def open_details(page: Page) -> None:
    pictures_are_there(page)
    page.get_by_role("button", name="Name and sharing").click()


def pictures_are_there(page: Page) -> None:
    page.wait_for_function("() => [...document.images].slice(0, 8).every(image => image.complete)")


# Name → address, and what is done there first.
ORDERED: dict[str, tuple[str, Callable[[Page], object]]] = {
    "gallery-selected": ("/gallery/", choose_three),
    "gallery-collect": ("/gallery/", open_collecting),
    "collections": ("/collections/", pictures_are_there),
    "collection": ("/collections/1/", pictures_are_there),
    "collection-details": ("/collections/1/", open_details),
    "trash": ("/trash/", pictures_are_there),
    "settings-storage": ("/settings/storage/", pictures_are_there),
}
