"""The sandbox's addresses: the wire of an OpenAI-compatible gateway as one ASGI application."""

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
from studio.sandbox.accounts import billing, usage_of
from studio.sandbox.billing import BillingLog
from studio.sandbox.bodies import ELSEWHERE, Shelf, Site
from studio.sandbox.call import Call
from studio.sandbox.conversation import Conversation, read_conversation
from studio.sandbox.drawing import Easel, Words
from studio.sandbox.edits import settle
from studio.sandbox.fault import DRAWINGS, MODERATIONS, NO_FAULT, RESPONSES, TASKS, Fault
from studio.sandbox.faults import FAULTS, ONCE, UnknownFault, name_in, named
from studio.sandbox.memory import Memory
from studio.sandbox.moderations import moderated
from studio.sandbox.order import Order, Original
from studio.sandbox.refusal import Refusal, gateway, openai
from studio.sandbox.replies import ImagesVoice, LineCut, refused, reply
from studio.sandbox.responding import DELTA_SECONDS, ResponseVoice
from studio.sandbox.rules import Broken, checked, json_object
from studio.sandbox.speech import speech_of
from studio.sandbox.tasks import Tasks
from studio.sandbox.uploads import body, read_edit

BODY_CAP = 8 * 1024 * 1024
"""Bytes of a generation's JSON; a prompt of 32,000 characters fits in two per cent of it."""

TEXT_MODELS = ("gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.3-codex")
"""What `/v1/models` lists: real gateways leave gpt-image-2 out though it works."""

CONVERSATION_CAP = 128 * 1024 * 1024
"""Bytes of a response's JSON, which is held in memory with all its pictures."""

READERS = 2
"""Edits whose pictures are decoded at the same time."""

type Asked = tuple[ImageRequest, Original | None, Iterable[str]]


class Sandbox:
    """The state behind the addresses: the billing log, the easel, and which prompts have failed once."""

    def __init__(self, *, data: Path, speed: float = 1.0, fault: str = "") -> None:
        """`data` holds the billing log; `fault` is the name of one to apply to every call."""
        if fault:
            named(fault)
        self.fault = fault.lower()
        self.log = BillingLog(data)
        self.easel, self.speed = Easel(self.log, speed=speed), speed
        self.memory, self.tasks = Memory(), Tasks(speed=speed)
        self.shelf = Shelf()
        self._readers = asyncio.Semaphore(READERS)
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
        return _hanging_up(Starlette(routes=routes))

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
        """GET /v1/images/tasks/<name>; looking costs nothing, and the billing log does not know of it."""
        call, refusal = Call.of(request), credentials.problem(request)
        if refusal:
            return call.stamp(refused(refusal), is_success=False)
        name = request.path_params["name"]
        answer = await self.tasks.answer(name, owner=call.fingerprint, site=self._site(request))
        return call.stamp(answer, is_success=False)

    async def _draw(
        self,
        request: Request,
        endpoint: str,
        read: Callable[[Request], Awaitable[Asked]],
        *,
        is_task: bool = False,
    ) -> Response:
        call = Call.of(request)
        call.facts["endpoint"] = endpoint
        refusal = credentials.problem(request)
        if refusal:
            return await self._refuse(call, refusal)
        try:
            asked, original, sent = await read(request)
            order = Order.of(asked, seed=call.seed, original=original, sent=sent)
            call.describe(order)
            fault = self._fault(order, call, befalls=(DRAWINGS, TASKS) if is_task else (DRAWINGS,))
            if is_task and order.stream:
                raise Broken(gateway(400, "invalid_request_error", "stream is not supported for async image tasks"))
        except Broken as broken:
            return await self._refuse(call, broken.refusal)
        if fault.refusal and not fault.bills and fault.delivery != "task-failed":
            return await self._refuse(call, fault.refusal)
        drawing = self.easel.draw(fault.order(order), call, fault)
        if is_task:
            taken = self.tasks.take(drawing, owner=call.fingerprint, site=self._site(request))
            return call.stamp(taken, is_success=False)
        response = await reply(drawing, request, ImagesVoice(drawing, self._site(request)))
        return call.stamp(response, is_success=response.status_code == 200)

    async def responses(self, request: Request) -> Response:
        """POST /v1/responses."""
        call = Call.of(request)
        call.facts["endpoint"] = "responses"
        refusal = credentials.problem(request)
        if refusal:
            return await self._refuse(call, refusal)
        try:
            talk = await self._hear(request, call)
            call.describe(talk.order)
            call.facts |= {"main_model": talk.model, "user": talk.user}
            fault = self._fault(talk.order, call, befalls=(DRAWINGS, RESPONSES))
        except Broken as broken:
            return await self._refuse(call, broken.refusal)
        if fault.refusal and not fault.bills:
            return await self._refuse(call, fault.refusal)
        talk = talk.drawing(fault.order(talk.order))
        is_long = fault.twist == "at-length"
        speech = speech_of(
            talk, refuses=fault.twist == "refusal", is_blocked=fault.twist == "item-failed", is_long=is_long
        )
        words = Words(speech.usage, speech.cost(talk.model))
        drawing = self.easel.draw(talk.order, call, fault, words=words)
        voice = ResponseVoice(drawing, self._site(request), talk, speech)
        if talk.is_stored:
            voice.remember(self.memory, owner=call.fingerprint)
        response = await reply(drawing, request, voice, pause=DELTA_SECONDS * (1 if is_long else self.speed))
        return call.stamp(response, is_success=response.status_code == 200)

    async def _hear(self, request: Request, call: Call) -> Conversation:
        data = await body(request, cap=CONVERSATION_CAP)
        is_oauth = credentials.is_oauth(credentials.presented(request))
        ears = partial(read_conversation, memory=self.memory, owner=call.fingerprint, is_oauth=is_oauth, seed=call.seed)
        async with self._readers:
            return await asyncio.to_thread(ears, data)

    async def _read_edit(self, request: Request) -> Asked:
        sent = await read_edit(request)
        try:
            async with self._readers:
                return *await asyncio.to_thread(settle, sent), sent.fields
        finally:
            sent.close()

    async def models(self, request: Request) -> Response:
        """GET /v1/models."""
        call, refusal = Call.of(request), credentials.problem(request)
        if refusal:
            return call.stamp(refused(refusal), is_success=False)
        now = int(time.time())
        data = [{"id": name, "object": "model", "created": now, "owned_by": "openai"} for name in TEXT_MODELS]
        return call.stamp(JSONResponse({"object": "list", "data": data}), is_success=True)

    async def usage(self, request: Request) -> Response:
        """GET /v1/usage."""
        call, refusal = Call.of(request), credentials.problem(request)
        if refusal:
            return call.stamp(refused(refusal), is_success=False)
        lines = await asyncio.to_thread(self.log.lines)
        return call.stamp(JSONResponse(usage_of(lines, key=call.fingerprint)), is_success=True)

    async def billing(self, request: Request) -> Response:
        """GET /v1/sub2api/billing."""
        call, refusal = Call.of(request), credentials.problem(request)
        answer = refused(refusal) if refusal else JSONResponse(billing())
        return call.stamp(answer, is_success=refusal is None)

    async def moderations(self, request: Request) -> Response:
        """POST /v1/moderations; it costs nothing, so that the billing log does not know of it."""
        call, refusal = Call.of(request), credentials.problem(request)
        try:
            data = await body(request, cap=BODY_CAP)
            refusal = refusal or self._moderation_fault(data)
            answer = refused(refusal) if refusal else JSONResponse(moderated(data))
        except Broken as broken:
            answer = refused(broken.refusal)
        return call.stamp(answer, is_success=answer.status_code == 200)

    def _moderation_fault(self, data: bytes) -> Refusal | None:
        """What a text asks a moderation to fail with; faults of drawings leave moderations alone."""
        fault = FAULTS.get(name_in(data.decode("utf-8", "replace")) or self.fault)
        return fault.refusal if fault and fault.befalls == MODERATIONS else None

    async def requests(self, request: Request) -> Response:
        """GET /sandbox/requests: the billing log, oldest first."""
        refusal = credentials.problem(request)
        if refusal:
            return refused(refusal)
        lines = await asyncio.to_thread(self.log.lines)
        return JSONResponse({"object": "list", "data": lines})

    async def picture(self, request: Request) -> Response:
        """GET /sandbox/pictures/<name>: a picture handed out by URL; who sends a key along is turned away."""
        if credentials.presented(request):
            return refused(gateway(400, "invalid_request_error", "A key must not be sent to a picture's address"))
        kept = self.shelf.take(request.path_params["name"])
        return Response(kept[0], media_type=kept[1]) if kept else Response(status_code=404)

    async def moved(self, request: Request) -> Response:
        """GET /sandbox/moved/<name>: on to the picture itself."""
        return RedirectResponse(f"/sandbox/pictures/{request.path_params['name']}", 302)

    async def elsewhere(self, _: Request) -> Response:
        """GET /sandbox/elsewhere: on to another port of this machine."""
        return RedirectResponse(ELSEWHERE, 302)

    def _site(self, request: Request) -> Site:
        return Site(str(request.base_url).rstrip("/"), self.shelf)

    def _fault(self, order: Order, call: Call, *, befalls: tuple[str, ...] = (DRAWINGS,)) -> Fault:
        """The fault the prompt asks for, else the one set for all; raises Broken when there is none of that name."""
        name = name_in(order.prompt) or self.fault
        if not name:
            return NO_FAULT
        call.facts["fault"] = name
        try:
            fault = named(name)
        except UnknownFault as unknown:
            raise Broken(openai(400, str(unknown), code="invalid_value", param="prompt")) from None
        if fault.befalls not in befalls or not fault.concerns(order):
            return NO_FAULT
        if name.endswith(ONCE):
            mark = call.fingerprint, order.prompt_sha256
            if mark in self._failed_once:
                return NO_FAULT
            self._failed_once.add(mark)
        return fault

    async def _refuse(self, call: Call, refusal: Refusal) -> Response:
        await asyncio.to_thread(self.log.append, call.line(status=refusal.status, billed=False))
        return call.stamp(refused(refusal), is_success=False)


async def _read_generation(request: Request) -> Asked:
    fields = json_object(await body(request, cap=BODY_CAP))
    return checked(fields), None, fields


def _hanging_up(app: ASGIApp) -> ASGIApp:
    """Let a cut line end the connection without a complaint in the server's log."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except (LineCut, ClientDisconnect):
            return

    return guarded
