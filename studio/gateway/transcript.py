"""What a response of the Responses API says, event by event or whole, whichever dialect wrote it (contract §2)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from . import errors
from .complaint import Complaint, loads, read_complaint
from .errors import GatewayError
from .findings import MAX_PICTURES, Facts, Find, find_pictures, is_partial, label_of, read_facts, read_index
from .redaction import redact
from .sse import Event
from .verdict import verdict

MAX_TEXT = 400_000  # characters of all that is said; more is not an answer to a person
MAX_PARTS = 500
_ENDS = ("response.completed", "response.incomplete", "response.done")
_FAILURES = ("error", "response.failed", "response.error", "response.cancelled")

# What stands where base64 should; base64 itself may begin with a slash, but has no dot.
_ADDRESS = re.compile(r"https?://|/[\w./-]{1,300}\.(png|jpe?g|webp)(\?|$)", re.IGNORECASE)

type Kind = Literal["text", "refusal"]
type Decode = Callable[[str], bytes]


@dataclass(frozen=True, kw_only=True)
class News:
    """What one event adds: words to show at once, a partial picture with its number, or a complaint."""

    text: str = ""
    partial: str = field(default="", repr=False)
    index: int | None = None
    complaint: Complaint | None = None


@dataclass(kw_only=True)
class Drawn:
    """A finished picture: as its bytes where they are kept, else as the address it lies at; and what is said of it."""

    picture: bytes = field(default=b"", repr=False)
    url: str = ""
    is_inline: bool = False
    revised_prompt: str | None = None
    facts: Facts = field(default_factory=Facts)


@dataclass
class Part:
    """One piece of what is said; `is_settled` once the whole of it has come."""

    kind: Kind
    text: str = ""
    is_settled: bool = False


class Transcript:
    """Takes a response in; `decode` turns a picture's base64 into its bytes, None lets it pass by unkept."""

    def __init__(self, *, decode: Decode | None = None) -> None:
        self.drawn: dict[str, Drawn] = {}
        self.response_id = self.model = self.incomplete_reason = ""
        self.usage: Any = None
        self.image_usage: Any = None
        self.is_complete = False
        self.has_called = False  # whether the model called its tool, whatever came of it
        self.tool_complaint: Complaint | None = None
        self._parts: dict[str, Part] = {}
        self._decode = decode
        self._damage: GatewayError | None = None

    @property
    def text(self) -> str:
        """All that the model said."""
        return self._said("text")

    @property
    def refusal(self) -> str:
        """All that was said in refusing, by the model or by its tool."""
        said = self.tool_complaint.message if self.tool_complaint and not self.has_picture else ""
        return self._said("refusal") or redact(said)

    @property
    def has_words(self) -> bool:
        return any(part.text for part in self._parts.values())

    @property
    def has_picture(self) -> bool:
        return bool(self.drawn)

    @property
    def addresses(self) -> tuple[Find, ...]:
        """Where the pictures lie, if not one of them came along."""
        if any(one.is_inline for one in self.drawn.values()):
            return ()
        return tuple(Find(url=one.url, revised_prompt=one.revised_prompt) for one in self.drawn.values())

    @property
    def has_answer(self) -> bool:
        """Whether there is something to keep: a picture, or words with their end."""
        return self.has_picture or (self.is_complete and self.has_words)

    @property
    def has_cost(self) -> bool:
        """Whether the model has done anything that is surely charged."""
        return self.has_words or self.has_picture or bool(self.usage)

    def missing(self) -> GatewayError:
        """The error of a response that ended without an answer."""
        if self._damage:
            return self._damage
        if self.tool_complaint:
            return verdict(status=200, complaint=self.tool_complaint, has_drawn=True)
        if self.incomplete_reason == "content_filter":
            return errors.ContentRefused("the response was stopped: content_filter", maybe_billed=True)
        if self.incomplete_reason:
            return errors.LateFailure(f"the response is incomplete: {self.incomplete_reason}")
        return errors.NoPicture() if self.is_complete else errors.ConnectionCut("the response ended before its end")

    def to_wire(self, pictures: Sequence[str]) -> dict[str, Any]:
        """The whole response as a JSON body with these pictures (base64) in it."""
        first = next(iter(self.drawn.values()), Drawn())
        words = [{"type": "output_text", "text": self.text}] if self.text else []
        refusal = [{"type": "refusal", "refusal": self.refusal}] if self.refusal else []
        said = {"type": "message", "role": "assistant", "content": [*words, *refusal]}
        claims = first.facts.to_wire() | {"revised_prompt": first.revised_prompt}
        calls = [{"type": "image_generation_call", **claims, "result": picture} for picture in pictures]
        return {
            "id": self.response_id or None,
            "model": self.model or None,
            "status": "incomplete" if self.incomplete_reason else "completed",
            "incomplete_details": {"reason": self.incomplete_reason} if self.incomplete_reason else None,
            "usage": self.usage,
            "tool_usage": {"image_gen": self.image_usage},
            "output": [*([said] if words or refusal else []), *calls],
        }

    def take_event(self, event: Event) -> News:
        """Take one event of the stream in."""
        payload = loads(event.data)
        if not isinstance(payload, Mapping):
            is_error = event.name == "error" and event.data.strip()
            return News(complaint=Complaint(message=event.data)) if is_error else News()
        label = label_of(event.name, payload)
        if label in _FAILURES or payload.get("error"):
            self._note_response(payload)
            return News(complaint=read_complaint(payload) or Complaint())
        if is_partial(label, payload):
            found = next(find_pictures(payload), None)
            return News(partial=found.base64 if found else "", index=read_index(payload.get("partial_image_index")))
        if label.startswith("response."):
            return News(text=self._take_step(label.removeprefix("response."), payload))
        return self._take_other(payload)

    def take_body(self, value: Any) -> Complaint | None:
        """Take a whole JSON body in; return what it complains about."""
        if isinstance(value, list):
            value = {"output": value}
        if not isinstance(value, Mapping):
            return None
        inner = value.get("response")
        response = inner if isinstance(inner, Mapping) and "output" not in value else value
        self._take_response(response, is_end=response.get("status") not in ("in_progress", "queued"))
        self._take_pictures(response)
        has_failed = response.get("status") in ("failed", "cancelled")
        if self.has_picture or (self.has_words and not has_failed and not response.get("error")):
            return None
        return read_complaint(value) or (Complaint() if has_failed else None)

    def take_picture(self, picture: bytes) -> None:
        """A bare picture came instead of a response."""
        self.drawn["picture"] = Drawn(picture=picture, is_inline=True)
        self.is_complete = True

    def _take_step(self, step: str, payload: Mapping[str, Any]) -> str:
        """One step of a response as OpenAI writes them; return the words it adds."""
        if step in ("output_text.delta", "refusal.delta"):
            return self._hear(payload, step, payload.get("delta"), is_settled=False)
        if step in ("output_text.done", "refusal.done"):
            return self._hear(payload, step, payload.get("text", payload.get("refusal")), is_settled=True)
        if step == "output_item.done":
            item = payload.get("item")
            return self._take_item(item, payload.get("output_index")) if isinstance(item, Mapping) else ""
        if isinstance(payload.get("response"), Mapping) or f"response.{step}" in _ENDS:
            inner = payload.get("response")
            response = inner if isinstance(inner, Mapping) else payload
            return self._take_response(response, is_end=f"response.{step}" in _ENDS, label=step)
        if step.startswith("image_generation_call."):
            self._draw(payload, payload.get("item_id"))
        return ""

    def _take_other(self, payload: Mapping[str, Any]) -> News:
        """An event that is none of the Responses API's own: a whole response, a picture, or a complaint."""
        if "output" in payload:
            return News(text=self._take_response(payload, is_end=True))
        if self._take_pictures(payload):
            return News()
        return News(complaint=read_complaint(payload))

    def _take_pictures(self, payload: Mapping[str, Any]) -> bool:
        """Pictures in the manner of the Images API, where a gateway answers so."""
        if self.drawn:
            return False
        facts = read_facts(payload)
        for number, found in enumerate(find_pictures(payload)):
            self._keep(f"picture {number}", found, facts)
        if self.drawn:
            self.is_complete = True
            self.image_usage = self.image_usage or facts.usage
        return self.has_picture

    def _take_response(self, response: Mapping[str, Any], *, is_end: bool, label: str = "") -> str:
        self._note_response({"response": response})
        said = ""
        output = response.get("output")
        for index, item in enumerate(output[:MAX_PARTS] if isinstance(output, list) else ()):
            if isinstance(item, Mapping):
                said += self._take_item(item, index)
        if is_end:
            self.is_complete = True
            details = response.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, Mapping) else None
            if "incomplete" in (label, response.get("status")):
                self.incomplete_reason = reason[:100] if isinstance(reason, str) and reason else "unknown"
        return said

    def _note_response(self, payload: Mapping[str, Any]) -> None:
        inner = payload.get("response")
        response = inner if isinstance(inner, Mapping) else payload
        self.response_id = _short(response.get("id")) or self.response_id
        self.model = _short(response.get("model")) or self.model
        self.usage = response.get("usage") or self.usage
        tools = response.get("tool_usage", payload.get("tool_usage"))
        if isinstance(tools, Mapping) and tools.get("image_gen"):
            self.image_usage = tools["image_gen"]

    def _take_item(self, item: Mapping[str, Any], index: Any) -> str:
        """One whole item of the output; return the words it adds to what was heard."""
        kind, key = str(item.get("type"))[:100], _short(item.get("id")) or f"#{read_index(index)}"
        if "image" in kind:
            self.has_called = True
            self._draw(item, item.get("id"))
            self.tool_complaint = self.tool_complaint or read_complaint(item)
            return ""
        content = item.get("content")
        if kind != "message" or not isinstance(content, list):
            return ""
        said = ""
        for number, part in enumerate(content[:MAX_PARTS]):
            if isinstance(part, Mapping):
                said += self._take_content(part, f"{key}/{number}")
        return said

    def _take_content(self, part: Mapping[str, Any], key: str) -> str:
        kind = str(part.get("type"))[:100]
        if kind == "refusal":
            return self._settle(key, "refusal", part.get("refusal", part.get("text")))
        if "image" in kind:
            self._draw(part, key)
            return ""
        return self._settle(key, "text", part.get("text"))

    def _hear(self, payload: Mapping[str, Any], step: str, said: Any, *, is_settled: bool) -> str:
        kind: Kind = "refusal" if step.startswith("refusal") else "text"
        item = _short(payload.get("item_id")) or f"#{read_index(payload.get('output_index'))}"
        key = f"{item}/{read_index(payload.get('content_index')) or 0}"
        if is_settled:
            return self._settle(key, kind, said)
        if not isinstance(said, str) or not self._has_room(key, said):
            return ""
        self._parts.setdefault(key, Part(kind)).text += said
        return said

    def _settle(self, key: str, kind: Kind, said: Any) -> str:
        """The whole text of one part; return what of it had not been heard before."""
        if not isinstance(said, str) or not said or not self._has_room(key, said):
            return ""
        heard = self._parts.get(key)
        before = heard.text if heard else self._heard_elsewhere(said)
        self._parts[key] = Part(kind, said, is_settled=True)
        return said.removeprefix(before) if said.startswith(before) else ""

    def _heard_elsewhere(self, said: str) -> str:
        """What was heard of a text under another name, which gateways change between delta, item and end."""
        for key, part in self._parts.items():
            if part.text == said or (not part.is_settled and part.text and said.startswith(part.text)):
                del self._parts[key]
                return part.text
        return ""

    def _has_room(self, key: str, said: str) -> bool:
        length = sum(len(part.text) for name, part in self._parts.items() if name != key)
        return length + len(said) <= MAX_TEXT and (key in self._parts or len(self._parts) < MAX_PARTS)

    def _said(self, kind: Kind) -> str:
        return "\n\n".join(part.text for part in self._parts.values() if part.kind == kind and part.text)

    def _draw(self, item: Mapping[str, Any], key: Any) -> None:
        for number, found in enumerate(_pictures_of(item)):
            name = _short(key) or f"picture {len(self.drawn)}"
            self._keep(f"{name}+{number}" if number else name, found, read_facts(item))

    def _keep(self, key: str, found: Find, facts: Facts) -> None:
        if key in self.drawn or len(self.drawn) == MAX_PICTURES:
            return
        text = found.base64 or (found.url if found.is_inline else "")
        if self._decode and not text:  # an address holds no picture for a reader without a network
            return
        picture = b""
        if text and self._decode:
            try:
                picture = self._decode(text)
            except GatewayError as error:
                self._damage = error
                return
            if not picture or any(one.picture == picture for one in self.drawn.values()):
                return
        self.drawn[key] = Drawn(
            picture=picture,
            url="" if text else found.url,
            is_inline=bool(text),
            revised_prompt=found.revised_prompt,
            facts=replace(facts, usage=None),
        )


def _pictures_of(item: Mapping[str, Any]) -> Iterator[Find]:
    """The pictures of an item or a part of a message; `result` is base64, or a list of it, or an address."""
    result = item.get("result")
    if isinstance(result, list):
        for one in result[:MAX_PICTURES]:
            if isinstance(one, str | Mapping):
                yield from _pictures_of({**item, "result": one} if isinstance(one, str) else one)
        return
    if isinstance(result, str) and _ADDRESS.match(result[:400]):
        item = {**item, "result": None, "url": result}
    yield from find_pictures({**item, "type": "image_generation_call"})


def _short(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""
