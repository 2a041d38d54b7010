"""The sandbox's endpoints: an OpenAI-compatible gateway as one ASGI application."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.images import ImageRequest
from studio.sandbox import credentials
from studio.sandbox.account import key_usage, rate_multipliers
from studio.sandbox.billing_log import BillingLog
from studio.sandbox.call_context import CallContext
from studio.sandbox.delivery import ConnectionCut, deliver
from studio.sandbox.drawing_spec import DrawingSpec, EditSource
from studio.sandbox.drawings import DrawingPool, TextCharge
from studio.sandbox.edit_validation import validate_edit
from studio.sandbox.error_responses import ErrorResponse, gateway_error, openai_error
from studio.sandbox.faults import (
    DRAWINGS,
    FAULTS,
    MODERATIONS,
    NO_FAULT,
    ONCE,
    RESPONSES,
    TASKS,
    Fault,
    UnknownFault,
    fault_name_in,
    find_fault,
)
from studio.sandbox.images_format import ImagesFormat
from studio.sandbox.moderations import moderate
from studio.sandbox.picture_urls import OTHER_PORT_URL, PictureStore, PictureUrls
from studio.sandbox.responses.format import DELTA_SECONDS, ResponsesFormat
from studio.sandbox.responses.model_text import write_model_text
from studio.sandbox.responses.request import Conversation, parse_conversation
from studio.sandbox.responses.store import ResponseStore
from studio.sandbox.tasks import Tasks
from studio.sandbox.uploads import read_body, read_edit
from studio.sandbox.validation import RequestRejected, parse_json_object, validate_fields

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Limit for the JSON of a generation; the longest prompt takes a small part of it."""

TEXT_MODELS = ("gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.3-codex")
"""What `/v1/models` lists; like real gateways, it leaves out gpt-image-2 although it works."""

MAX_CONVERSATION_BYTES = 128 * 1024 * 1024
"""Limit for the JSON of a response, which is held in memory with all its pictures."""

MAX_PARALLEL_READS = 2
"""Requests whose pictures are decoded at the same time."""

type ParsedRequest = tuple[ImageRequest, EditSource | None, Iterable[str]]


class Sandbox:
    """The endpoints and their state: log, drawings, tasks, stored responses, and which prompts have failed once."""

    def __init__(self, *, data: Path, speed: float = 1.0, fault: str = "") -> None:
        """`data` is the folder of the billing log; `fault` names a fault that every call gets; raises UnknownFault."""
        if fault:
            find_fault(fault)
        self.fault = fault.lower()
        self.log = BillingLog(data)
        self.drawings, self.speed = DrawingPool(self.log, speed=speed), speed
        self.stored_responses, self.tasks = ResponseStore(), Tasks(speed=speed)
        self.pictures = PictureStore()
        self._parallel_reads = asyncio.Semaphore(MAX_PARALLEL_READS)
        self._failed_once: set[tuple[str | None, str]] = set()

    def app(self) -> ASGIApp:
        """The ASGI application."""
        api = [
            Route("/images/generations", self.generations, methods=["POST"]),
            Route("/images/edits", self.edits, methods=["POST"]),
            Route("/images/generations/async", self.generation_tasks, methods=["POST"]),
            Route("/images/edits/async", self.edit_tasks, methods=["POST"]),
            Route("/images/tasks/{name}", self.task, methods=["GET"]),
            Route("/responses", self.responses, methods=["POST"]),
            Route("/moderations", self.moderations, methods=["POST"]),
            Route("/models", self.models, methods=["GET"]),
            Route("/usage", self.usage, methods=["GET"]),
            Route("/sub2api/billing", self.billing, methods=["GET"]),
        ]
        own = [
            Route("/sandbox/requests", self.requests, methods=["GET"]),
            Route("/sandbox/pictures/{name}", self.picture, methods=["GET"]),
            Route("/sandbox/moved/{name}", self.moved, methods=["GET"]),
            Route("/sandbox/elsewhere", self.elsewhere, methods=["GET"]),
        ]
        routes = [*own, Mount("/v1", routes=api), Mount("/", routes=api)]
        return _ignore_cut_connections(Starlette(routes=routes))

    async def generations(self, request: Request) -> Response:
        """POST /v1/images/generations."""
        return await self._draw(request, "generations", _read_generation)

    async def edits(self, request: Request) -> Response:
        """POST /v1/images/edits."""
        return await self._draw(request, "edits", self._read_edit)

    async def generation_tasks(self, request: Request) -> Response:
        """POST /v1/images/generations/async."""
        return await self._draw(request, "generations", _read_generation, is_task=True)

    async def edit_tasks(self, request: Request) -> Response:
        """POST /v1/images/edits/async."""
        return await self._draw(request, "edits", self._read_edit, is_task=True)

    async def task(self, request: Request) -> Response:
        """GET /v1/images/tasks/<name>; free, so the billing log gets no line."""
        call, error = CallContext.from_request(request), credentials.key_error(request)
        if error:
            return call.add_ids(error.http_response(), is_success=False)
        name = request.path_params["name"]
        response = await self.tasks.status_response(name, owner=call.key_hash, urls=self._picture_urls(request))
        return call.add_ids(response, is_success=False)

    async def _draw(
        self,
        request: Request,
        endpoint: str,
        read: Callable[[Request], Awaitable[ParsedRequest]],
        *,
        is_task: bool = False,
    ) -> Response:
        call = CallContext.from_request(request)
        call.log_fields["endpoint"] = endpoint
        error = credentials.key_error(request)
        if error:
            return await self._reject(call, error)
        try:
            image_request, source, sent_parameters = await read(request)
            spec = DrawingSpec.from_request(
                image_request, seed=call.seed, source=source, sent_parameters=sent_parameters
            )
            call.log_spec(spec)
            fault = self._fault(spec, call, applies_to=(DRAWINGS, TASKS) if is_task else (DRAWINGS,))
            if is_task and spec.stream:
                raise RequestRejected(
                    gateway_error(400, "invalid_request_error", "stream is not supported for async image tasks")
                )
        except RequestRejected as rejected:
            return await self._reject(call, rejected.response)
        if fault.error and not fault.is_billed and fault.delivery != "task-failed":
            return await self._reject(call, fault.error)
        drawing = self.drawings.start(fault.change_spec(spec), call, fault)
        if is_task:
            response = self.tasks.accept(drawing, owner=call.key_hash, urls=self._picture_urls(request))
            return call.add_ids(response, is_success=False)
        response = await deliver(drawing, request, ImagesFormat(drawing, self._picture_urls(request)))
        return call.add_ids(response, is_success=response.status_code == 200)

    async def responses(self, request: Request) -> Response:
        """POST /v1/responses."""
        call = CallContext.from_request(request)
        call.log_fields["endpoint"] = "responses"
        error = credentials.key_error(request)
        if error:
            return await self._reject(call, error)
        try:
            conversation = await self._read_conversation(request, call)
            call.log_spec(conversation.spec)
            call.log_fields |= {"main_model": conversation.model, "user": conversation.user}
            fault = self._fault(conversation.spec, call, applies_to=(DRAWINGS, RESPONSES))
        except RequestRejected as rejected:
            return await self._reject(call, rejected.response)
        if fault.error and not fault.is_billed:
            return await self._reject(call, fault.error)
        conversation = conversation.with_spec(fault.change_spec(conversation.spec))
        is_long = fault.response_variant == "at-length"
        model_text = write_model_text(
            conversation,
            refuses=fault.response_variant == "refusal",
            is_blocked=fault.response_variant == "item-failed",
            is_long=is_long,
        )
        text_charge = TextCharge(model_text.usage, model_text.cost(conversation.model))
        drawing = self.drawings.start(conversation.spec, call, fault, text_charge=text_charge)
        reply_format = ResponsesFormat(drawing, self._picture_urls(request), conversation, model_text)
        if conversation.is_stored:
            reply_format.store_when_drawn(self.stored_responses, owner=call.key_hash)
        response = await deliver(drawing, request, reply_format, pause=DELTA_SECONDS * (1 if is_long else self.speed))
        return call.add_ids(response, is_success=response.status_code == 200)

    async def _read_conversation(self, request: Request, call: CallContext) -> Conversation:
        data = await read_body(request, limit=MAX_CONVERSATION_BYTES)
        is_oauth = credentials.is_oauth(credentials.key_of(request))
        parse = partial(
            parse_conversation, store=self.stored_responses, owner=call.key_hash, is_oauth=is_oauth, seed=call.seed
        )
        async with self._parallel_reads:
            return await asyncio.to_thread(parse, data)

    async def _read_edit(self, request: Request) -> ParsedRequest:
        received = await read_edit(request)
        try:
            async with self._parallel_reads:
                return *await asyncio.to_thread(validate_edit, received), received.fields
        finally:
            received.close()

    async def models(self, request: Request) -> Response:
        """GET /v1/models."""
        call, error = CallContext.from_request(request), credentials.key_error(request)
        if error:
            return call.add_ids(error.http_response(), is_success=False)
        now = int(time.time())
        data = [{"id": name, "object": "model", "created": now, "owned_by": "openai"} for name in TEXT_MODELS]
        return call.add_ids(JSONResponse({"object": "list", "data": data}), is_success=True)

    async def usage(self, request: Request) -> Response:
        """GET /v1/usage."""
        call, error = CallContext.from_request(request), credentials.key_error(request)
        if error:
            return call.add_ids(error.http_response(), is_success=False)
        lines = await asyncio.to_thread(self.log.lines)
        return call.add_ids(JSONResponse(key_usage(lines, key=call.key_hash)), is_success=True)

    async def billing(self, request: Request) -> Response:
        """GET /v1/sub2api/billing."""
        call, error = CallContext.from_request(request), credentials.key_error(request)
        response = error.http_response() if error else JSONResponse(rate_multipliers())
        return call.add_ids(response, is_success=error is None)

    async def moderations(self, request: Request) -> Response:
        """POST /v1/moderations; free, so the billing log gets no line."""
        call, error = CallContext.from_request(request), credentials.key_error(request)
        try:
            data = await read_body(request, limit=MAX_BODY_BYTES)
            error = error or self._moderation_error(data)
            response = error.http_response() if error else JSONResponse(moderate(data))
        except RequestRejected as rejected:
            response = rejected.response.http_response()
        return call.add_ids(response, is_success=response.status_code == 200)

    def _moderation_error(self, data: bytes) -> ErrorResponse | None:
        """The error that a text requests with a moderation fault; faults of drawings do not apply."""
        fault = FAULTS.get(fault_name_in(data.decode("utf-8", "replace")) or self.fault)
        return fault.error if fault and fault.applies_to == MODERATIONS else None

    async def requests(self, request: Request) -> Response:
        """GET /sandbox/requests: the billing log, oldest first."""
        error = credentials.key_error(request)
        if error:
            return error.http_response()
        lines = await asyncio.to_thread(self.log.lines)
        return JSONResponse({"object": "list", "data": lines})

    async def picture(self, request: Request) -> Response:
        """GET /sandbox/pictures/<name>: a picture handed out by URL; a request that carries a key is refused."""
        if credentials.key_of(request):
            error = gateway_error(400, "invalid_request_error", "A key must not be sent to a picture's address")
            return error.http_response()
        picture = self.pictures.get(request.path_params["name"])
        return Response(picture[0], media_type=picture[1]) if picture else Response(status_code=404)

    async def moved(self, request: Request) -> Response:
        """GET /sandbox/moved/<name>: redirects to the picture."""
        return RedirectResponse(f"/sandbox/pictures/{request.path_params['name']}", 302)

    async def elsewhere(self, _: Request) -> Response:
        """GET /sandbox/elsewhere: redirects to another port of this machine."""
        return RedirectResponse(OTHER_PORT_URL, 302)

    def _picture_urls(self, request: Request) -> PictureUrls:
        return PictureUrls(str(request.base_url).rstrip("/"), self.pictures)

    def _fault(self, spec: DrawingSpec, call: CallContext, *, applies_to: tuple[str, ...] = (DRAWINGS,)) -> Fault:
        """The fault that the prompt names, else the one for every call; raises RequestRejected for unknown names."""
        name = fault_name_in(spec.prompt) or self.fault
        if not name:
            return NO_FAULT
        call.log_fields["fault"] = name
        try:
            fault = find_fault(name)
        except UnknownFault as unknown:
            raise RequestRejected(openai_error(400, str(unknown), code="invalid_value", param="prompt")) from None
        if fault.applies_to not in applies_to or not fault.matches(spec):
            return NO_FAULT
        if name.endswith(ONCE):
            attempt = call.key_hash, spec.prompt_sha256
            if attempt in self._failed_once:
                return NO_FAULT
            self._failed_once.add(attempt)
        return fault

    async def _reject(self, call: CallContext, error: ErrorResponse) -> Response:
        await asyncio.to_thread(self.log.append, call.log_line(status=error.status, billed=False))
        return call.add_ids(error.http_response(), is_success=False)


async def _read_generation(request: Request) -> ParsedRequest:
    fields = parse_json_object(await read_body(request, limit=MAX_BODY_BYTES))
    return validate_fields(fields), None, fields


def _ignore_cut_connections(app: ASGIApp) -> ASGIApp:
    """Close cut connections without an error in the server's log."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except (ConnectionCut, ClientDisconnect):
            return

    return wrapped
