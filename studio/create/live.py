"""The live feed as an ASGI app: one event stream per browser, without a thread or a database connection of its own."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, QueryDict
from django.utils import translation
from starlette.types import Receive, Scope, Send

from studio.accounts.asgi_session import person_of
from studio.core import database
from studio.core.database import DATABASE
from studio.web import person_key

from .live_feed import Stream, event, poller

RECHECK = 30.0  # seconds between checks that the person is still signed in
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve `/live/?person=`; 204, which tells an EventSource not to reconnect, to anyone but the page's own person."""
    viewer = await in_thread(viewer_of, scope)
    if viewer is None or poller.is_closing or scope["method"] != "GET":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    stream = Stream(user_id=viewer[0], language=viewer[1])
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    disconnect = asyncio.create_task(wait_for_disconnect(receive))
    poller.add(stream)
    try:
        await forward_messages(stream, scope=scope, send=send, disconnect=disconnect)
    finally:
        poller.remove(stream)
        disconnect.cancel()


async def send_later(_scope: Scope, send: Send) -> None:
    """A stream that ends at once: the browser comes back by itself, which it would not do after an error."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": False})


async def forward_messages(stream: Stream, *, scope: Scope, send: Send, disconnect: asyncio.Task[None]) -> None:
    """Forward messages until the browser disconnects, the studio stops or the person is signed out."""
    checked_at = time.monotonic()
    await send_chunk(send, b"retry: 2000\n\n")
    while not disconnect.done():
        message = await next_message(stream, disconnect)
        if time.monotonic() - checked_at > RECHECK:
            checked_at = time.monotonic()
            if not await is_still_signed_in(scope):
                await send_chunk(send, event("over", {}))
                break
        if message is None:
            break
        await send_chunk(send, message)
    if not disconnect.done():
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def is_still_signed_in(scope: Scope) -> bool:
    """While nobody can be asked, nobody is signed out; nothing is sent then either."""
    try:
        return DATABASE.is_away or await in_thread(viewer_of, scope) is not None
    except Exception as error:
        if not database.is_lost(error):
            raise
        return True


async def next_message(stream: Stream, disconnect: asyncio.Task[None]) -> bytes | None:
    """The next message, a heartbeat after LIVE_HEARTBEAT seconds without one, None when the stream is to end.

    The heartbeat is an event, so that the page hears it and notices a connection that has silently gone dead.
    """
    next_get = asyncio.ensure_future(stream.messages.get())
    await asyncio.wait({next_get, disconnect}, timeout=settings.LIVE_HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
    if next_get.done():
        return next_get.result()
    next_get.cancel()
    return None if disconnect.done() else event("beat", {})


async def send_chunk(send: Send, message: bytes) -> None:
    await send({"type": "http.response.body", "body": message, "more_body": True})


async def wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def viewer_of(scope: Scope) -> tuple[int, str] | None:
    """Id and language of the person who is signed in; None for nobody."""
    person = person_of(scope)
    page_of = QueryDict(scope.get("query_string", b"")).get("person")
    # The page of somebody who was signed in here before gets nothing of the next person.
    if person is None or (page_of is not None and page_of != person_key.key_of(person)):
        return None
    request = HttpRequest()
    languages = (value for name, value in scope["headers"] if name.lower() == b"accept-language")
    request.META["HTTP_ACCEPT_LANGUAGE"] = next(languages, b"").decode("latin-1")
    return person.pk, translation.get_language_from_request(request)


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function that uses the database in a thread, and close its connections."""

    def ask() -> Any:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await sync_to_async(ask, thread_sensitive=False)()
