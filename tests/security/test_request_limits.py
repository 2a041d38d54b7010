"""Limits of request bodies: a larger one is refused while it arrives, before Django stores any of it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from studio.accounts.asgi_session import person_of
from studio.accounts.models import User
from studio.web import request_limits

from .test_apps import PATIENCE, cookie_of

pytestmark = pytest.mark.usefixtures("transactional_db")

MEGABYTE = 1 << 20


class Sender:
    """Sends bodies to the application and counts how many bytes it took."""

    def __init__(self, cookie: str = "") -> None:
        self.cookie = cookie
        self.kept = 0  # bytes that reached the application behind the limit

    async def application(self, _scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            self.kept += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"taken"})

    def post(self, path: str, chunks: Iterator[bytes], *, announced: int | None = None, **headers: str) -> Any:
        return asyncio.run(asyncio.wait_for(self._post(path, chunks, announced, headers), PATIENCE))

    async def _post(self, path: str, chunks: Any, announced: int | None, headers: dict[str, str]) -> Any:
        fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        fields += [(b"host", b"localhost"), (b"cookie", self.cookie.encode())]
        fields += [(b"content-length", str(announced).encode())] if announced is not None else []
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            chunk = next(chunks, None)
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "headers": fields}
        await request_limits.RequestSizeLimit(
            self.application, is_signed_in=lambda scope: person_of(scope) is not None
        )(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()


def stream(megabytes: int) -> Iterator[bytes]:
    return iter([bytes(MEGABYTE)] * megabytes)


@pytest.fixture
def ben_sends(ben: User) -> Sender:
    return Sender(cookie_of(ben))


def test_a_form_of_ordinary_size_is_taken_from_anybody() -> None:
    assert Sender().post("/accounts/login/", iter([b"a" * 1000]), announced=1000) == (200, "taken")


@pytest.mark.parametrize("path", ["/accounts/login/", "/generations/", "/pictures/", "/settings/", "/nothing/"])
def test_more_than_a_form_is_not_taken_from_a_stranger(path: str) -> None:
    sender = Sender()
    status, page = sender.post(path, stream(2), announced=2 * MEGABYTE)
    assert (status, sender.kept) == (413, 0)
    assert "more than the 1 MB that can be sent at once" in page


def test_a_body_whose_length_is_not_announced_is_refused_while_it_arrives(ben_sends: Sender) -> None:
    status, _page = ben_sends.post("/settings/", stream(20))
    assert status == 413
    assert ben_sends.kept <= MEGABYTE


def test_a_body_longer_than_announced_is_weighed_as_it_is(ben_sends: Sender) -> None:
    assert ben_sends.post("/settings/", stream(20), announced=10)[0] == 413


@pytest.mark.parametrize(
    ("path", "megabytes", "status"),
    [
        ("/pictures/", 40, 200),
        ("/pictures/", 60, 413),
        ("/pictures/7/mask/", 40, 200),
        ("/pictures/7/mask/", 60, 413),
        ("/pictures/7/mask/drafts/1/", 8, 200),
        ("/pictures/7/mask/drafts/1/", 12, 413),
        ("/generations/", 200, 200),
        ("/generations/", 900, 413),
        ("/settings/", 2, 413),
    ],
)
def test_whoever_is_signed_in_may_send_what_the_address_takes(
    ben_sends: Sender, path: str, megabytes: int, status: int
) -> None:
    assert ben_sends.post(path, stream(megabytes))[0] == status


@pytest.mark.parametrize("announced", ["99999999999999999999999999", "-1", "1e3", "٣", "0x10", ""])
def test_an_invalid_length_does_not_change_the_limit(announced: str) -> None:
    sender = Sender()
    status, _ = sender.post("/settings/", stream(3), content_length=announced)
    assert status == 413
    assert sender.kept <= MEGABYTE


def test_the_error_comes_as_json_html_fragment_or_page() -> None:
    def said(**headers: str) -> str:
        return str(Sender().post("/pictures/", stream(2), announced=2 * MEGABYTE, **headers)[1])

    assert "1 MB" in json.loads(said(accept="application/json"))["error"]
    assert 'hx-swap-oob="beforeend:#messages"' in said(hx_request="true")
    assert "<h1>" in said(accept="text/html,*/*")


def test_a_session_that_ended_sends_no_more_than_a_stranger(ben: User) -> None:
    browser = Client()
    browser.force_login(ben)
    sender = Sender(f"sessionid={browser.session.session_key}")
    browser.logout()
    assert sender.post("/pictures/", stream(3))[0] == 413
