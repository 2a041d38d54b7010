"""Finds pictures and facts in a parsed JSON body or stream event, whichever dialect wrote it (contract §6.1, §6.9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from studio.images import Usage

from .error_body import ErrorBody, read_error_body
from .found_picture import FoundPicture, picture_in
from .lenient_json import parse_json
from .picture_search import search_pictures
from .reported_cost import cost_from_json
from .sse import Event
from .usage_tally import UsageTally

MAX_PICTURES = 10
_BASE64_KEYS = ("b64_json", "partial_image_b64", "b64", "image_base64")
_URL_KEYS = ("url", "image_url")
_LIST_KEYS = ("data", "images", "output")
_USAGE_KEYS = ("result", "body")
_FINAL_ENDINGS = ("completed", "succeeded", "done")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a reply claims about its picture; every field may be missing.

    The usage is kept as it was sent, for its meaning depends on the request.
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
        """Both combined; later values win. Usage is added up by `UsageTally`."""
        return replace(self, **{name: value for name, value in vars(later).items() if value is not None})


_NO_FACTS = Facts()


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """What one event or body holds.

    `is_completed` means that its pictures are finished, not just not called partial.
    """

    role: Literal["partial", "final", "error", "other"]
    pictures: tuple[FoundPicture, ...] = ()
    facts: Facts = Facts()
    error_body: ErrorBody | None = None
    index: int | None = None
    is_completed: bool = False

    @property
    def has_inline_picture(self) -> bool:
        return any(picture.is_inline for picture in self.pictures)


def extract_from_event(event: Event) -> Extraction:
    """Classify one stream event by its name or type, else by what it holds."""
    payload = parse_json(event.data)
    if not isinstance(payload, Mapping):
        is_error = event.name == "error" and event.data.strip()
        return _error(ErrorBody(message=event.data)) if is_error else _bare_picture(event.data, payload)
    return extract_from_payload(payload, name=event.name)


def extract_from_payload(payload: Mapping[str, Any], *, name: str = "") -> Extraction:
    """Classify the parsed data of a stream event."""
    label, facts = label_of(name, payload), extract_facts(payload)
    if label == "error" or label.endswith(".failed") or payload.get("error"):
        return _error(read_error_body(payload) or ErrorBody(), facts)
    if is_partial(label, payload):
        pictures = tuple(find_pictures(payload))
        return Extraction(role="partial", pictures=pictures, index=read_index(payload.get("partial_image_index")))
    pictures = all_pictures(payload)
    if not pictures and not label.endswith(_FINAL_ENDINGS):
        error_body = read_error_body(payload)
        return _error(error_body, facts) if error_body else Extraction(role="other", facts=facts)
    # Nothing but a finished picture comes with its usage, and a chat has no previews.
    is_completed = label.endswith(_FINAL_ENDINGS) or facts.usage is not None or label.startswith("chat.completion")
    index = read_index(payload.get("index", payload.get("output_index")))
    return Extraction(role="final", pictures=pictures, facts=facts, index=index, is_completed=is_completed)


def extract_from_body(value: Any) -> Extraction:
    """Classify a parsed JSON body: pictures where there are any, else its error."""
    if isinstance(value, list):
        value = {"data": value}
    if not isinstance(value, Mapping):
        return _bare_picture("", value)
    is_error = read_error_body(value) is not None
    pictures, facts = all_pictures(value, is_whole=not is_error), extract_facts(value)
    if value.get("error") and not any(picture.is_inline for picture in pictures):
        pictures = ()  # a URL in an error body leads to its explanation
    error_body = None if pictures else read_error_body(value)
    if error_body:
        return _error(error_body, facts)
    return Extraction(role="final", pictures=pictures, facts=facts, is_completed=True)


def all_pictures(value: Mapping[str, Any], *, is_whole: bool = False) -> tuple[FoundPicture, ...]:
    """The pictures where gateways are known to put them, else wherever there is something that can only be one."""
    known = tuple(find_pictures(value))
    if any(picture.is_inline for picture in known):
        return known
    found = search_pictures(value, is_whole=is_whole)
    return found if any(picture.is_inline for picture in found) else known or found


def find_pictures(value: Mapping[str, Any], *, depth: int = 0) -> Iterator[FoundPicture]:
    """Yield the pictures of a body, an event, or an item inside one; base64 is preferred to a URL."""
    revised = value.get("revised_prompt")
    prompt = revised[:32_000] if isinstance(revised, str) and revised else None
    if base64 := _text(value, *_BASE64_KEYS) or _call_result(value):
        yield picture_in(base64, is_base64=True, revised_prompt=prompt)
    elif url := _text(value, *_URL_KEYS):
        yield picture_in(url, is_base64=False, revised_prompt=prompt)
    elif depth < 3:
        for item in _items(value):
            yield from find_pictures(item, depth=depth + 1)


def extract_facts(value: Mapping[str, Any]) -> Facts:
    """What a body or event claims about its picture."""
    names = ("model", "size", "quality", "output_format", "background")
    claims = {name: claim for name in names if isinstance(claim := value.get(name), str) and 0 < len(claim) <= 100}
    return Facts(**claims, usage=find_usage(value), reported_cost=cost_in_body(value))


def find_usage(value: Mapping[str, Any], *, depth: int = 0) -> Mapping[str, Any] | None:
    """The usage of a body or event, wherever it stands; that of several items is added up."""
    usage = value.get("usage")
    if isinstance(usage, Mapping) and Usage.told(usage):
        return usage
    if isinstance(counts := value.get("usageMetadata"), Mapping):
        usage = {"input_tokens": counts.get("promptTokenCount"), "output_tokens": counts.get("candidatesTokenCount")}
        return usage if Usage.told(usage) else None
    if depth == 2:
        return None
    tally = UsageTally()
    for number, item in enumerate(_items(value, *_USAGE_KEYS)):
        tally.add(find_usage(item, depth=depth + 1), picture=str(number))
    return tally.total()


def cost_in_body(value: Mapping[str, Any]) -> Decimal | None:
    """The cost in USD that a body reports: in its usage as OpenRouter does, or beside it."""
    usage = value.get("usage")
    in_usage = cost_from_json(usage.get("cost")) if isinstance(usage, Mapping) else None
    return in_usage if in_usage is not None else cost_from_json(value.get("cost"))


def label_of(name: str, payload: Mapping[str, Any]) -> str:
    """An event's type, else its name; one named `error` is an error, whatever its type."""
    kind = payload.get("type") or name or payload.get("object") or ""
    return name.lower() if name == "error" else str(kind)[:200].lower()


def is_partial(label: str, payload: Mapping[str, Any]) -> bool:
    """Whether an event holds an unfinished picture."""
    if label.endswith(_FINAL_ENDINGS):
        return False  # Ark's `partial_succeeded` is one finished picture
    return "partial" in label or "partial_image_b64" in payload or "partial_image_index" in payload


def read_index(value: Any) -> int | None:
    """The number of a picture or an item; None for anything that is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000 else None


def _error(error_body: ErrorBody, facts: Facts = _NO_FACTS) -> Extraction:
    return Extraction(role="error", error_body=error_body, facts=facts)


def _bare_picture(text: str, value: Any) -> Extraction:
    """A picture that stands alone where an object should be: as a text, or as a list of its bytes."""
    pictures = search_pictures(text if value is None else value)
    return Extraction(role="final" if pictures else "other", pictures=pictures, is_completed=bool(pictures))


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


def _items(value: Mapping[str, Any], *more: str) -> Iterator[Mapping[str, Any]]:
    for key in (*_LIST_KEYS, "item", "response", *more):
        inner = value.get(key)
        inner = [inner] if isinstance(inner, Mapping) else inner
        if isinstance(inner, list):
            yield from (item for item in inner[:MAX_PICTURES] if isinstance(item, Mapping))
