"""PgBouncer in transaction mode between studio and PostgreSQL: twelve people at once see what they came for."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.browser.process import Studio
from tests.server.visitor import Visitor

from .servers import needed, pgbouncer, postgresql

PAGES = ("/settings/health/", "/spend/upstreams/", "/", "/gallery/", "/spend/entries.csv", "/settings/upstreams/")
AT_ONCE = 12


def test_twelve_people_at_once_see_health_and_spend_through_pgbouncer(tmp_path: Path) -> None:
    with (
        needed(),
        postgresql() as database,
        pgbouncer(database) as pool,
        Studio(tmp_path / "studio", DATABASE_URL=f"{pool.url}?application_name=easel", SANDBOX_SPEED="0") as studio,
    ):
        ada = Visitor(studio).come_in()
        ada.submit("A boat", n="4")
        cookies = dict(ada.http.cookies)
        with httpx.Client(base_url=studio.address, cookies=cookies, timeout=60, trust_env=False) as http:

            def status(number: int) -> tuple[str, int]:
                page = PAGES[number % len(PAGES)]
                return page, http.get(page).status_code

            with ThreadPoolExecutor(AT_ONCE) as people:
                seen = set(people.map(status, range(AT_ONCE * 6)))
        assert {code for _page, code in seen} == {200}, seen
        assert "Traceback" not in studio.log.read_text()
