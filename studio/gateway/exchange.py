"""One HTTP call from the first byte sent to the last byte received, and the one error it may end in."""

import asyncio
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from . import errors
from .content_type import detect_content_type
from .endpoint import Timeouts
from .error_body import MAX_ERROR_BYTES, ErrorBody, read_error_body, retry_after_from_headers
from .error_classification import classify_error
from .errors import GatewayError
from .httpx_behavior import has_sent_all, starts_sending
from .image_extraction import extract_from_event
from .lenient_json import parse_json
from .redaction import redact
from .reported_cost import COST_HEADERS, cost_from_headers
from .response_reader import ErrorEvent, Grace, ResponseReader
from .sse import EventParser

logger = logging.getLogger(__name__)

ERROR_BODY_SECONDS = 15.0
_REQUEST_ID = re.compile(r"request[ _-]?id[:：=]?\s*([\w-]{8,100})", re.IGNORECASE)
_ENCODINGS = {
    "",
    "identity",
    "gzip",
    "x-gzip",
    "deflate",
}  # none was requested; these cannot decompress to a huge chunk


@dataclass(frozen=True, kw_only=True)
class ResponseHead:
    """Status and headers of a response, and the seconds from sending the request to them."""

    status: int
    headers: httpx.Headers
    elapsed: float
    arrived_at: datetime


class Exchange:
    """Sends one request and reads its response; knows afterwards how far the call came."""

    def __init__(
        self,
        reader: ResponseReader,
        *,
        timeouts: Timeouts,
        secret: str,
        on_sent: Callable[[], None] | None = None,
        is_upload: bool = False,
    ) -> None:
        self.reader = reader
        self.body = reader.body
        self.head: ResponseHead | None = None
        self.refusal: GatewayError | None = None  # what the response's status says, where it is no success
        self.started = time.monotonic()
        self.timeouts = timeouts
        self.secrets = (secret,)
        self._on_sent = on_sent
        self._is_upload = is_upload
        self._is_fully_sent = False

    @property
    def is_sent(self) -> bool:
        """Whether a byte of the request may have reached the gateway."""
        return self.body.may_be_billed

    @property
    def _is_half_sent(self) -> bool:
        """Whether an upload broke off: no gateway can start on a form without its end."""
        return self._is_upload and self.head is None and self.is_sent and not self._is_fully_sent

    @property
    def may_hold_result(self) -> bool:
        """Whether an answer with an error's status may hold a picture; what refuses an upload may repeat it."""
        status = self.head.status if self.head else 0
        return status >= (500 if self._is_upload else 400)

    async def run(self, client: httpx.AsyncClient, request: httpx.Request) -> GatewayError | None:
        """Make the call; return the error that ended it early, which a complete reply overrules."""
        self.started = time.monotonic()
        request.extensions["trace"] = self._trace
        try:
            async with asyncio.timeout(self.timeouts.deadline):
                await self._send(client, request)
        except TimeoutError:
            if self._is_half_sent:
                return errors.UploadCut("the pictures could not be sent in time")
            return errors.DeadlinePassed() if self.is_sent else errors.ConnectFailed("no connection in time")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
            return self._error_for_exception(error)
        except ErrorEvent as event:
            return self.classify(event.error_body)
        except GatewayError as error:
            return error
        except Exception as error:  # whatever a hostile response breaks, the call ends in a GatewayError
            logger.exception("A call broke in an unforeseen way")
            return self._error_for_exception(error)
        return None

    async def finish_reading(self) -> None:
        """Read the last event of a stream that ended without its blank line; raises the error in it."""
        error: GatewayError | None = None
        try:
            await self.reader.finish()
        except ErrorEvent as event:
            error = self.classify(event.error_body)
        if error:
            raise error

    def request_ids(self) -> tuple[str | None, str | None]:
        """The gateway's own id and that of the service behind it (`req_…`), where the headers have them.

        A value that contains the key is not taken: ids are stored and shown.
        """
        if self.head is None:
            return None, None
        headers = self.head.headers
        found = [
            value
            for name in ("x-request-id", "x-oneapi-request-id")
            for value in headers.get_list(name, split_commas=True)
            if re.fullmatch(r"[\w.:=+/-]{1,200}", value) and not any(key and key in value for key in self.secrets)
        ]
        upstream = next((value for value in found if value.startswith("req_")), None)
        own = next((value for value in found if value != upstream), upstream)
        return own, upstream

    def complete_error(self, error: GatewayError) -> None:
        """Add to an error what the reply told of its cost, and the ids of the call."""
        self.reader.add_bill(error)
        error.add_bill(reported_cost=self.reported_cost)
        self.add_request_ids(error)

    def add_request_ids(self, error: GatewayError) -> None:
        """Set an error's request ids: from the headers, else from its message (contract §6.24)."""
        error.request_id, error.upstream_request_id = self.request_ids()
        if error.request_id is None and (found := _REQUEST_ID.search(error.detail)):
            error.request_id = found[1]

    @property
    def retry_after(self) -> float | None:
        """Seconds that the response asks to wait."""
        return retry_after_from_headers(self.head.headers) if self.head else None

    @property
    def reported_cost(self) -> Decimal | None:
        """The cost of the call that the headers report, in USD."""
        if self.head is None:
            return None
        headers = self.head.headers
        return next(
            (cost for name in COST_HEADERS if (cost := cost_from_headers(headers.get_list(name))) is not None), None
        )

    def other_body_error(self, failure: GatewayError | None) -> GatewayError | None:
        """The error of a reply that is neither JSON nor events; None for a bare picture that is whole."""
        if self.reader.content_type in ("html", "unknown"):
            text = self.reader.head.decode("utf-8", "replace")
            shown = page_title(text) if self.reader.content_type == "html" else text
            return errors.ReplyUnreadable(redact(shown, secrets=self.secrets))
        if failure or self.reader.content_type == "picture":
            return failure
        return errors.NoPicture("the reply is empty")

    def classify(self, error_body: ErrorBody | None) -> GatewayError:
        """The error for an error body under status 200."""
        return classify_error(
            status=self.head.status if self.head else 200,
            error_body=error_body,
            headers=self.head.headers if self.head else None,
            elapsed=time.monotonic() - self.started,
            early_seconds=self.timeouts.early,
            has_output=self.reader.has_output,
            secrets=self.secrets,
        )

    async def _send(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        response = await client.send(request, stream=True)
        try:
            elapsed = time.monotonic() - self.started
            self.head = ResponseHead(
                status=response.status_code, headers=response.headers, elapsed=elapsed, arrived_at=datetime.now(UTC)
            )
            if not response.is_success:
                raise await self._error_for_status(response)
            if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
                raise errors.ReplyUnreadable("the reply has an encoding that was not asked for")
            await self._receive(response)
        finally:
            await response.aclose()

    async def _receive(self, response: httpx.Response) -> None:
        is_stream = "event-stream" in response.headers.get("content-type", "")
        grace: Grace | None = None
        since = 0.0
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(self.timeouts.silence if is_stream else None) as watch:
                async for chunk in response.aiter_bytes():
                    await self.reader.feed(chunk)
                    if self.reader.is_over or self._is_no_reply():
                        return
                    if self.reader.grace != grace:
                        grace, since = self.reader.grace, clock()
                    if grace:
                        watch.reschedule(min(clock() + grace.silence, since + grace.total))
                    elif is_stream or self.reader.content_type != "blank":
                        # Blanks before a JSON body are a heartbeat: only the deadline bounds them.
                        watch.reschedule(clock() + self.timeouts.silence)
        except TimeoutError:
            raise errors.StreamSilent() from None

    def _is_no_reply(self) -> bool:
        return self.reader.content_type in ("html", "unknown") and self.body.byte_count > MAX_ERROR_BYTES

    async def _error_for_status(self, response: httpx.Response) -> GatewayError:
        assert self.head is not None
        body = await self._receive_error(response)
        content_type = detect_content_type(body, is_whole=True)
        text = body.decode("utf-8", "replace")
        is_stream = content_type == "events"
        value = None if is_stream else parse_json(text)
        error_body = _error_body_in_events(body) if is_stream else read_error_body(value)
        self.refusal = classify_error(
            status=response.status_code,
            error_body=error_body,
            text=page_title(text) if content_type == "html" else text,
            headers=response.headers,
            elapsed=self.head.elapsed,
            early_seconds=self.timeouts.early,
            is_html=content_type == "html",
            has_output=self.reader.has_output,
            secrets=self.secrets,
        )
        self.reader.add_bill_of(self.refusal, value)
        return self.refusal

    async def _receive_error(self, response: httpx.Response) -> bytes:
        """Read what came with an error's status, and return its beginning, which is enough of an error's words.

        Whatever is longer is read on like a reply, for it may hold a picture.
        """
        words = bytearray()
        if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            return b""
        clock = asyncio.get_running_loop().time
        with suppress(TimeoutError, httpx.HTTPError, httpx.StreamError, ErrorEvent, GatewayError):
            async with asyncio.timeout(ERROR_BODY_SECONDS) as watch:
                async for chunk in response.aiter_bytes():
                    words += chunk[: MAX_ERROR_BYTES - len(words)]
                    await self.reader.feed(chunk)
                    is_long = self.body.byte_count > MAX_ERROR_BYTES
                    if self.reader.is_over or self._is_no_reply() or (is_long and not self.may_hold_result):
                        break
                    if is_long:
                        watch.reschedule(clock() + self.timeouts.silence)
        return bytes(words)

    def _error_for_exception(self, error: Exception) -> GatewayError:
        detail = redact(f"{type(error).__name__}: {error}", secrets=self.secrets)
        if not self.is_sent:
            return _connection_error_type(error)(detail)
        if self._is_half_sent:
            return errors.UploadCut(detail)
        if isinstance(error, httpx.DecodingError):
            return errors.ReplyUnreadable(detail)
        return errors.ConnectionCut(detail)

    async def _trace(self, name: str, _info: object) -> None:
        if starts_sending(name):
            self.body.may_be_billed = True
            self.started = time.monotonic()
        elif has_sent_all(name):
            self._is_fully_sent, self.started = True, time.monotonic()
            self._report_sent()

    def _report_sent(self) -> None:
        try:
            if self._on_sent is not None:
                self._on_sent()
        except Exception:  # the call is sent: a failing callback must not break it off
            logger.exception("on_sent failed")


def page_title(page: str) -> str:
    """The title of a web page, the only part of it worth showing."""
    found = re.search(r"<title[^>]{0,200}>([^<]{0,200})", page[:20_000], re.IGNORECASE)
    return found[1].strip() if found else ""


def _error_body_in_events(body: bytes) -> ErrorBody | None:
    parser = EventParser()
    for event in (*parser.feed(body), *parser.finish()):
        if error_body := extract_from_event(event).error_body:
            return error_body
    return None


def _connection_error_type(error: BaseException | None) -> type[errors.NotSent]:
    while error is not None:
        if isinstance(error, socket.gaierror | UnicodeError | httpx.InvalidURL):
            return errors.NameNotFound
        if isinstance(error, ssl.SSLError):
            return errors.TlsFailed
        error = error.__cause__ or error.__context__
    return errors.ConnectFailed
