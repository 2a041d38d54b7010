"""The live feed as an ASGI app: one event stream a browser, which holds neither a thread nor a database connection."""

import asyncio
import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest
from django.utils import translation
from django.utils.module_loading import import_string
from starlette.types import Receive, Scope, Send

from .poller import Stream, event, poller

HEARTBEAT = 15.0  # seconds; proxies cut lines that stay silent longer
RECHECK = 30.0  # seconds between looks at whether the person is still signed in
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve `/live/`: 204 (which tells an EventSource to stay away) to whoever is not signed in."""
    person = await in_thread(person_of, scope)
    if person is None or poller.is_closing or scope["method"] != "GET":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    stream = Stream(user_id=person[0], language=person[1])
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    gone = asyncio.create_task(until_gone(receive))
    poller.add(stream)
    try:
        await pump(stream, scope=scope, send=send, gone=gone)
    finally:
        poller.remove(stream)
        gone.cancel()


async def pump(stream: Stream, *, scope: Scope, send: Send, gone: asyncio.Task[None]) -> None:
    """Hand messages on until the browser leaves, the studio stops or the person is signed out."""
    checked_at = time.monotonic()
    await put(send, b"retry: 2000\n\n")
    while not gone.done():
        message = await next_message(stream, gone)
        if time.monotonic() - checked_at > RECHECK:
            checked_at = time.monotonic()
            if await in_thread(person_of, scope) is None:
                await put(send, event("over", {}))
                break
        if message is None:
            break
        await put(send, message)
    if not gone.done():
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def next_message(stream: Stream, gone: asyncio.Task[None]) -> bytes | None:
    """The next message, a heartbeat when there is none for long, None when the stream is to end."""
    getting = asyncio.ensure_future(stream.messages.get())
    await asyncio.wait({getting, gone}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
    if getting.done():
        return getting.result()
    getting.cancel()
    return None if gone.done() else b": still here\n\n"


async def put(send: Send, message: bytes) -> None:
    await send({"type": "http.response.body", "body": message, "more_body": True})


async def until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def person_of(scope: Scope) -> tuple[int, str] | None:
    """Number and language of the signed-in person whose cookies these are."""
    request = HttpRequest()
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    cookies: SimpleCookie = SimpleCookie()
    cookies.load(headers.get("cookie", ""))
    request.COOKIES = {name: morsel.value for name, morsel in cookies.items()}
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get("accept-language", "")
    engine = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = engine(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        return None
    return user.pk, translation.get_language_from_request(request)


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Ask the database in a thread and give the connection back."""

    def ask() -> Any:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await sync_to_async(ask, thread_sensitive=False)()
