"""Finds pictures and facts in a parsed JSON body or stream event, whichever dialect wrote it (contract §6.1, §6.9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from studio.images import Usage

from .complaint import Complaint, loads, read_complaint
from .figures import read_amount
from .sse import Event

MAX_PICTURES = 10
_BASE64_KEYS = ("b64_json", "partial_image_b64", "b64", "image_base64")
_URL_KEYS = ("url", "image_url")
_LIST_KEYS = ("data", "images", "output")
_FINAL_ENDINGS = ("completed", "succeeded", "done")


@dataclass(frozen=True, kw_only=True)
class Find:
    """A picture as a reply holds it: as base64 text, or as an address to fetch it from (exactly one is set)."""

    base64: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    revised_prompt: str | None = None

    @property
    def is_inline(self) -> bool:
        """Whether the picture itself is here, not only its address."""
        return bool(self.base64) or self.url[:5].lower() == "data:"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a reply says about its picture; every field is the gateway's claim and may be missing.

    The usage stays as it was written, for what it means depends on what was asked.
    """

    model: str | None = None
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    background: str | None = None
    usage: Mapping[str, Any] | None = None
    reported_cost: Decimal | None = None  # USD

    def to_wire(self) -> dict[str, object]:
        """The facts as a JSON reply carries them."""
        facts = {name: value for name, value in vars(self).items() if value is not None}
        if "reported_cost" in facts:
            facts["cost"] = str(facts.pop("reported_cost"))
        return facts

    def __or__(self, later: "Facts") -> "Facts":
        """Both taken together; the later word wins, usage is never summed (gateways repeat it)."""
        return replace(self, **{name: value for name, value in vars(later).items() if value is not None})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one event or body amounts to."""

    role: Literal["partial", "final", "error", "other"]
    finds: tuple[Find, ...] = ()
    facts: Facts = Facts()
    complaint: Complaint | None = None
    index: int | None = None


def read_event(event: Event) -> Finding:
    """Say what one stream event is: by its name or type, else by what it holds."""
    payload = loads(event.data)
    if not isinstance(payload, Mapping):
        is_error = event.name == "error" and event.data.strip()
        return _error(Complaint(message=event.data)) if is_error else Finding(role="other")
    label = label_of(event.name, payload)
    if label == "error" or label.endswith(".failed") or payload.get("error"):
        return _error(read_complaint(payload) or Complaint())
    finds = tuple(find_pictures(payload))
    if is_partial(label, payload):
        return Finding(role="partial", finds=finds, index=read_index(payload.get("partial_image_index")))
    if not finds and not label.endswith(_FINAL_ENDINGS):
        complaint = read_complaint(payload)
        return _error(complaint) if complaint else Finding(role="other")
    return Finding(role="final", finds=finds, facts=read_facts(payload))


def read_body(value: Any) -> Finding:
    """Say what a JSON body is: a picture where one is found, else the complaint in it."""
    if isinstance(value, list):
        value = {"data": value}
    if not isinstance(value, Mapping):
        return Finding(role="other")
    finds = tuple(find_pictures(value))
    if value.get("error") and not any(find.base64 for find in finds):
        finds = ()  # the address in an error body leads to its explanation
    complaint = None if finds else read_complaint(value)
    return _error(complaint) if complaint else Finding(role="final", finds=finds, facts=read_facts(value))


def find_pictures(value: Mapping[str, Any], *, depth: int = 0) -> Iterator[Find]:
    """Yield the pictures of a body, an event, or an item inside one; base64 is preferred to an address."""
    revised = value.get("revised_prompt")
    prompt = revised[:32_000] if isinstance(revised, str) and revised else None
    if base64 := _text(value, *_BASE64_KEYS) or _call_result(value):
        yield Find(base64=base64, revised_prompt=prompt)
    elif url := _text(value, *_URL_KEYS):
        yield Find(url=url, revised_prompt=prompt)
    elif depth < 3:
        for item in _items(value):
            yield from find_pictures(item, depth=depth + 1)


def read_facts(value: Mapping[str, Any]) -> Facts:
    """Read what a body or event claims about its picture."""
    names = ("model", "size", "quality", "output_format", "background")
    claims = {name: claim for name in names if isinstance(claim := value.get(name), str) and 0 < len(claim) <= 100}
    usage = value.get("usage")
    return Facts(**claims, usage=usage if Usage.from_wire(usage) else None, reported_cost=read_cost_of(value))


def read_cost_of(value: Mapping[str, Any]) -> Decimal | None:
    """What a body says the call cost, in USD: in its usage as OpenRouter does, or beside it."""
    usage = value.get("usage")
    in_usage = read_amount(usage.get("cost")) if isinstance(usage, Mapping) else None
    return in_usage if in_usage is not None else read_amount(value.get("cost"))


def _error(complaint: Complaint) -> Finding:
    return Finding(role="error", complaint=complaint)


def label_of(name: str, payload: Mapping[str, Any]) -> str:
    """What an event is called: by its type, else by its name; one named `error` is one, whatever its type."""
    kind = payload.get("type") or name or payload.get("object") or ""
    return name.lower() if name == "error" else str(kind)[:200].lower()


def is_partial(label: str, payload: Mapping[str, Any]) -> bool:
    """Whether an event holds an unfinished picture."""
    if label.endswith(_FINAL_ENDINGS):
        return False  # Ark's `partial_succeeded` is one finished picture
    return "partial" in label or "partial_image_b64" in payload or "partial_image_index" in payload


def read_index(value: Any) -> int | None:
    """A number of a picture or an item, or None for anything that is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000 else None


def _text(value: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        text = value.get(key)
        if isinstance(text, Mapping):
            text = text.get("url")
        if isinstance(text, str) and text.strip():
            return text
    return ""


def _call_result(value: Mapping[str, Any]) -> str:
    result = value.get("result")
    return result if value.get("type") == "image_generation_call" and isinstance(result, str) else ""


def _items(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in (*_LIST_KEYS, "item", "response"):
        inner = value.get(key)
        inner = [inner] if isinstance(inner, Mapping) else inner
        if isinstance(inner, list):
            yield from (item for item in inner[:MAX_PICTURES] if isinstance(item, Mapping))
