"""A response of the Responses API on its way back: its items, its events, and the ways gateways bend them."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pybase64

from studio.sandbox.bodies import Body, Site, generated
from studio.sandbox.conversation import Conversation
from studio.sandbox.drawing import Drawing
from studio.sandbox.memory import Memory, Remembered
from studio.sandbox.speech import Speech

DELTA_SECONDS = 0.06
"""Between two pieces of the words, as a person sees them come."""

WORDS_FIRST = ("words-first", "at-length")
"""Here the model speaks before it shows what it drew."""

NO_IMAGES = {"input_tokens": 0, "input_tokens_details": {"image_tokens": 0, "text_tokens": 0}, "output_tokens": 0,
             "output_tokens_details": {"image_tokens": 0, "text_tokens": 0}, "total_tokens": 0}  # fmt: skip
BARE = ("type", "id", "status", "result")
"""All that the published schema says of a picture's item (contract §2.2)."""

BLOCKED = {
    "code": "moderation_blocked", "type": "image_generation_user_error", "param": None,
    "message": "Your request was rejected by the safety system.",
    "moderation_details": {"moderation_stage": "output", "categories": ["violence"]},
}  # fmt: skip
FAILURES = {
    "failed": {"code": "server_error", "message": "An error occurred while processing your request."},
    "failed-policy": {"code": "image_content_policy_violation", "message": "The picture was rejected."},
    "failed-rate": {"code": "rate_limit_exceeded", "message": "Rate limit reached for gpt-5.5."},
}
REASONS = {"incomplete": "max_output_tokens", "incomplete-filter": "content_filter"}
LATE = "-late"
"""A failure or an incomplete end of this name comes after the picture."""


class ResponseVoice:
    """Writes a drawing, and what is said of it, as OpenAI writes a response (contract §2.2, §2.4)."""

    def __init__(self, drawing: Drawing, site: Site, talk: Conversation, speech: Speech) -> None:
        self._drawing, self._site, self._talk, self._speech = drawing, site, talk, speech
        self._twist = drawing.fault.twist
        self.id, self.call_id = f"resp_{secrets.token_hex(16)}", f"ig_{secrets.token_hex(16)}"
        self._message_id, self._reasoning_id = f"msg_{secrets.token_hex(16)}", f"rs_{secrets.token_hex(16)}"
        self._created, self._number = int(time.time()), 0

    def remember(self, memory: Memory, *, owner: str | None) -> None:
        """Store the response once it is drawn, for those that build on it."""
        said = "\n".join(filter(None, (self._talk.said, self._speech.text)))

        def keep(_: object) -> None:
            pictures = self._drawing.pictures[:1] or [b""]
            kept = Remembered(
                owner=owner,
                said=said,
                picture=pictures[0],
                output_format=self._drawing.order.output_format,
                item_id=self.call_id,
            )
            memory.keep(self.id, kept)

        assert self._drawing.task
        self._drawing.task.add_done_callback(keep)

    # ── Whole ──

    def json(self) -> bytes:
        """The response as one JSON body (blocking)."""
        return json.dumps(self._ended()).encode()

    def _ended(self) -> Body:
        """The whole response, as a body or in the last event."""
        name = self._twist.removesuffix(LATE)
        if name in FAILURES:
            return self._response("failed", self._items() if name != self._twist else [], error=FAILURES[name])
        if name in REASONS:
            items = self._items() if name != self._twist else []
            return self._response("incomplete", items, incomplete_details={"reason": REASONS[name]})
        return self._response("completed", self._items())

    def _response(self, status: str, items: list[Body], **more: Any) -> Body:
        asked = self._talk.wire
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.get("instructions"),
            "metadata": asked.get("metadata") or {},
            "model": self._talk.model,
            "output": items,
            "parallel_tool_calls": True,
            "previous_response_id": asked.get("previous_response_id"),
            "store": self._talk.is_stored,
            "temperature": 1.0,
            "top_p": 1.0,
            "tool_choice": asked.get("tool_choice", "auto"),
            "tools": [_shown(tool) for tool in asked.get("tools") or []],
            "safety_identifier": asked.get("safety_identifier"),
        } | self._usages(status) | more  # fmt: skip

    def _usages(self, status: str) -> Body:
        """Both models' usage; the tool's stands beside the main model's and is none of the published fields."""
        if status not in ("completed", "incomplete"):
            return {"usage": None}
        order, drawing = self._drawing.order, self._drawing
        body = drawing.fault.body(generated(order, [], drawing.usage()), self._site)
        told = body.get("usage", NO_IMAGES) if order.n else NO_IMAGES
        counted = {"images": order.n} if self._twist == "images-counted" else {}
        tools = {"image_gen": {**told, **counted}, "web_search": {"num_requests": 0}}
        usage = {} if self._twist == "no-text-usage" or "usage" not in body else {"usage": self._text_usage()}
        return usage | ({"tool_usage": tools} if "usage" in body and self._twist != "no-tool-usage" else {})

    def _text_usage(self) -> Body:
        return self._speech.usage.to_wire()

    def _items(self) -> list[Body]:
        drawn, said = self._pictures(), self._words()
        both = [*said, *drawn] if self._twist in WORDS_FIRST else [*drawn, *said]
        return [self._reasoning(), *both]

    def _reasoning(self) -> Body:
        return {"type": "reasoning", "id": self._reasoning_id, "summary": []}

    def _words(self) -> list[Body]:
        if self._twist == "no-words":
            return []
        part = (
            {"type": "refusal", "refusal": self._speech.refusal}
            if self._speech.refusal
            else {"type": "output_text", "text": self._speech.text, "annotations": [], "logprobs": []}
        )
        return [self._message("completed", [part])]

    def _message(self, status: str, content: list[Body]) -> Body:
        return {"type": "message", "id": self._message_id, "status": status, "role": "assistant", "content": content}

    def _pictures(self) -> list[Body]:
        order, drawing = self._drawing.order, self._drawing
        if not order.n:
            return []
        if self._twist == "item-failed":
            return [{"type": "image_generation_call", "id": self.call_id, "status": "failed", "result": None,
                     "error": BLOCKED}]  # fmt: skip
        body = drawing.fault.body(generated(order, drawing.pictures, drawing.usage()), self._site)
        return [self._picture(body, picture, number) for number, picture in enumerate(body["data"])]

    def _picture(self, body: Body, picture: Body, number: int) -> Body:
        item = {
            "type": "image_generation_call",
            "id": f"{self.call_id}{number or ''}",
            "status": "completed",
            "result": picture.get("b64_json") or picture.get("url"),
            "revised_prompt": picture.get("revised_prompt") or self._speech.revised_prompt,
            "action": self._talk.action,
        } | {key: body[key] for key in ("size", "quality", "background", "output_format") if key in body}  # fmt: skip
        return {key: item[key] for key in BARE} if self._twist == "bare-item" else item

    # ── As events ──

    def opening(self) -> Iterator[bytes]:
        """What comes before anything is drawn."""
        for step in ("created", "in_progress"):
            yield self._event(f"response.{step}", response=self._response("in_progress", []))
        yield from self._item(self._reasoning(), 0)
        if self._drawing.order.n and self._twist not in WORDS_FIRST:
            call = {"type": "image_generation_call", "id": self.call_id, "status": "in_progress", "result": None}
            yield self._event("response.output_item.added", output_index=1, item=call)
            for step in ("in_progress", "generating"):
                yield self._event(f"response.image_generation_call.{step}", item_id=self.call_id, output_index=1)

    def partial(self, picture: bytes, index: int) -> bytes:
        """An unfinished picture (blocking)."""
        order = self._drawing.order
        facts = {
            "size": order.told_size,
            "quality": order.told_quality,
            "background": "opaque",
            "output_format": order.told_format,
        }
        return self._event(
            "response.image_generation_call.partial_image",
            item_id=self.call_id,
            output_index=1,
            partial_image_index=index,
            partial_image_b64=pybase64.b64encode_as_string(picture),
            **({} if self._twist == "bare-partials" else facts),
        )

    def failure(self, name: str | None, data: Body) -> bytes:
        """An error in the middle of the stream."""
        head = f"event: {name}\n" if name else ""
        return f"{head}data: {json.dumps(data | self._numbered())}\n\n".encode()

    async def closing(self, *, pause: float) -> AsyncIterator[bytes]:
        """What comes once everything is drawn; `pause` seconds lie between two pieces of the words."""
        items = await asyncio.to_thread(self._items)
        for index, item in enumerate(items[1:], 1):
            if self._twist in (*FAILURES, *REASONS):
                break
            if item["type"] == "message":
                async for event in self._spoken(item, index, pause):
                    yield event
            else:
                for drawn in await asyncio.to_thread(self._drawn, item, index):
                    yield drawn
        yield await asyncio.to_thread(self._last, items)

    def _drawn(self, item: Body, index: int) -> list[bytes]:
        """A finished picture; the event of that name holds none, its item does (contract §2.4)."""
        done = self._event("response.image_generation_call.completed", item_id=item["id"], output_index=index)
        shown = item | ({"result": None} if self._twist == "picture-at-end" else {})
        return [done, self._event("response.output_item.done", output_index=index, item=shown)]

    async def _spoken(self, item: Body, index: int, pause: float) -> AsyncIterator[bytes]:
        kind = "refusal" if self._speech.refusal else "output_text"
        place = {"item_id": item["id"], "output_index": index, "content_index": 0}
        yield self._event("response.output_item.added", output_index=index, item=self._message("in_progress", []))
        begun = {"type": "refusal", "refusal": ""} if self._speech.refusal else _TEXT
        yield self._event("response.content_part.added", **place, part=begun)
        for delta in self._speech.deltas():
            await asyncio.sleep(pause)
            yield self._event(f"response.{kind}.delta", **place, delta=delta, logprobs=[])
        whole = {"refusal": self._speech.refusal} if self._speech.refusal else {"text": self._speech.text}
        yield self._event(f"response.{kind}.done", **place, **whole, logprobs=[])
        yield self._event("response.content_part.done", **place, part=item["content"][0])
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _last(self, items: list[Body]) -> bytes:
        response = self._ended()
        if self._twist == "completed-empty":
            response |= {"output": []}
        return self._event(f"response.{response['status']}", response=response)

    def _item(self, item: Body, index: int) -> Iterator[bytes]:
        for step in ("added", "done"):
            yield self._event(f"response.output_item.{step}", output_index=index, item=item)

    def _event(self, kind: str, **fields: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields} | self._numbered())}\n\n".encode()

    def _numbered(self) -> Body:
        self._number += 1
        return {"sequence_number": self._number - 1}


_TEXT: Body = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def _shown(tool: Any) -> Any:
    """A tool as the response repeats it: without the mask's bytes."""
    if not isinstance(tool, dict):
        return tool
    return {name: value for name, value in tool.items() if name != "input_image_mask"}
