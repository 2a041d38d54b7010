"""What a browser is told while the database is away: a page with one sentence, at once, instead of a wait and an error.

`Availability` stands before the ASGI apps: it answers for them while the database is known to be away, and asks the
database when a request takes long. `server_error` is Django's handler for an exception in a page.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.core import dependencies
from studio.core.database import DATABASE
from studio.core.dependencies import Dependency

from .error_responses import headers_of, picture_response, refusal_response, send_response

LONG = 2.0  # seconds without an answer after which the database is asked whether it is there
PATIENCE = 2.0  # seconds it may take to answer that
RETRY_AFTER = 5.0  # seconds

type Refuse = Callable[[Scope, Send], Awaitable[None]]


class Availability:
    """ASGI middleware; `refuse` answers while the database is away."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse | None = None) -> None:
        self.app = app
        self.refuse = refuse or send_unavailable
        # Requests that were answered here and still wait for the database in a thread, which cannot be interrupted.
        self._left_behind: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not DATABASE.is_used:
            await self.app(scope, receive, send)
        elif DATABASE.is_away:
            await self.refuse(scope, send)
        else:
            await self._watched(scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(send)
        task = asyncio.ensure_future(self.app(scope, receive, answer.send))
        try:
            while not (await asyncio.wait({task}, timeout=LONG))[0] and not answer.has_begun:
                if not await asyncio.to_thread(DATABASE.check, seconds=PATIENCE) and answer.take_over():
                    self._left_behind.add(task)
                    task.add_done_callback(self._forget)
                    await self.refuse(scope, send)
                    return
            await task
        except asyncio.CancelledError:
            task.cancel()
            raise

    def _forget(self, task: asyncio.Future[None]) -> None:
        self._left_behind.discard(task)
        if not task.cancelled():
            task.exception()  # nobody waits for it any more


class Answer:
    """What an app sends, until somebody else has taken over."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = self.is_taken_over = False

    async def send(self, message: Message) -> None:
        if self.is_taken_over:
            return
        if not self.has_begun:
            self.has_begun = True
            if int(message.get("status", 500)) < 500:
                DATABASE.note_answer()
        await self._send(message)

    def take_over(self) -> bool:
        """Drop what the app sends from now on; False when it has begun."""
        self.is_taken_over = not self.has_begun
        return self.is_taken_over


async def send_unavailable(scope: Scope, send: Send) -> None:
    response = await run_in_threadpool(unavailable_response, DATABASE, headers_of(scope), method=str(scope["method"]))
    await send_response(response, send)


def unavailable_response(server: Dependency, headers: Mapping[str, str], *, method: str) -> HttpResponse:
    """503 in the form the client can show; a page that was only looked at comes by itself once it can."""
    if headers.get("sec-fetch-dest") == "image":
        return picture_response(server.sentence, status=503)
    return refusal_response(
        server.sentence, status=503, headers=headers, retry_after=RETRY_AFTER, comes_back=method == "GET"
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to a page that raised: 503 where a server of the studio's was lost on the way, else 500."""
    if server := dependencies.lost_by(sys.exc_info()[1]):
        server.check(seconds=PATIENCE)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return unavailable_response(server, headers, method=str(request.method))
    return HttpResponseServerError(render_to_string("500.html"))
