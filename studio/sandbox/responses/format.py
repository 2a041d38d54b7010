"""The reply format of the Responses API: its items, its events, and the variants that faults request."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pybase64

from studio.sandbox.drawings import Drawing
from studio.sandbox.images_format import images_body
from studio.sandbox.picture_urls import PictureUrls
from studio.sandbox.reply_format import Body
from studio.sandbox.responses.model_text import ModelText
from studio.sandbox.responses.request import Conversation
from studio.sandbox.responses.store import ResponseStore, StoredResponse

DELTA_SECONDS = 0.06
"""Seconds between two pieces of streamed text at speed 1."""

TEXT_FIRST = ("words-first", "at-length")
"""Variants whose text comes before the picture."""

NO_IMAGE_USAGE = {"input_tokens": 0, "input_tokens_details": {"image_tokens": 0, "text_tokens": 0}, "output_tokens": 0,
             "output_tokens_details": {"image_tokens": 0, "text_tokens": 0}, "total_tokens": 0}  # fmt: skip
SCHEMA_FIELDS = ("type", "id", "status", "result")
"""The fields that the published schema has for a picture's item (contract §2.2)."""

BLOCKED_ERROR = {
    "code": "moderation_blocked", "type": "image_generation_user_error", "param": None,
    "message": "Your request was rejected by the safety system.",
    "moderation_details": {"moderation_stage": "output", "categories": ["violence"]},
}  # fmt: skip
FAILED_ERRORS = {
    "failed": {"code": "server_error", "message": "An error occurred while processing your request."},
    "failed-policy": {"code": "image_content_policy_violation", "message": "The picture was rejected."},
    "failed-rate": {"code": "rate_limit_exceeded", "message": "Rate limit reached for gpt-5.5."},
}
INCOMPLETE_REASONS = {"incomplete": "max_output_tokens", "incomplete-filter": "content_filter"}
LATE = "-late"
"""Suffix of failed and incomplete variants that end so after the picture."""


class ResponsesFormat:
    """Formats a drawing and the model's text as the Responses API does (contract §2.2, §2.4)."""

    def __init__(self, drawing: Drawing, urls: PictureUrls, conversation: Conversation, text: ModelText) -> None:
        self._drawing, self._urls, self._conversation, self._text = drawing, urls, conversation, text
        self._variant = drawing.fault.response_variant
        self.id, self.call_id = f"resp_{secrets.token_hex(16)}", f"ig_{secrets.token_hex(16)}"
        self._message_id, self._reasoning_id = f"msg_{secrets.token_hex(16)}", f"rs_{secrets.token_hex(16)}"
        self._created, self._number = int(time.time()), 0

    def store_when_drawn(self, store: ResponseStore, *, owner: str | None) -> None:
        """Store the response once it is drawn, so that later requests can refer to it."""
        context_text = "\n".join(filter(None, (self._conversation.context_text, self._text.text)))

        def add_to_store(_: object) -> None:
            pictures = self._drawing.pictures[:1] or [b""]
            stored = StoredResponse(
                owner=owner,
                context_text=context_text,
                picture=pictures[0],
                output_format=self._drawing.spec.output_format,
                item_id=self.call_id,
            )
            store.add(self.id, stored)

        assert self._drawing.task
        self._drawing.task.add_done_callback(add_to_store)

    def body(self) -> bytes:
        """The response as one JSON body (blocking)."""
        return json.dumps(self._final_response()).encode()

    def _final_response(self) -> Body:
        """The finished response, for the body or the last event."""
        name = self._variant.removesuffix(LATE)
        if name in FAILED_ERRORS:
            return self._response("failed", self._items() if name != self._variant else [], error=FAILED_ERRORS[name])
        if name in INCOMPLETE_REASONS:
            items = self._items() if name != self._variant else []
            return self._response("incomplete", items, incomplete_details={"reason": INCOMPLETE_REASONS[name]})
        return self._response("completed", self._items())

    def _response(self, status: str, items: list[Body], **more: Any) -> Body:
        fields = self._conversation.fields
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": fields.get("instructions"),
            "metadata": fields.get("metadata") or {},
            "model": self._conversation.model,
            "output": items,
            "parallel_tool_calls": True,
            "previous_response_id": fields.get("previous_response_id"),
            "store": self._conversation.is_stored,
            "temperature": 1.0,
            "top_p": 1.0,
            "tool_choice": fields.get("tool_choice", "auto"),
            "tools": [_without_mask(tool) for tool in fields.get("tools") or []],
            "safety_identifier": fields.get("safety_identifier"),
        } | self._usage_fields(status) | more  # fmt: skip

    def _usage_fields(self, status: str) -> Body:
        """The usage of both models; the tool's is beside the main model's and is not a published field."""
        if status not in ("completed", "incomplete"):
            return {"usage": None}
        spec, drawing = self._drawing.spec, self._drawing
        body = drawing.fault.change_body(images_body(spec, [], drawing.usage()), self._urls)
        reported = body.get("usage", NO_IMAGE_USAGE) if spec.n else NO_IMAGE_USAGE
        counted = {"images": spec.n} if self._variant == "images-counted" else {}
        tools = {"image_gen": {**reported, **counted}, "web_search": {"num_requests": 0}}
        usage = {} if self._variant == "no-text-usage" or "usage" not in body else {"usage": self._text_usage()}
        return usage | ({"tool_usage": tools} if "usage" in body and self._variant != "no-tool-usage" else {})

    def _text_usage(self) -> Body:
        return self._text.usage.to_wire()

    def _items(self) -> list[Body]:
        pictures, texts = self._picture_items(), self._text_items()
        both = [*texts, *pictures] if self._variant in TEXT_FIRST else [*pictures, *texts]
        return [self._reasoning(), *both]

    def _reasoning(self) -> Body:
        return {"type": "reasoning", "id": self._reasoning_id, "summary": []}

    def _text_items(self) -> list[Body]:
        if self._variant == "no-words":
            return []
        part = (
            {"type": "refusal", "refusal": self._text.refusal}
            if self._text.refusal
            else {"type": "output_text", "text": self._text.text, "annotations": [], "logprobs": []}
        )
        return [self._message("completed", [part])]

    def _message(self, status: str, content: list[Body]) -> Body:
        return {"type": "message", "id": self._message_id, "status": status, "role": "assistant", "content": content}

    def _picture_items(self) -> list[Body]:
        spec, drawing = self._drawing.spec, self._drawing
        if not spec.n:
            return []
        if self._variant == "item-failed":
            return [{"type": "image_generation_call", "id": self.call_id, "status": "failed", "result": None,
                     "error": BLOCKED_ERROR}]  # fmt: skip
        body = drawing.fault.change_body(images_body(spec, drawing.pictures, drawing.usage()), self._urls)
        return [self._picture_item(body, picture, number) for number, picture in enumerate(body["data"])]

    def _picture_item(self, body: Body, picture: Body, number: int) -> Body:
        item = {
            "type": "image_generation_call",
            "id": f"{self.call_id}{number or ''}",
            "status": "completed",
            "result": picture.get("b64_json") or picture.get("url"),
            "revised_prompt": picture.get("revised_prompt") or self._text.revised_prompt,
            "action": self._conversation.action,
        } | {key: body[key] for key in ("size", "quality", "background", "output_format") if key in body}  # fmt: skip
        return {key: item[key] for key in SCHEMA_FIELDS} if self._variant == "bare-item" else item

    def opening_events(self) -> Iterator[bytes]:
        """The events before the first picture."""
        for step in ("created", "in_progress"):
            yield self._event(f"response.{step}", response=self._response("in_progress", []))
        yield from self._item_events(self._reasoning(), 0)
        if self._drawing.spec.n and self._variant not in TEXT_FIRST:
            item = {"type": "image_generation_call", "id": self.call_id, "status": "in_progress", "result": None}
            yield self._event("response.output_item.added", output_index=1, item=item)
            for step in ("in_progress", "generating"):
                yield self._event(f"response.image_generation_call.{step}", item_id=self.call_id, output_index=1)

    def partial_event(self, picture: bytes, index: int) -> bytes:
        """The event of a partial picture (blocking)."""
        spec = self._drawing.spec
        fields = {
            "size": spec.reported_size,
            "quality": spec.reported_quality,
            "background": "opaque",
            "output_format": spec.reported_format,
        }
        return self._event(
            "response.image_generation_call.partial_image",
            item_id=self.call_id,
            output_index=1,
            partial_image_index=index,
            partial_image_b64=pybase64.b64encode_as_string(picture),
            **({} if self._variant == "bare-partials" else fields),
        )

    def error_event(self, name: str | None, data: Body) -> bytes:
        """An error event, with or without a name."""
        head = f"event: {name}\n" if name else ""
        return f"{head}data: {json.dumps(data | self._sequence_number())}\n\n".encode()

    async def closing_events(self, *, pause: float) -> AsyncIterator[bytes]:
        """The events once the drawing is done, with `pause` seconds between pieces of text."""
        items = await asyncio.to_thread(self._items)
        for index, item in enumerate(items[1:], 1):
            if self._variant in (*FAILED_ERRORS, *INCOMPLETE_REASONS):
                break
            if item["type"] == "message":
                async for event in self._text_events(item, index, pause):
                    yield event
            else:
                for picture_event in await asyncio.to_thread(self._picture_events, item, index):
                    yield picture_event
        yield await asyncio.to_thread(self._last_event, items)

    def _picture_events(self, item: Body, index: int) -> list[bytes]:
        """The events of a finished picture; `completed` has no picture, the item does (contract §2.4)."""
        done = self._event("response.image_generation_call.completed", item_id=item["id"], output_index=index)
        shown = item | ({"result": None} if self._variant == "picture-at-end" else {})
        return [done, self._event("response.output_item.done", output_index=index, item=shown)]

    async def _text_events(self, item: Body, index: int, pause: float) -> AsyncIterator[bytes]:
        kind = "refusal" if self._text.refusal else "output_text"
        place = {"item_id": item["id"], "output_index": index, "content_index": 0}
        yield self._event("response.output_item.added", output_index=index, item=self._message("in_progress", []))
        empty_part = {"type": "refusal", "refusal": ""} if self._text.refusal else _TEXT
        yield self._event("response.content_part.added", **place, part=empty_part)
        for delta in self._text.deltas():
            await asyncio.sleep(pause)
            yield self._event(f"response.{kind}.delta", **place, delta=delta, logprobs=[])
        whole = {"refusal": self._text.refusal} if self._text.refusal else {"text": self._text.text}
        yield self._event(f"response.{kind}.done", **place, **whole, logprobs=[])
        yield self._event("response.content_part.done", **place, part=item["content"][0])
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _last_event(self, items: list[Body]) -> bytes:
        response = self._final_response()
        if self._variant == "completed-empty":
            response |= {"output": []}
        return self._event(f"response.{response['status']}", response=response)

    def _item_events(self, item: Body, index: int) -> Iterator[bytes]:
        for step in ("added", "done"):
            yield self._event(f"response.output_item.{step}", output_index=index, item=item)

    def _event(self, kind: str, **fields: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields} | self._sequence_number())}\n\n".encode()

    def _sequence_number(self) -> Body:
        self._number += 1
        return {"sequence_number": self._number - 1}


_TEXT: Body = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def _without_mask(tool: Any) -> Any:
    """A tool as the response repeats it, without the mask."""
    if not isinstance(tool, dict):
        return tool
    return {name: value for name, value in tool.items() if name != "input_image_mask"}
