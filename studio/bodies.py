"""How much may be sent to the studio, said before any of it is kept: a larger body is refused while it arrives.

Django writes a request's whole body to memory or disk before anything asks who sent it. Here the length that is
announced, and where none is the bytes that come, are held against what the address takes; only who is signed in may
send more than a form.
"""

import asyncio
import re
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.images.edits import MAX_IMAGE_BYTES, MAX_IMAGES
from studio.library.media import in_thread, signed_in

from .refusals import refusal

FORM = 1 << 20  # bytes; what any address takes
BESIDE = 1 << 20  # what comes along with files: other fields, boundaries
DRAFT = (8 << 20) + BESIDE
LARGER = (
    (re.compile(r"/generations/|/threads/.*"), MAX_IMAGES * MAX_IMAGE_BYTES + BESIDE),
    (re.compile(r"/pictures/\d+/mask/drafts/\d+/"), DRAFT),
    (re.compile(r"/pictures/|/pictures/\d+/mask/"), MAX_IMAGE_BYTES + BESIDE),
)
DRAIN_SECONDS = 10.0
DRAIN_BYTES = 256 << 20


class TooLarge(Exception):
    """More came than the address takes."""


class LimitedBodies:
    """Hands requests on whose body stays within the limit; answers 413 with a sentence to all others."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(scope, receive)
        try:
            await body.weigh_announced()
            await self.app(scope, body.receive, send)
        except TooLarge:
            await body.drain()
            await answer(scope, body.limit, send)


class Body:
    """The body of one request while it arrives."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.limit = FORM
        self.count = 0
        self._is_settled = False  # whether `limit` is what this person may send here
        self._receive = receive

    async def weigh_announced(self) -> None:
        length = header(self.scope, b"content-length")
        if length.isascii() and length.isdigit():
            await self.weigh(int(length) if len(length) < 19 else 1 << 62)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.count += len(message.get("body", b""))
            await self.weigh(self.count)
        return message

    async def weigh(self, count: int) -> None:
        """Raise TooLarge for more bytes than may be sent; who is asking is looked up only beyond a form's size."""
        if count > self.limit and not self._is_settled:
            self._is_settled = True
            self.limit = await limit_for(self.scope)
        if count > self.limit:
            raise TooLarge

    async def drain(self) -> None:
        """Let go of what still comes for a while, for a browser reads an answer only after it has sent all."""
        left = DRAIN_BYTES
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body"):
                        return
        except TimeoutError:
            return


async def limit_for(scope: Scope) -> int:
    """The most bytes this address takes from this person."""
    limit = next((limit for kind, limit in LARGER if kind.fullmatch(scope.get("path", ""))), FORM)
    return limit if limit > FORM and await in_thread(is_signed_in, header(scope, b"cookie")) else FORM


def is_signed_in(cookie: str) -> bool:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(cookie)
        session = cookies.get(settings.SESSION_COOKIE_NAME)
        return bool(session and signed_in(session.value))
    except CookieError:
        return False
    finally:
        connections.close_all()


def header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


async def answer(scope: Scope, limit: int, send: Send) -> None:
    headers = {name: header(scope, name.encode()) for name in ("hx-request", "accept")}
    sentence = _("This is more than the %(limit)s MB that can be sent here at once.") % {"limit": max(1, limit >> 20)}
    response = await in_thread(lambda: refusal(sentence, status=413, headers={k: v for k, v in headers.items() if v}))
    response["Connection"] = "close"
    fields = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": 413, "headers": fields})
    await send({"type": "http.response.body", "body": response.content})
