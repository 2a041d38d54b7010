"""One HTTP call from its first byte out to its last byte in, and the one error it may end in."""

import asyncio
import logging
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from . import errors
from .complaint import MAX_COMPLAINT_BYTES, Complaint, loads, read_complaint, wait_from_headers
from .endpoint import Timeouts
from .errors import GatewayError
from .figures import COST_HEADERS, read_cost
from .findings import read_event
from .intake import Complained, Grace, Intake
from .redaction import redact
from .sniff import sniff
from .sse import EventParser
from .verdict import verdict

logger = logging.getLogger(__name__)

COMPLAINT_SECONDS = 15.0
_REQUEST_ID = re.compile(r"request[ _-]?id[:：=]?\s*([\w-]{8,100})", re.IGNORECASE)
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}  # none was asked for; these cannot explode in one chunk


@dataclass(frozen=True, kw_only=True)
class Head:
    """Status and headers of the answer, with the seconds from sending to it."""

    status: int
    headers: httpx.Headers
    elapsed: float
    arrived_at: datetime


class Exchange:
    """Sends one request and takes its reply into the file; knows afterwards how far it came."""

    def __init__(
        self,
        intake: Intake,
        *,
        timeouts: Timeouts,
        secret: str,
        on_sent: Callable[[], None] | None = None,
        is_upload: bool = False,
    ) -> None:
        self.intake = intake
        self.file = intake.file
        self.head: Head | None = None
        self.started = time.monotonic()
        self.timeouts = timeouts
        self.secrets = (secret,)
        self._on_sent = on_sent
        self._is_upload = is_upload
        self._is_out = False

    @property
    def is_sent(self) -> bool:
        """Whether a byte of the request may have reached the gateway."""
        return self.file.is_paid_for

    @property
    def _is_half_sent(self) -> bool:
        """Whether an upload broke off on its way out: nobody can draw from a form without its end."""
        return self._is_upload and self.head is None and self.is_sent and not self._is_out

    async def run(self, client: httpx.AsyncClient, request: httpx.Request) -> GatewayError | None:
        """Make the call; return the error that ended it early, which a reply complete by then outweighs."""
        self.started = time.monotonic()
        request.extensions["trace"] = self._trace
        try:
            async with asyncio.timeout(self.timeouts.deadline):
                await self._converse(client, request)
        except TimeoutError:
            if self._is_half_sent:
                return errors.UploadCut("the pictures could not be sent in time")
            return errors.DeadlinePassed() if self.is_sent else errors.ConnectFailed("no connection in time")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
            return self._broken(error)
        except Complained as word:
            return self.judge(word.complaint)
        except GatewayError as error:
            return error
        except Exception as error:  # whatever a hostile answer breaks on its way, the call gets an end that is known
            logger.exception("A call broke in an unforeseen way")
            return self._broken(error)
        return None

    async def end(self) -> None:
        """Read the last event of a stream that ended without its blank line; raises what it complains about."""
        word: Complained | None = None
        try:
            await self.intake.end()
        except Complained as complained:
            word = complained
        if word:
            raise self.judge(word.complaint)

    def request_ids(self) -> tuple[str | None, str | None]:
        """The gateway's own id and the one of the upstream behind it (`req_…`), as far as the answer tells.

        What repeats the key is no id: ids are kept and shown.
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

    def sign(self, error: GatewayError) -> None:
        """Write the request ids on an error: from the headers, else from its own words (contract §6.24)."""
        error.request_id, error.upstream_request_id = self.request_ids()
        if error.request_id is None and (told := _REQUEST_ID.search(error.detail)):
            error.request_id = told[1]

    @property
    def retry_after(self) -> float | None:
        """Seconds the answer asks to wait."""
        return wait_from_headers(self.head.headers) if self.head else None

    @property
    def reported_cost(self) -> Decimal | None:
        """What the gateway's headers say the call cost, in USD."""
        if self.head is None:
            return None
        headers = self.head.headers
        return next((cost for name in COST_HEADERS if (cost := read_cost(headers.get_list(name))) is not None), None)

    def shortfall(self, failure: GatewayError | None) -> GatewayError | None:
        """What is wrong with a reply that is neither JSON nor events; None for a bare picture that came whole."""
        if self.intake.nature in ("html", "noise"):
            text = self.intake.head.decode("utf-8", "replace")
            shown = page_title(text) if self.intake.nature == "html" else text
            return errors.ReplyUnreadable(redact(shown, secrets=self.secrets))
        if failure or self.intake.nature == "picture":
            return failure
        return errors.NoPicture("the reply is empty")

    def judge(self, complaint: Complaint | None) -> GatewayError:
        """The error for a complaint under status 200."""
        return verdict(
            status=self.head.status if self.head else 200,
            complaint=complaint,
            headers=self.head.headers if self.head else None,
            elapsed=time.monotonic() - self.started,
            early=self.timeouts.early,
            has_drawn=self.intake.has_drawn,
            secrets=self.secrets,
        )

    async def _converse(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        response = await client.send(request, stream=True)
        try:
            elapsed = time.monotonic() - self.started
            self.head = Head(
                status=response.status_code, headers=response.headers, elapsed=elapsed, arrived_at=datetime.now(UTC)
            )
            if not response.is_success:
                raise await self._refusal(response)
            if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
                raise errors.ReplyUnreadable("the reply is packed in a way that was not asked for")
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
                    await self.intake.take(chunk)
                    if self.intake.is_over or self._is_hopeless():
                        return
                    if self.intake.grace != grace:
                        grace, since = self.intake.grace, clock()
                    if grace:
                        watch.reschedule(min(clock() + grace.silence, since + grace.total))
                    elif is_stream or self.intake.nature != "blank":
                        # Blanks before a JSON body are a heartbeat without end: only the deadline bounds them.
                        watch.reschedule(clock() + self.timeouts.silence)
        except TimeoutError:
            raise errors.StreamSilent() from None

    def _is_hopeless(self) -> bool:
        return self.intake.nature in ("html", "noise") and self.file.byte_count > MAX_COMPLAINT_BYTES

    async def _refusal(self, response: httpx.Response) -> GatewayError:
        assert self.head is not None
        body = await _some(response)
        nature = sniff(body, is_whole=True)
        text = body.decode("utf-8", "replace")
        complaint = _complaint_in_events(body) if nature == "events" else read_complaint(loads(text))
        return verdict(
            status=response.status_code,
            complaint=complaint,
            text=page_title(text) if nature == "html" else text,
            headers=response.headers,
            elapsed=self.head.elapsed,
            early=self.timeouts.early,
            is_html=nature == "html",
            secrets=self.secrets,
        )

    def _broken(self, error: Exception) -> GatewayError:
        detail = redact(f"{type(error).__name__}: {error}", secrets=self.secrets)
        if not self.is_sent:
            return _not_sent(error)(detail)
        if self._is_half_sent:
            return errors.UploadCut(detail)
        if isinstance(error, httpx.DecodingError):
            return errors.ReplyUnreadable(detail)
        return errors.ConnectionCut(detail)

    async def _trace(self, name: str, _info: object) -> None:
        if name.endswith("send_request_headers.started"):
            self.file.is_paid_for = True
            self.started = time.monotonic()
        elif name.endswith("send_request_body.complete"):
            self._is_out, self.started = True, time.monotonic()
            self._note_sending()

    def _note_sending(self) -> None:
        try:
            if self._on_sent is not None:
                self._on_sent()
        except Exception:  # the call is out: nobody's bookkeeping may break it off
            logger.exception("The sending could not be noted")


def page_title(page: str) -> str:
    """A web page's title: all that is worth showing of it."""
    found = re.search(r"<title[^>]{0,200}>([^<]{0,200})", page[:20_000], re.IGNORECASE)
    return found[1].strip() if found else ""


async def _some(response: httpx.Response) -> bytes:
    """Read at most 256 KiB of an error's body; what came before a break is enough."""
    body = bytearray()
    if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
        return b""
    try:
        async with asyncio.timeout(COMPLAINT_SECONDS):
            async for chunk in _capped(response):
                body += chunk
    except (TimeoutError, httpx.HTTPError, httpx.StreamError):
        pass
    return bytes(body)


async def _capped(response: httpx.Response) -> AsyncIterator[bytes]:
    left = MAX_COMPLAINT_BYTES
    async for chunk in response.aiter_bytes():
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def _complaint_in_events(body: bytes) -> Complaint | None:
    parser = EventParser()
    for event in (*parser.feed(body), *parser.finish()):
        if complaint := read_event(event).complaint:
            return complaint
    return None


def _not_sent(error: BaseException | None) -> type[errors.NotSent]:
    while error is not None:
        if isinstance(error, socket.gaierror | UnicodeError | httpx.InvalidURL):
            return errors.NameNotFound
        if isinstance(error, ssl.SSLError):
            return errors.TlsFailed
        error = error.__cause__ or error.__context__
    return errors.ConnectFailed
