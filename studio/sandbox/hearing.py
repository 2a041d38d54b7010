"""The input of a response's request: who said what, and which pictures were shown."""

from dataclasses import dataclass, field
from typing import Any

from studio.sandbox.memory import Memory
from studio.sandbox.refusal import Refusal, gateway, openai
from studio.sandbox.rules import Broken
from studio.sandbox.uploads import Upload, from_url


@dataclass
class Heard:
    """What was said, what the user said last, and the pictures in their order."""

    words: list[str] = field(default_factory=list)
    last: str = ""
    images: list[Upload] = field(default_factory=list)


def hear(body: dict[str, Any], *, memory: Memory, owner: str | None) -> Heard:
    """Read the input, a text or a list of items; raises Broken."""
    given, heard = body.get("input"), Heard()
    if isinstance(given, str) and given.strip():
        return Heard([given], given)
    if not isinstance(given, list) or not given:
        message = "Missing required parameter: 'input'."
        raise Broken(openai(400, message, code="missing_required_parameter", param="input"))
    for index, item in enumerate(given):
        where = f"input[{index}]"
        if not isinstance(item, dict):
            raise Broken(wrong_type(where, "an object"))
        if item.get("type", "message") == "message":
            _hear_message(item, heard, where)
        elif item["type"] == "image_generation_call":
            heard.images.append(_remembered(item, memory=memory, owner=owner))
        elif item["type"] != "reasoning":
            message = f"Invalid value: '{str(item['type'])[:60]}'."
            raise Broken(openai(400, message, code="invalid_value", param=f"{where}.type"))
    if not heard.last.strip() and not heard.images:
        raise Broken(openai(400, "The input holds no words.", code="empty_string", param="input"))
    return heard


def _hear_message(item: dict[str, Any], heard: Heard, where: str) -> None:
    role, content = item.get("role"), item.get("content")
    if role not in ("user", "assistant", "system", "developer"):
        message = (
            f"Invalid value: '{str(role)[:60]}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
        )
        raise Broken(openai(400, message, code="invalid_value", param=f"{where}.role"))
    parts = [{"type": _SPOKEN[role][0], "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise Broken(wrong_type(f"{where}.content", "a string or an array"))
    said = [_hear_part(part, role, heard, f"{where}.content[{number}]") for number, part in enumerate(parts)]
    text = "\n".join(filter(None, said))
    heard.words.append(text)
    if role == "user" and text.strip():
        heard.last = text


_SPOKEN = {
    "user": ("input_text", "input_image"),
    "system": ("input_text",),
    "developer": ("input_text",),
    "assistant": ("output_text", "refusal"),
}


def _hear_part(part: Any, role: str, heard: Heard, where: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _SPOKEN[role]:
        choices = " and ".join(f"'{one}'" for one in _SPOKEN[role])
        message = f"Invalid value: '{str(kind)[:60]}'. Supported values are: {choices}."
        raise Broken(openai(400, message, code="invalid_value", param=where))
    if kind != "input_image":
        text = part.get("text", part.get("refusal"))
        if not isinstance(text, str):
            raise Broken(wrong_type(f"{where}.text", "a string"))
        return text
    if part.get("file_id"):
        message = "input_image.file_id is not supported, use input_image.image_url instead"
        raise Broken(gateway(400, "invalid_request_error", message))
    if not isinstance(part.get("image_url"), str):
        message = f"Missing required parameter: '{where}.image_url'."
        raise Broken(openai(400, message, code="missing_required_parameter", param=f"{where}.image_url"))
    heard.images.append(from_url(part["image_url"], f"{where}.image_url"))
    return ""


def _remembered(item: dict[str, Any], *, memory: Memory, owner: str | None) -> Upload:
    """A picture that is named by its call's id alone."""
    name = str(item.get("id"))
    found = memory.picture(name, owner=owner)
    if found is None:
        message = (
            f"Item with id '{name[:80]}' not found. Items are not persisted when `store` is set to false. "
            "Try again with `store` set to true, or remove this item from your input."
        )
        raise Broken(openai(404, message, param="input"))
    return found.upload()


def wrong_type(param: str, wanted: str) -> Refusal:
    """OpenAI's words for a value of another type."""
    return openai(400, f"Invalid type for '{param}': expected {wanted}.", code="invalid_type", param=param)
