"""Collects a response of the Responses API, event by event or whole, whichever dialect wrote it (contract §2)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from studio.images import TextUsage, Usage

from . import errors
from .error_body import ErrorBody, read_error_body
from .error_classification import classify_error
from .errors import GatewayError
from .found_picture import FoundPicture
from .image_extraction import (
    MAX_PICTURES,
    Facts,
    cost_in_body,
    extract_facts,
    find_pictures,
    is_partial,
    label_of,
    read_index,
)
from .lenient_json import parse_json
from .picture_search import search_pictures, without_data_urls
from .redaction import redact
from .sse import Event
from .transcript_text import MAX_PARTS, TextKind, TranscriptText

_ENDS = ("response.completed", "response.incomplete", "response.done")
_FAILURES = ("error", "response.failed", "response.error", "response.cancelled")

# A URL in place of base64; base64 itself may begin with a slash, but has no dot.
_URL = re.compile(r"https?://|/[\w./-]{1,300}\.(png|jpe?g|webp)(\?|$)", re.IGNORECASE)

type Decode = Callable[[str], bytes]
type Reserve = Callable[[int], bool]


@dataclass(frozen=True, kw_only=True)
class EventUpdate:
    """What one event adds: text to show at once, a partial picture with its number, or an error."""

    text: str = ""
    partial: str = field(default="", repr=False)
    index: int | None = None
    error_body: ErrorBody | None = None


@dataclass(kw_only=True)
class GeneratedPicture:
    """A finished picture, as its bytes, its base64 or its URL, with what the response claims about it.

    An inline picture has neither bytes nor base64 where there was no memory to keep them.
    """

    data: bytes = field(default=b"", repr=False)
    base64: str = field(default="", repr=False)
    url: str = ""
    is_inline: bool = False
    revised_prompt: str | None = None
    facts: Facts = field(default_factory=Facts)


class Transcript:
    """The state of one response.

    With `decode` pictures are kept as bytes and those at a URL are skipped, as for a reader without a network. Without
    it, URLs are kept, and base64 as far as `reserve` grants its length.
    """

    def __init__(self, *, decode: Decode | None = None, reserve: Reserve | None = None) -> None:
        self.pictures: dict[str, GeneratedPicture] = {}
        self.response_id = self.model = self.incomplete_reason = ""
        self.usage: Any = None
        self.image_usage: Any = None
        self.is_complete = False
        self.has_called_tool = False  # whatever came of it
        self.tool_error: ErrorBody | None = None
        self._text = TranscriptText()
        self._decode = decode
        self._reserve = reserve
        self._picture_error: GatewayError | None = None

    @property
    def text(self) -> str:
        """The model's text, without pictures that are written into it."""
        text = self._text.joined("text")
        return without_data_urls(text) if "data:image/" in text else text

    @property
    def refusal(self) -> str:
        """The refusal of the model, or the error message of its tool."""
        message = self.tool_error.message if self.tool_error and not self.has_picture else ""
        return self._text.joined("refusal") or redact(message)

    @property
    def has_text(self) -> bool:
        return not self._text.is_empty

    @property
    def has_picture(self) -> bool:
        return bool(self.pictures)

    @property
    def remote_pictures(self) -> tuple[FoundPicture, ...]:
        """The pictures to fetch, if none of them is inline."""
        if any(picture.is_inline for picture in self.pictures.values()):
            return ()
        return tuple(
            FoundPicture(url=picture.url, revised_prompt=picture.revised_prompt) for picture in self.pictures.values()
        )

    @property
    def has_answer(self) -> bool:
        """Whether there is something to keep: a picture, or text that is complete."""
        return self.has_picture or (self.is_complete and self.has_text)

    @property
    def has_cost(self) -> bool:
        """Whether the model has done anything that is surely billed."""
        return self.has_text or self.has_picture or bool(self.usage)

    def missing_answer_error(self) -> GatewayError:
        """The error of a response that ended without an answer."""
        if self._picture_error:
            return self._picture_error
        if self.tool_error:
            return classify_error(status=200, error_body=self.tool_error, has_output=True)
        if self.incomplete_reason == "content_filter":
            return errors.ContentRefused("the response was stopped: content_filter", maybe_billed=True)
        if self.incomplete_reason:
            return errors.LateFailure(f"the response is incomplete: {self.incomplete_reason}")
        return errors.NoPicture() if self.is_complete else errors.ConnectionCut("the response ended before its end")

    def add_bill(self, error: GatewayError) -> None:
        """Add to an error what the response told of its cost."""
        error.add_bill(
            usage=self.image_usage if Usage.told(self.image_usage) else None,
            text_usage=self.usage if TextUsage.from_wire(self.usage) else None,
            reported_cost=cost_in_body({"usage": self.usage}),
        )

    def to_wire(self, pictures: Sequence[str]) -> dict[str, Any]:
        """The whole response as a JSON body with these pictures (base64) in it."""
        first = next(iter(self.pictures.values()), GeneratedPicture())
        text = [{"type": "output_text", "text": self.text}] if self.text else []
        refusal = [{"type": "refusal", "refusal": self.refusal}] if self.refusal else []
        message = {"type": "message", "role": "assistant", "content": [*text, *refusal]}
        claims = first.facts.to_wire() | {"revised_prompt": first.revised_prompt}
        calls = [{"type": "image_generation_call", **claims, "result": picture} for picture in pictures]
        return {
            "id": self.response_id or None,
            "model": self.model or None,
            "status": "incomplete" if self.incomplete_reason else "completed",
            "incomplete_details": {"reason": self.incomplete_reason} if self.incomplete_reason else None,
            "usage": self.usage,
            "tool_usage": {"image_gen": self.image_usage},
            "output": [*([message] if text or refusal else []), *calls],
        }

    def add_event(self, event: Event) -> EventUpdate:
        """Add one event of the stream."""
        payload = parse_json(event.data)
        if not isinstance(payload, Mapping):
            is_error = event.name == "error" and event.data.strip()
            return EventUpdate(error_body=ErrorBody(message=event.data)) if is_error else EventUpdate()
        label = label_of(event.name, payload)
        if label in _FAILURES or payload.get("error"):
            self._read_response_fields(payload)
            return EventUpdate(error_body=read_error_body(payload) or ErrorBody())
        if is_partial(label, payload):
            found = next(find_pictures(payload), None)
            index = read_index(payload.get("partial_image_index"))
            return EventUpdate(partial=found.base64 if found else "", index=index)
        if label.startswith("response."):
            return EventUpdate(text=self._add_step(label.removeprefix("response."), payload))
        return self._add_other(payload)

    def add_body(self, value: Any) -> ErrorBody | None:
        """Add a whole JSON body; return its error where it holds no answer."""
        if isinstance(value, list):
            value = {"output": value}
        if not isinstance(value, Mapping):
            return None
        inner = value.get("response")
        response = inner if isinstance(inner, Mapping) and "output" not in value else value
        self._add_response(response, is_end=response.get("status") not in ("in_progress", "queued"))
        self._add_images_api_pictures(response)
        self._search(response)
        has_failed = response.get("status") in ("failed", "cancelled")
        if self.has_picture or (self.has_text and not has_failed and not response.get("error")):
            return None
        return read_error_body(value) or (ErrorBody() if has_failed else None)

    def add_bare_picture(self, data: bytes) -> None:
        """Add the file that a gateway sent instead of a response."""
        self.pictures["picture"] = GeneratedPicture(data=data, is_inline=True)
        self.is_complete = True

    def _add_step(self, step: str, payload: Mapping[str, Any]) -> str:
        """Add an event as OpenAI writes them; return its new text."""
        if step in ("output_text.delta", "refusal.delta"):
            return self._text.append(_part_key(payload), _text_kind(step), payload.get("delta"))
        if step in ("output_text.done", "refusal.done"):
            text = payload.get("text", payload.get("refusal"))
            return self._text.complete(_part_key(payload), _text_kind(step), text)
        if step == "output_item.done":
            item = payload.get("item")
            return self._add_item(item, payload.get("output_index")) if isinstance(item, Mapping) else ""
        if isinstance(payload.get("response"), Mapping) or f"response.{step}" in _ENDS:
            inner = payload.get("response")
            response = inner if isinstance(inner, Mapping) else payload
            return self._add_response(response, is_end=f"response.{step}" in _ENDS, label=step)
        if step.startswith("image_generation_call."):
            self._add_pictures(payload, payload.get("item_id"))
        return ""

    def _add_other(self, payload: Mapping[str, Any]) -> EventUpdate:
        """Add an event that the Responses API does not have: a whole response, a picture, or an error."""
        if "output" in payload:
            return EventUpdate(text=self._add_response(payload, is_end=True))
        if self._add_images_api_pictures(payload):
            return EventUpdate()
        return EventUpdate(error_body=read_error_body(payload))

    def _add_images_api_pictures(self, payload: Mapping[str, Any]) -> bool:
        """Add pictures in the format of the Images API, which some gateways use here."""
        if self.pictures:
            return False
        facts = extract_facts(payload)
        for number, found in enumerate(find_pictures(payload)):
            self._add_picture(f"picture {number}", found, facts)
        self._search(payload)
        if self.pictures:
            self.is_complete = True
            self.image_usage = self.image_usage or facts.usage
        return self.has_picture

    def _search(self, value: Any) -> None:
        """Add pictures that stand anywhere else; a link in an answer is words."""
        for number, found in enumerate(search_pictures(value) if not self.pictures else ()):
            if found.is_inline:
                self._add_picture(f"found {number}", found, Facts())
                self.is_complete = True

    def _add_response(self, response: Mapping[str, Any], *, is_end: bool, label: str = "") -> str:
        self._read_response_fields({"response": response})
        new_text = ""
        output = response.get("output")
        for index, item in enumerate(output[:MAX_PARTS] if isinstance(output, list) else ()):
            if isinstance(item, Mapping):
                new_text += self._add_item(item, index)
        if is_end:
            self._search(self._text.joined("text"))
            self.is_complete = True
            details = response.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, Mapping) else None
            if "incomplete" in (label, response.get("status")):
                self.incomplete_reason = reason[:100] if isinstance(reason, str) and reason else "unknown"
        return new_text

    def _read_response_fields(self, payload: Mapping[str, Any]) -> None:
        inner = payload.get("response")
        response = inner if isinstance(inner, Mapping) else payload
        self.response_id = _short(response.get("id")) or self.response_id
        self.model = _short(response.get("model")) or self.model
        self.usage = response.get("usage") or self.usage
        tools = response.get("tool_usage", payload.get("tool_usage"))
        if isinstance(tools, Mapping) and tools.get("image_gen"):
            self.image_usage = tools["image_gen"]

    def _add_item(self, item: Mapping[str, Any], index: Any) -> str:
        """Add one whole item of the output; return its new text."""
        kind, key = str(item.get("type"))[:100], _short(item.get("id")) or f"#{read_index(index)}"
        if "image" in kind:
            self.has_called_tool = True
            self._add_pictures(item, item.get("id"))
            self.tool_error = self.tool_error or read_error_body(item)
            return ""
        content = item.get("content")
        if kind != "message" or not isinstance(content, list):
            return ""
        new_text = ""
        for number, part in enumerate(content[:MAX_PARTS]):
            if isinstance(part, Mapping):
                new_text += self._add_content(part, f"{key}/{number}")
        return new_text

    def _add_content(self, part: Mapping[str, Any], key: str) -> str:
        kind = str(part.get("type"))[:100]
        if kind == "refusal":
            return self._text.complete(key, "refusal", part.get("refusal", part.get("text")))
        if "image" in kind:
            self._add_pictures(part, key)
            return ""
        return self._text.complete(key, "text", part.get("text"))

    def _add_pictures(self, item: Mapping[str, Any], key: Any) -> None:
        for number, found in enumerate(_pictures_in(item)):
            name = _short(key) or f"picture {len(self.pictures)}"
            self._add_picture(f"{name}+{number}" if number else name, found, extract_facts(item))

    def _add_picture(self, key: str, found: FoundPicture, facts: Facts) -> None:
        if key in self.pictures or len(self.pictures) == MAX_PICTURES:
            return
        text, data, base64 = found.inline_text, b"", ""
        if self._decode:
            data = self._decoded(text)
            if not data:
                return
        elif text and self._reserve and self._reserve(len(text)):
            base64 = text
        self.pictures[key] = GeneratedPicture(
            data=data,
            base64=base64,
            url="" if text else found.url,
            is_inline=bool(text),
            revised_prompt=found.revised_prompt,
            facts=replace(facts, usage=None),
        )

    def _decoded(self, text: str) -> bytes:
        """A new picture's bytes; none for one that must be fetched, is damaged, or was there before."""
        assert self._decode
        try:
            data = self._decode(text) if text else b""
        except GatewayError as error:
            self._picture_error = error
            return b""
        return b"" if any(picture.data == data for picture in self.pictures.values()) else data


def _pictures_in(item: Mapping[str, Any]) -> Iterator[FoundPicture]:
    """The pictures of an item or a part of a message; `result` is base64, a list of it, or a URL."""
    result = item.get("result")
    if isinstance(result, list):
        for one in result[:MAX_PICTURES]:
            if isinstance(one, str | Mapping):
                yield from _pictures_in({**item, "result": one} if isinstance(one, str) else one)
        return
    if isinstance(result, str) and _URL.match(result[:400]):
        item = {**item, "result": None, "url": result}
    yield from find_pictures({**item, "type": "image_generation_call"})


def _part_key(payload: Mapping[str, Any]) -> str:
    item = _short(payload.get("item_id")) or f"#{read_index(payload.get('output_index'))}"
    return f"{item}/{read_index(payload.get('content_index')) or 0}"


def _text_kind(step: str) -> TextKind:
    return "refusal" if step.startswith("refusal") else "text"


def _short(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""
