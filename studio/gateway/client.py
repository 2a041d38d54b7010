"""The gateway's one client: one call, one complete reply in the inbox or one GatewayError."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from studio.images import EditRequest, ImageRequest, ResponseRequest

from .account import Account, read_account
from .body_file import MAX_RESPONSE_BYTES, BodyFile
from .call_options import CallOptions
from .endpoint import Endpoint, Timeouts
from .errors import (
    DeadlinePassed,
    GatewayError,
    PictureOutOfReach,
    ReplyUnreadable,
    RequestRefused,
    RouteNotFound,
    TasksRefused,
)
from .exchange import Exchange
from .finalization import Finalize, embed_linked_pictures, finalize_pictures, finalize_response
from .http_client import new_http_client, new_request
from .image_field import IMAGE_FIELD, image_field_refused, misses_images
from .json_query import QUICK, query_json
from .moderation import MODERATION_MODEL, read_scores
from .multipart_stream import MultipartStream, Part
from .parsed_reply import MemoryBudget
from .received import Received
from .remote_image import fetch_picture
from .response_reader import ImagesApiReader, OnPartial, OnText, ResponsesApiReader
from .streaming_json_body import StreamingJsonBody
from .tasks import POLL_SECONDS, OnTask, Pending, poll_wait, read_poll, read_start

logger = logging.getLogger(__name__)

AS_TASK = "/async"
LINKS_TRIED = 4  # to the picture of one task
PARSE_SLOTS = 2  # large bodies parsed at the same time


class Gateway:
    """Speaks the Images API through one HTTP client; never retries, follows no redirect, keeps no cookie.

    `tls` replaces the trusted certificates, for gateways with a company's own certificate authority.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._client = new_http_client(tls=tls)
        self._parse_slots = asyncio.Semaphore(PARSE_SLOTS)
        self._parsed_replies = MemoryBudget()
        self._finalize_pictures: Finalize = partial(finalize_pictures, parse_slots=self._parse_slots)
        self._finalize_response: Finalize = partial(finalize_response, parse_slots=self._parse_slots)

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
        """POST /images/generations once; the whole reply is then in the file `body_path`, or a GatewayError is raised.

        `on_sent` is called when the request has left, `on_partial` with each partial picture's base64 and index. With
        `on_task` the call starts a task: `on_task` gets its id, and then the task is polled until it ends.
        """
        timeouts, request_id = timeouts or Timeouts.for_request(request), client_request_id or str(uuid4())
        options = CallOptions(endpoint, body_path, timeouts, request_id, on_sent, is_stream=request.stream)
        call = self._post("images/generations" + (AS_TASK if on_task else ""), options, json=request.to_wire())
        return await self._request_pictures(call, options, on_partial=on_partial, on_task=on_task)

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
        """POST /images/edits once, as a form that is read from its parts while it is sent; otherwise as `generate`.

        Raises ImageFieldRefused where the gateway did not find the images in `image[]`: it may find them in `image`.
        """
        timeouts, request_id = timeouts or Timeouts.for_request(request), client_request_id or str(uuid4())
        options = CallOptions(
            endpoint, body_path, timeouts, request_id, on_sent, is_stream=request.stream, is_upload=True
        )
        files = [*((image_field, image) for image in images), *([("mask", mask)] if mask else [])]
        form = await asyncio.to_thread(MultipartStream, request.to_fields(), files)
        try:
            route = "images/edits" + (AS_TASK if on_task else "")
            call = self._post(route, options, content=form.chunks(), headers=form.headers)
            return await self._request_pictures(call, options, on_partial=on_partial, on_task=on_task)
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

        `on_text` is called with each piece of text as it comes. An answer without a picture is no error here.
        """
        timeouts, request_id = timeouts or Timeouts.for_request(request), client_request_id or str(uuid4())
        options = CallOptions(
            endpoint, body_path, timeouts, request_id, on_sent, is_stream=request.stream, is_upload=True
        )
        body = await asyncio.to_thread(StreamingJsonBody, request)
        try:
            call = self._post("responses", options, content=body.chunks(), headers=body.headers)
            with BodyFile(body_path, max_bytes=MAX_RESPONSE_BYTES) as file:
                reader = ResponsesApiReader(
                    file, on_partial=on_partial, on_text=on_text, parsed=self._parsed_replies.new_reply()
                )
                return await self._perform(
                    options.new_exchange(reader), file, call, endpoint=endpoint, finalize=self._finalize_response
                )
        finally:
            body.close()

    async def collect(
        self,
        *,
        endpoint: Endpoint,
        task_id: str,
        body_path: Path,
        timeouts: Timeouts | None = None,
        client_request_id: str | None = None,
        started: float = float("-inf"),
    ) -> Received:
        """Poll a task until its picture is in the file `body_path`; polling is free, whoever started the task.

        Raises DeadlinePassed, the error the task ended in, or LateFailure when the gateway no longer knows it. The task
        was `started` then by the monotonic clock; long ago where nobody remembers.
        """
        timeouts, began, links_left = timeouts or Timeouts(), time.monotonic(), LINKS_TRIED
        with BodyFile(body_path) as file:
            file.may_be_billed = True
            while True:
                left = timeouts.deadline - (time.monotonic() - began)
                if left <= 0:
                    raise DeadlinePassed()
                exchange = Exchange(
                    ImagesApiReader(file, parsed=self._parsed_replies.new_reply()),
                    timeouts=replace(timeouts, deadline=min(left, POLL_SECONDS)),
                    secret=endpoint.api_key,
                )
                try:
                    pending = await self._poll(
                        exchange, file, task_id, client_request_id, endpoint=endpoint, started=started
                    )
                except PictureOutOfReach:
                    links_left -= 1
                    if not links_left:
                        raise
                    pending = Pending(poll_wait(exchange))  # its link may have expired: the task gives a new one
                if pending is None:
                    return _received(exchange, file.path, time.monotonic() - began)
                await asyncio.sleep(min(pending.wait, max(left, 0)))
                await asyncio.to_thread(file.restart)

    async def fetch_linked(self, *, endpoint: Endpoint, body_path: Path) -> None:
        """Put the pictures that a stored reply only links to into its file; one that holds its picture stays as it is.

        No call is made to the gateway. Raises PictureOutOfReach.
        """
        await embed_linked_pictures(body_path, fetch=partial(fetch_picture, self._client, endpoint=endpoint))

    async def moderate(
        self, *, endpoint: Endpoint, text: str, timeouts: Timeouts = QUICK, model: str = MODERATION_MODEL
    ) -> dict[str, float]:
        """POST /moderations once: how strongly a text belongs to each category, from 0 to 1; it is free."""
        content = {"json": {"model": model, "input": text}}
        return read_scores(await self._query("POST", "moderations", endpoint=endpoint, timeouts=timeouts, **content))

    async def account(self, *, endpoint: Endpoint, timeouts: Timeouts = QUICK) -> Account:
        """GET /usage and /sub2api/billing once each: what the gateway reports of the key's money; it is free.

        One of them may be missing; raises the GatewayError of the first where both fail.
        """
        answers: list[Mapping[str, Any] | None] = []
        failures: list[GatewayError] = []
        for route in ("usage", "sub2api/billing"):
            try:
                answers.append(await self._query("GET", route, endpoint=endpoint, timeouts=timeouts))
            except GatewayError as failure:
                failures.append(failure)
                answers.append(None)
        if len(failures) == len(answers):
            raise failures[0]
        return read_account(*answers)

    def _post(self, route: str, options: CallOptions, **content: Any) -> httpx.Request:
        return new_request(
            self._client,
            "POST",
            route,
            endpoint=options.endpoint,
            request_id=options.request_id,
            connect=options.timeouts.connect,
            is_stream=options.is_stream,
            **content,
        )

    async def _query(
        self, method: str, route: str, *, endpoint: Endpoint, timeouts: Timeouts, **content: Any
    ) -> Mapping[str, Any]:
        call = new_request(
            self._client,
            method,
            route,
            endpoint=endpoint,
            request_id=str(uuid4()),
            connect=timeouts.connect,
            **content,
        )
        answer, _exchange = await query_json(self._client, call, timeouts=timeouts, secret=endpoint.api_key)
        return answer

    async def _request_pictures(
        self, call: httpx.Request, options: CallOptions, *, on_partial: OnPartial | None, on_task: OnTask | None
    ) -> Received:
        """Send a call for pictures, or start it as a task and wait for that."""
        if on_task:
            return await self._run_as_task(call, options, on_task)
        with BodyFile(options.body_path) as file:
            reader = ImagesApiReader(file, on_partial=on_partial, parsed=self._parsed_replies.new_reply())
            return await self._perform(
                options.new_exchange(reader),
                file,
                call,
                endpoint=options.endpoint,
                finalize=self._finalize_pictures,
            )

    async def _run_as_task(self, call: httpx.Request, options: CallOptions, on_task: OnTask) -> Received:
        """Start a task, let its id be stored, and wait for its picture; a gateway may also send that at once."""
        with BodyFile(options.body_path) as file:
            exchange = options.new_exchange(ImagesApiReader(file, parsed=self._parsed_replies.new_reply()))
            fetch = partial(fetch_picture, self._client, endpoint=options.endpoint)
            try:
                failure = await exchange.run(self._client, call)
                latency = time.monotonic() - exchange.started
                task_id = await read_start(exchange, file, failure, fetch=fetch, parse_slots=self._parse_slots)
            except RouteNotFound as refusal:
                error = TasksRefused(refusal.detail, status=refusal.status, code=refusal.code)
                exchange.complete_error(error)
                raise error from None
            except GatewayError as error:
                exchange.complete_error(error)
                raise
            if task_id is None:
                await asyncio.to_thread(file.commit)
                return _received(exchange, file.path, latency)
        await on_task(task_id)
        return await self.collect(
            endpoint=options.endpoint,
            task_id=task_id,
            body_path=options.body_path,
            timeouts=options.timeouts,
            client_request_id=options.request_id,
            started=exchange.started,
        )

    async def _poll(
        self,
        exchange: Exchange,
        file: BodyFile,
        task_id: str,
        request_id: str | None,
        *,
        endpoint: Endpoint,
        started: float,
    ) -> Pending | None:
        """Poll a task once; errors leave with the request ids."""
        call = new_request(
            self._client,
            "GET",
            f"images/tasks/{task_id}",
            endpoint=endpoint,
            request_id=request_id or str(uuid4()),
            connect=exchange.timeouts.connect,
        )
        try:
            failure = await exchange.run(self._client, call)
            fetch = partial(fetch_picture, self._client, endpoint=endpoint)
            pending = await read_poll(
                exchange,
                file,
                failure,
                elapsed=time.monotonic() - started,
                fetch=fetch,
                parse_slots=self._parse_slots,
            )
            if pending is None:
                await asyncio.to_thread(file.commit)
        except GatewayError as error:
            exchange.complete_error(error)
            raise
        return pending

    async def _perform(
        self, exchange: Exchange, file: BodyFile, call: httpx.Request, *, endpoint: Endpoint, finalize: Finalize
    ) -> Received:
        """Make the call and store its reply; every error leaves with the request ids."""
        try:
            failure = await exchange.run(self._client, call)
            latency = time.monotonic() - exchange.started
            await finalize(exchange, file, failure, fetch=partial(fetch_picture, self._client, endpoint=endpoint))
            await asyncio.to_thread(file.commit)
        except GatewayError as error:
            exchange.complete_error(error)
            raise
        except Exception as error:
            logger.exception("A reply could not be read for an unforeseen reason")
            unread = ReplyUnreadable(type(error).__name__)
            exchange.complete_error(unread)
            raise unread from None
        return _received(exchange, file.path, latency)


def _received(exchange: Exchange, path: Path, latency: float) -> Received:
    """What a finished exchange says about the reply in the file `path`."""
    assert exchange.head is not None
    request_id, upstream_request_id = exchange.request_ids()
    return Received(
        path=path,
        status=exchange.head.status,
        request_id=request_id,
        upstream_request_id=upstream_request_id,
        latency=latency,
        content_type=exchange.head.headers.get("content-type", "")[:200],
        partial_count=exchange.reader.partial_count,
        streamed=exchange.reader.content_type == "events",
        first_byte_at=exchange.head.arrived_at,
        reported_cost=exchange.reported_cost,
        parsed=exchange.reader.parsed,
    )
