"""The gateway's one client: one call, one complete reply in the inbox or one GatewayError."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from studio.images import EditRequest, ImageRequest, ResponseRequest

from .account import Account, read_account
from .asking import QUICK, ask, read_scores
from .elsewhere import fetch_picture
from .endpoint import Endpoint, Timeouts
from .errors import (
    DeadlinePassed,
    GatewayError,
    NameNotFound,
    ReplyUnreadable,
    RequestRefused,
    RouteNotFound,
    TasksRefused,
)
from .exchange import Exchange
from .guard import GuardedTransport, allowing_private
from .inbox import MAX_RESPONSE_BYTES, BodyFile
from .intake import Intake, OnPartial, OnText, PictureIntake, ResponseIntake
from .letter import Letter
from .parts import IMAGE_FIELD, Form, Part, image_field_refused, misses_images
from .received import Received
from .settling import Settle, settle_pictures, settle_response
from .tasks import LOOK_SECONDS, OnTask, Pending, look, read_task_id

logger = logging.getLogger(__name__)

USER_AGENT = "Easel/0.1"
AS_TASK = "/async"
MODERATION_MODEL = "omni-moderation-latest"
READERS = 2  # large bodies parsed at once
WRITE_SECONDS = 60.0  # for one portion of the request to leave


@dataclass(frozen=True)
class Way:
    """How one call goes out and where its reply comes to lie."""

    endpoint: Endpoint
    body_path: Path
    timeouts: Timeouts
    request_id: str
    on_sent: Callable[[], None] | None
    is_upload: bool = False

    def exchange(self, intake: Intake) -> Exchange:
        return Exchange(
            intake,
            timeouts=self.timeouts,
            secret=self.endpoint.api_key,
            on_sent=self.on_sent,
            is_upload=self.is_upload,
        )


class Gateway:
    """Speaks the Images API over one connection pool; never retries, follows no redirect, keeps no cookie.

    `tls` replaces the trusted certificates, for gateways behind a company's own authority.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(
                httpx.AsyncHTTPTransport(
                    verify=tls or True,
                    trust_env=False,
                    # A call that died on a kept connection could not be told from one that was billed: none is kept.
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                )
            ),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        self._readers = asyncio.Semaphore(READERS)
        self._pictures: Settle = partial(settle_pictures, readers=self._readers)
        self._response: Settle = partial(settle_response, readers=self._readers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def generate(
        self,
        *,
        endpoint: Endpoint,
        request: ImageRequest,
        body_path: Path,
        timeouts: Timeouts | None = None,
        on_sent: Callable[[], None] | None = None,
        on_partial: OnPartial | None = None,
        on_task: OnTask | None = None,
        client_request_id: str | None = None,
    ) -> Received:
        """POST /images/generations once; the whole reply then lies at `body_path`, or a GatewayError is raised.

        `on_sent` is called when the request is out, `on_partial` with each partial picture's base64 and index. With
        `on_task` the picture is asked for as a task: it gets the task's id, and then the task is waited for.
        """
        timeouts, request_id = timeouts or Timeouts.for_request(request), client_request_id or str(uuid4())
        route = "images/generations" + (AS_TASK if on_task else "")
        call = self._post(endpoint, route, connect=timeouts.connect, json=request.to_wire())
        _address(call, endpoint=endpoint, request_id=request_id, is_stream=request.stream)
        way = Way(endpoint, body_path, timeouts, request_id, on_sent)
        return await self._draw(call, way, on_partial=on_partial, on_task=on_task)

    async def edit(
        self,
        *,
        endpoint: Endpoint,
        request: EditRequest,
        images: Sequence[Part],
        mask: Part | None = None,
        image_field: str = IMAGE_FIELD,
        body_path: Path,
        timeouts: Timeouts | None = None,
        on_sent: Callable[[], None] | None = None,
        on_partial: OnPartial | None = None,
        on_task: OnTask | None = None,
        client_request_id: str | None = None,
    ) -> Received:
        """POST /images/edits once as a form that is read from its parts while it is sent; otherwise as `generate`.

        Raises ImageFieldRefused where the gateway did not find the images in `image[]`: it may in `image`.
        """
        timeouts, request_id = timeouts or Timeouts.for_request(request), client_request_id or str(uuid4())
        files = [*((image_field, image) for image in images), *([("mask", mask)] if mask else [])]
        form = await asyncio.to_thread(Form, request.to_fields(), files)
        try:
            route = "images/edits" + (AS_TASK if on_task else "")
            call = self._post(endpoint, route, connect=timeouts.connect, content=form.portions(), headers=form.headers)
            _address(call, endpoint=endpoint, request_id=request_id, is_stream=request.stream)
            way = Way(endpoint, body_path, timeouts, request_id, on_sent, is_upload=True)
            return await self._draw(call, way, on_partial=on_partial, on_task=on_task)
        except RequestRefused as refusal:
            if image_field != IMAGE_FIELD or not misses_images(refusal):
                raise
            raise image_field_refused(refusal) from None
        finally:
            form.close()

    async def respond(
        self,
        *,
        endpoint: Endpoint,
        request: ResponseRequest,
        body_path: Path,
        timeouts: Timeouts | None = None,
        on_sent: Callable[[], None] | None = None,
        on_partial: OnPartial | None = None,
        on_text: OnText | None = None,
        client_request_id: str | None = None,
    ) -> Received:
        """POST /responses once; its pictures are read and encoded while they are sent, otherwise as `generate`.

        `on_text` is called with each piece of the words as it comes. An answer in words alone is no error here.
        """
        timeouts, request_id = timeouts or Timeouts.for_request(request), client_request_id or str(uuid4())
        letter = await asyncio.to_thread(Letter, request)
        try:
            call = self._post(
                endpoint, "responses", connect=timeouts.connect, content=letter.portions(), headers=letter.headers
            )
            _address(call, endpoint=endpoint, request_id=request_id, is_stream=request.stream)
            way = Way(endpoint, body_path, timeouts, request_id, on_sent, is_upload=True)
            with BodyFile(body_path, max_bytes=MAX_RESPONSE_BYTES) as file:
                intake = ResponseIntake(file, on_partial=on_partial, on_text=on_text)
                return await self._perform(way.exchange(intake), file, call, endpoint=endpoint, settle=self._response)
        finally:
            letter.close()

    async def collect(
        self,
        *,
        endpoint: Endpoint,
        task_id: str,
        body_path: Path,
        timeouts: Timeouts | None = None,
        client_request_id: str | None = None,
    ) -> Received:
        """Ask for the picture of a task until it lies at `body_path`; asking costs nothing, whoever begun it.

        Raises DeadlinePassed, how the task failed, or LateFailure when the gateway does not know it any more.
        """
        timeouts, began = timeouts or Timeouts(), time.monotonic()
        with BodyFile(body_path) as file:
            file.is_paid_for = True
            while True:
                left = timeouts.deadline - (time.monotonic() - began)
                if left <= 0:
                    raise DeadlinePassed()
                exchange = Exchange(
                    PictureIntake(file),
                    timeouts=replace(timeouts, deadline=min(left, LOOK_SECONDS)),
                    secret=endpoint.api_key,
                )
                pending = await self._look(exchange, file, task_id, client_request_id, endpoint=endpoint)
                if pending is None:
                    return Received.of(exchange, file.path, time.monotonic() - began)
                await asyncio.sleep(min(pending.wait, max(left, 0)))
                await asyncio.to_thread(file.restart)

    async def _look(
        self, exchange: Exchange, file: BodyFile, task_id: str, request_id: str | None, *, endpoint: Endpoint
    ) -> Pending | None:
        """One look at a task; its errors leave with the request ids."""
        call = self._request("GET", endpoint, f"images/tasks/{task_id}", connect=exchange.timeouts.connect)
        _address(call, endpoint=endpoint, request_id=request_id or str(uuid4()), is_stream=False)
        try:
            failure = await exchange.run(self._client, call)
            fetch = partial(fetch_picture, self._client, endpoint=endpoint)
            pending = await look(exchange, file, failure, fetch=fetch, readers=self._readers)
            if pending is None:
                await asyncio.to_thread(file.commit)
        except GatewayError as error:
            exchange.sign(error)
            raise
        return pending

    async def _draw(
        self, call: httpx.Request, way: Way, *, on_partial: OnPartial | None, on_task: OnTask | None
    ) -> Received:
        """Send a call for pictures, or begin it as a task and wait for that."""
        if on_task:
            return await self._as_task(call, way, on_task)
        with BodyFile(way.body_path) as file:
            exchange = way.exchange(PictureIntake(file, on_partial=on_partial))
            return await self._perform(exchange, file, call, endpoint=way.endpoint, settle=self._pictures)

    async def _as_task(self, call: httpx.Request, way: Way, on_task: OnTask) -> Received:
        """Begin a task, let its id be kept, and wait for its picture."""
        try:
            answer, exchange = await ask(
                self._client,
                call,
                timeouts=way.timeouts,
                secret=way.endpoint.api_key,
                on_sent=way.on_sent,
                is_upload=way.is_upload,
                is_free=False,
            )
        except RouteNotFound as refusal:
            error = TasksRefused(refusal.detail, status=refusal.status, code=refusal.code)
            error.request_id, error.upstream_request_id = refusal.request_id, refusal.upstream_request_id
            raise error from None
        task_id = read_task_id(answer, exchange)
        await on_task(task_id)
        return await self.collect(
            endpoint=way.endpoint,
            task_id=task_id,
            body_path=way.body_path,
            timeouts=way.timeouts,
            client_request_id=way.request_id,
        )

    async def moderate(
        self, *, endpoint: Endpoint, text: str, timeouts: Timeouts = QUICK, model: str = MODERATION_MODEL
    ) -> dict[str, float]:
        """POST /moderations once: how strongly a text belongs to each category, from 0 to 1; it costs nothing."""
        call = self._post(endpoint, "moderations", connect=timeouts.connect, json={"model": model, "input": text})
        _address(call, endpoint=endpoint, request_id=str(uuid4()), is_stream=False)
        answer, _exchange = await ask(self._client, call, timeouts=timeouts, secret=endpoint.api_key)
        return read_scores(answer)

    async def account(self, *, endpoint: Endpoint, timeouts: Timeouts = QUICK) -> Account:
        """GET /usage and /sub2api/billing once each: what the gateway says of the key's money; it costs nothing.

        One of them may be missing; raises the GatewayError of the first where neither was answered.
        """
        answers: list[Mapping[str, Any] | None] = []
        failures: list[GatewayError] = []
        for route in ("usage", "sub2api/billing"):
            try:
                call = self._request("GET", endpoint, route, connect=timeouts.connect)
                _address(call, endpoint=endpoint, request_id=str(uuid4()), is_stream=False)
                answer, _exchange = await ask(self._client, call, timeouts=timeouts, secret=endpoint.api_key)
                answers.append(answer)
            except GatewayError as failure:
                failures.append(failure)
                answers.append(None)
        if len(failures) == len(answers):
            raise failures[0]
        return read_account(*answers)

    def _post(self, endpoint: Endpoint, route: str, *, connect: float, **content: Any) -> httpx.Request:
        return self._request("POST", endpoint, route, connect=connect, **content)

    def _request(self, method: str, endpoint: Endpoint, route: str, *, connect: float, **content: Any) -> httpx.Request:
        # Reading is bounded by the deadline and by silence, which both know what a heartbeat is.
        limits = httpx.Timeout(connect=connect, read=None, write=WRITE_SECONDS, pool=connect)
        try:
            return self._client.build_request(
                method, endpoint.url(route), timeout=limits, extensions=allowing_private(endpoint), **content
            )
        except (httpx.InvalidURL, UnicodeError):  # the latter from a host name that IDNA refuses
            pass
        raise NameNotFound("the address cannot be read")

    async def _perform(
        self, exchange: Exchange, file: BodyFile, call: httpx.Request, *, endpoint: Endpoint, settle: Settle
    ) -> Received:
        """Make the call and bring its reply home; every error leaves with the request ids."""
        try:
            failure = await exchange.run(self._client, call)
            latency = time.monotonic() - exchange.started
            await settle(exchange, file, failure, fetch=partial(fetch_picture, self._client, endpoint=endpoint))
            await asyncio.to_thread(file.commit)
        except GatewayError as error:
            exchange.sign(error)
            raise
        except Exception as error:
            logger.exception("A reply could not be read in an unforeseen way")
            unread = ReplyUnreadable(type(error).__name__)
            exchange.sign(unread)
            raise unread from None
        return Received.of(exchange, file.path, latency)


def _address(call: httpx.Request, *, endpoint: Endpoint, request_id: str, is_stream: bool) -> None:
    """Add who asks and what is taken as an answer."""
    call.headers.update(endpoint.credentials)
    call.headers["Accept"] = "text/event-stream, application/json" if is_stream else "application/json"
    call.headers["X-Request-ID"] = call.headers["X-Client-Request-Id"] = request_id
