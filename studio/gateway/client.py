"""The gateway's one client: one call, one complete reply in the inbox or one GatewayError."""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from studio.images import EditRequest, ImageRequest, ResponseRequest

from .asking import QUICK, ask, read_scores
from .elsewhere import fetch_picture
from .endpoint import Endpoint, Timeouts
from .errors import GatewayError, NameNotFound, RequestRefused
from .exchange import Exchange
from .guard import GuardedTransport, allowing_private
from .inbox import MAX_RESPONSE_BYTES, BodyFile
from .intake import OnPartial, OnText, PictureIntake, ResponseIntake
from .letter import Letter
from .parts import IMAGE_FIELD, Form, Part, image_field_refused, misses_images
from .settling import Settle, settle_pictures, settle_response

USER_AGENT = "Easel/0.1"
MODERATION_MODEL = "omni-moderation-latest"
READERS = 2  # large bodies parsed at once
WRITE_SECONDS = 60.0  # for one portion of the request to leave


@dataclass(frozen=True, kw_only=True)
class Received:
    """A complete reply that lies at `path`; `latency` is seconds from sending to its last byte.

    `reported_cost` is what the gateway says it cost, in USD.
    """

    path: Path
    status: int
    request_id: str | None
    upstream_request_id: str | None
    latency: float
    content_type: str
    partial_count: int
    streamed: bool
    first_byte_at: datetime
    reported_cost: Decimal | None = None


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
        readers = asyncio.Semaphore(READERS)
        self._pictures: Settle = partial(settle_pictures, readers=readers)
        self._response: Settle = partial(settle_response, readers=readers)

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
        client_request_id: str | None = None,
    ) -> Received:
        """POST /images/generations once; the whole reply then lies at `body_path`, or a GatewayError is raised.

        `on_sent` is called when the request is out, `on_partial` with each partial picture's base64 and index.
        """
        timeouts = timeouts or Timeouts.for_request(request)
        call = self._post(endpoint, "images/generations", connect=timeouts.connect, json=request.to_wire())
        _address(call, endpoint=endpoint, request_id=client_request_id or str(uuid4()), is_stream=request.stream)
        with BodyFile(body_path) as file:
            intake = PictureIntake(file, on_partial=on_partial)
            exchange = Exchange(intake, timeouts=timeouts, secret=endpoint.api_key, on_sent=on_sent)
            return await self._perform(exchange, file, call, endpoint=endpoint, settle=self._pictures)

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
        client_request_id: str | None = None,
    ) -> Received:
        """POST /images/edits once as a form that is read from its parts while it is sent; otherwise as `generate`.

        Raises ImageFieldRefused where the gateway did not find the images in `image[]`: it may in `image`.
        """
        timeouts = timeouts or Timeouts.for_request(request)
        files = [*((image_field, image) for image in images), *([("mask", mask)] if mask else [])]
        form = await asyncio.to_thread(Form, request.to_fields(), files)
        try:
            call = self._post(
                endpoint, "images/edits", connect=timeouts.connect, content=form.portions(), headers=form.headers
            )
            _address(call, endpoint=endpoint, request_id=client_request_id or str(uuid4()), is_stream=request.stream)
            with BodyFile(body_path) as file:
                intake = PictureIntake(file, on_partial=on_partial)
                exchange = Exchange(intake, timeouts=timeouts, secret=endpoint.api_key, on_sent=on_sent, is_upload=True)
                return await self._perform(exchange, file, call, endpoint=endpoint, settle=self._pictures)
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
        timeouts = timeouts or Timeouts.for_request(request)
        letter = await asyncio.to_thread(Letter, request)
        try:
            call = self._post(
                endpoint, "responses", connect=timeouts.connect, content=letter.portions(), headers=letter.headers
            )
            _address(call, endpoint=endpoint, request_id=client_request_id or str(uuid4()), is_stream=request.stream)
            with BodyFile(body_path, max_bytes=MAX_RESPONSE_BYTES) as file:
                intake = ResponseIntake(file, on_partial=on_partial, on_text=on_text)
                exchange = Exchange(intake, timeouts=timeouts, secret=endpoint.api_key, on_sent=on_sent, is_upload=True)
                return await self._perform(exchange, file, call, endpoint=endpoint, settle=self._response)
        finally:
            letter.close()

    async def moderate(
        self, *, endpoint: Endpoint, text: str, timeouts: Timeouts = QUICK, model: str = MODERATION_MODEL
    ) -> dict[str, float]:
        """POST /moderations once: how strongly a text belongs to each category, from 0 to 1; it costs nothing."""
        call = self._post(endpoint, "moderations", connect=timeouts.connect, json={"model": model, "input": text})
        _address(call, endpoint=endpoint, request_id=str(uuid4()), is_stream=False)
        return read_scores(await ask(self._client, call, timeouts=timeouts, secret=endpoint.api_key))

    def _post(self, endpoint: Endpoint, route: str, *, connect: float, **content: Any) -> httpx.Request:
        # Reading is bounded by the deadline and by silence, which both know what a heartbeat is.
        limits = httpx.Timeout(connect=connect, read=None, write=WRITE_SECONDS, pool=connect)
        try:
            return self._client.build_request(
                "POST", endpoint.url(route), timeout=limits, extensions=allowing_private(endpoint), **content
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
            error.request_id, error.upstream_request_id = exchange.request_ids()
            raise
        return _received(exchange, file.path, latency)


def _address(call: httpx.Request, *, endpoint: Endpoint, request_id: str, is_stream: bool) -> None:
    """Add who asks and what is taken as an answer."""
    call.headers["Authorization"] = f"Bearer {endpoint.api_key}"
    call.headers["Accept"] = "text/event-stream, application/json" if is_stream else "application/json"
    call.headers["X-Request-ID"] = call.headers["X-Client-Request-Id"] = request_id


def _received(exchange: Exchange, path: Path, latency: float) -> Received:
    assert exchange.head is not None
    request_id, upstream_request_id = exchange.request_ids()
    return Received(
        path=path,
        status=exchange.head.status,
        request_id=request_id,
        upstream_request_id=upstream_request_id,
        latency=latency,
        content_type=exchange.head.headers.get("content-type", "")[:200],
        partial_count=exchange.intake.partial_count,
        streamed=exchange.intake.nature == "events",
        first_byte_at=exchange.head.arrived_at,
        reported_cost=exchange.reported_cost,
    )
