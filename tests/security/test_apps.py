"""The access matrix of the apps beside Django, through the whole ASGI application."""

import asyncio
from typing import Any

from django.conf import settings
from django.test import Client

from studio.library import media
from studio.server import asgi

from .matrix import APPS, ROLES, rows
from .sample_data import SampleData

APP_ROWS = rows(APPS)
PATIENCE = 20.0  # seconds


def test_every_app_beside_django_has_a_line() -> None:
    addresses = [row.to(dict.fromkeys(SampleData.NAMES, "1")).partition("?")[0] for row in APP_ROWS]
    beside = [start for start, app in asgi.APPS.items() if app is not asgi.pages]  # the probes are pages for any host
    assert [start for start in beside if not any(address.startswith(start) for address in addresses)] == []
    files = [address.removeprefix(settings.MEDIA_URL) for address in addresses]
    assert [
        kind.pattern
        for kind in (media.PICTURE, media.MASK, media.PARTIAL, media.REPLY)
        if not any(map(kind.fullmatch, files))
    ] == []


async def status_of(method: str, address: str, cookie: str) -> int:
    """The status of a response of the whole ASGI application; the client then disconnects."""
    path, _, query = address.partition("?")
    began: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def receive() -> dict[str, Any]:
        await began
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            began.set_result(message["status"])

    headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
    await asyncio.wait_for(asgi.application(scope, receive, send), PATIENCE)
    return began.result()


def test_every_visitor_gets_the_files_and_streams_that_are_written_down(folder: None, transactional_db: None) -> None:
    asgi.static.add_files(settings.BASE_DIR / "static", prefix=settings.STATIC_URL)
    sample = SampleData()
    cookies = {role: cookie_of(person) for role, person in sample.people.items()}

    async def statuses() -> dict[str, dict[str, str]]:
        return {
            str(row): {role: str(await status_of(row.method, row.to(sample.values), cookies[role])) for role in ROLES}
            for row in APP_ROWS
        }

    assert asyncio.run(statuses()) == {str(row): row.answers for row in APP_ROWS}


def cookie_of(person: Any) -> str:
    if person is None:
        return ""
    browser = Client()
    browser.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"
