"""The pages of Settings: a list of them at the side of each, and one width."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from studio.accounts.models import User

PAGES = {
    "You": "/settings/",
    "Security": "/settings/security/",
    "People": "/settings/people/",
    "Upstreams": "/settings/upstreams/",
    "Health": "/settings/health/",
    "Prices": "/settings/prices/",
    "Budgets": "/settings/budgets/",
    "Approvals": "/approvals/",
    "Safety": "/settings/safety/",
    "Studio": "/settings/studio/",
    "Storage": "/settings/storage/",
    "Audit": "/settings/audit/",
}
LISTED = re.compile(r'<a href="([^"]+)"( aria-current="page")?>\s*<svg.*?</svg>\s*(\w+)\s*</a>', re.DOTALL)


def listed(client: Client, address: str) -> list[tuple[str, str, bool]]:
    """The list at the side of a page: (name, address, whether it is this one)."""
    html = client.get(address).content.decode()
    [side] = re.findall(r'<nav class="settings-nav".*?</nav>', html, re.DOTALL)
    assert re.search(r'</nav>\s*<(div|form) class="page', html)
    return [(name, to, bool(current)) for to, current, name in LISTED.findall(side)]


@pytest.mark.parametrize("name", PAGES)
def test_each_page_of_settings_is_marked_in_the_list_at_its_side(
    ada: User, client_of: Callable[[User], Client], name: str
) -> None:
    found = listed(client_of(ada), PAGES[name])
    assert {listed_name: to for listed_name, to, _is_current in found} == PAGES
    assert [listed_name for listed_name, _to, is_current in found if is_current] == [name]


def test_a_designer_is_shown_the_pages_of_their_own(ben: User, client_of: Callable[[User], Client]) -> None:
    assert [name for name, _to, _is_current in listed(client_of(ben), "/settings/")] == ["You", "Security"]
