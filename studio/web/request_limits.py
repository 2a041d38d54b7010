"""Request size limit: a body that is too large is refused while it arrives, before it is stored.

Django writes the whole body to memory or disk before it knows who sent it. Here the announced length, and otherwise the
received bytes, are compared with the limit of the view (`body_limit`). More than a form may be sent only by people who
are signed in.
"""

import asyncio
from collections.abc import Callable

from django.db import connections
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import person_key
from .error_responses import refusal_response, send_response

FORM_LIMIT = 1 << 20  # bytes; the limit of any view
MULTIPART_OVERHEAD = 1 << 20  # bytes allowed beside files: other fields, boundaries
DRAIN_SECONDS = 10.0
DRAIN_BYTES = 256 << 20


def body_limit[View: Callable[..., object]](size: int) -> Callable[[View], View]:
    """Let a view accept bodies of this many bytes from people who are signed in."""

    def mark(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]
        return view

    return mark


class TooLarge(Exception):
    """The body is larger than the view accepts."""


class RequestSizeLimit:
    """ASGI middleware that answers 413 with a sentence to a request whose body is too large.

    `is_signed_in` takes the request's scope and may read the database.
    """

    def __init__(self, app: ASGIApp, *, is_signed_in: Callable[[Scope], bool]) -> None:
        self.app = app
        self.is_signed_in = is_signed_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = LimitedBody(scope, receive, is_signed_in=self.is_signed_in)
        try:
            await body.check_announced()
            await self.app(scope, body.receive, send)
        except TooLarge:
            await body.drain()
            await (send_signed_out(scope, send) if body.is_signed_out else send_too_large(scope, body.limit, send))


class LimitedBody:
    """The body of one request while it arrives."""

    def __init__(self, scope: Scope, receive: Receive, *, is_signed_in: Callable[[Scope], bool]) -> None:
        self.scope = scope
        self.is_signed_in = is_signed_in
        self.limit = FORM_LIMIT
        self.count = 0
        self.is_signed_out = False  # more than a form, from a page whose person is not signed in any more
        self._is_settled = False  # whether `limit` is what this person may send here
        self._receive = receive

    async def check_announced(self) -> None:
        length = header(self.scope, b"content-length")
        if length.isascii() and length.isdigit():
            await self.check(int(length) if len(length) < 19 else 1 << 62)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.count += len(message.get("body", b""))
            await self.check(self.count)
        return message

    async def check(self, count: int) -> None:
        """Raise TooLarge beyond the limit. The person is looked up only for more than a form."""
        if count > self.limit and not self._is_settled:
            self._is_settled = True
            self.limit = await self.limit_here()
        if count > self.limit:
            raise TooLarge

    async def limit_here(self) -> int:
        """The limit of this view for this person, in bytes."""
        limit = limit_of(str(self.scope.get("path", "")))
        if limit <= FORM_LIMIT:
            return FORM_LIMIT
        if await run_in_threadpool(self._is_signed_in):
            return limit
        self.is_signed_out = bool(header(self.scope, person_key.HEADER.lower().encode()))
        return FORM_LIMIT

    def _is_signed_in(self) -> bool:
        try:
            return self.is_signed_in(self.scope)
        finally:
            connections.close_all()

    async def drain(self) -> None:
        """Discard the rest of the body for a while: browsers read a response only after sending everything."""
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


def limit_of(path: str) -> int:
    """The limit of the view at a path, in bytes."""
    try:
        return int(getattr(resolve(path).func, "body_limit", FORM_LIMIT))
    except Resolver404:
        return FORM_LIMIT


def header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


async def send_too_large(scope: Scope, limit: int, send: Send) -> None:
    sentence = _("This is more than the %(limit)s MB that can be sent at once.") % {"limit": max(1, limit >> 20)}
    await send_refusal(scope, sentence, 413, send)


async def send_signed_out(scope: Scope, send: Send) -> None:
    await send_refusal(scope, _("You are signed out. Sign in to continue."), 401, send)


async def send_refusal(scope: Scope, sentence: str, status: int, send: Send) -> None:
    headers = {name: header(scope, name.encode()) for name in ("hx-request", "accept")}
    response = await run_in_threadpool(
        refusal_response, sentence, status=status, headers={name: value for name, value in headers.items() if value}
    )
    response["Connection"] = "close"
    await send_response(response, send)
