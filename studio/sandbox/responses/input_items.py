"""Parses the `input` of a request: the texts of each role, and the pictures."""

from dataclasses import dataclass, field
from typing import Any

from studio.sandbox.error_responses import ErrorResponse, gateway_error, openai_error
from studio.sandbox.responses.store import ResponseStore
from studio.sandbox.uploads import Upload, upload_from_data_url
from studio.sandbox.validation import RequestRejected


@dataclass
class ConversationInput:
    """The texts and pictures of the input in their order, and the user's last text."""

    texts: list[str] = field(default_factory=list)
    last_user_text: str = ""
    images: list[Upload] = field(default_factory=list)


def parse_input(body: dict[str, Any], *, store: ResponseStore, owner: str | None) -> ConversationInput:
    """Parse the input, a text or a list of items; raises RequestRejected."""
    value, parsed = body.get("input"), ConversationInput()
    if isinstance(value, str) and value.strip():
        return ConversationInput([value], value)
    if not isinstance(value, list) or not value:
        message = "Missing required parameter: 'input'."
        raise RequestRejected(openai_error(400, message, code="missing_required_parameter", param="input"))
    for index, item in enumerate(value):
        path = f"input[{index}]"
        if not isinstance(item, dict):
            raise RequestRejected(wrong_type(path, "an object"))
        if item.get("type", "message") == "message":
            _parse_message(item, parsed, path)
        elif item["type"] == "image_generation_call":
            parsed.images.append(_stored_picture(item, store=store, owner=owner))
        elif item["type"] != "reasoning":
            message = f"Invalid value: '{str(item['type'])[:60]}'."
            raise RequestRejected(openai_error(400, message, code="invalid_value", param=f"{path}.type"))
    if not parsed.last_user_text.strip() and not parsed.images:
        raise RequestRejected(openai_error(400, "The input holds no words.", code="empty_string", param="input"))
    return parsed


def _parse_message(item: dict[str, Any], parsed: ConversationInput, path: str) -> None:
    role, content = item.get("role"), item.get("content")
    if role not in ("user", "assistant", "system", "developer"):
        message = (
            f"Invalid value: '{str(role)[:60]}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
        )
        raise RequestRejected(openai_error(400, message, code="invalid_value", param=f"{path}.role"))
    parts = [{"type": _PART_TYPES[role][0], "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise RequestRejected(wrong_type(f"{path}.content", "a string or an array"))
    texts = [_parse_part(part, role, parsed, f"{path}.content[{number}]") for number, part in enumerate(parts)]
    text = "\n".join(filter(None, texts))
    parsed.texts.append(text)
    if role == "user" and text.strip():
        parsed.last_user_text = text


_PART_TYPES = {
    "user": ("input_text", "input_image"),
    "system": ("input_text",),
    "developer": ("input_text",),
    "assistant": ("output_text", "refusal"),
}


def _parse_part(part: Any, role: str, parsed: ConversationInput, path: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _PART_TYPES[role]:
        choices = " and ".join(f"'{one}'" for one in _PART_TYPES[role])
        message = f"Invalid value: '{str(kind)[:60]}'. Supported values are: {choices}."
        raise RequestRejected(openai_error(400, message, code="invalid_value", param=path))
    if kind != "input_image":
        text = part.get("text", part.get("refusal"))
        if not isinstance(text, str):
            raise RequestRejected(wrong_type(f"{path}.text", "a string"))
        return text
    if part.get("file_id"):
        message = "input_image.file_id is not supported, use input_image.image_url instead"
        raise RequestRejected(gateway_error(400, "invalid_request_error", message))
    if not isinstance(part.get("image_url"), str):
        message = f"Missing required parameter: '{path}.image_url'."
        raise RequestRejected(openai_error(400, message, code="missing_required_parameter", param=f"{path}.image_url"))
    parsed.images.append(upload_from_data_url(part["image_url"], f"{path}.image_url"))
    return ""


def _stored_picture(item: dict[str, Any], *, store: ResponseStore, owner: str | None) -> Upload:
    """The stored picture that an item names by its id; raises RequestRejected."""
    name = str(item.get("id"))
    found = store.find_picture(name, owner=owner)
    if found is None:
        message = (
            f"Item with id '{name[:80]}' not found. Items are not persisted when `store` is set to false. "
            "Try again with `store` set to true, or remove this item from your input."
        )
        raise RequestRejected(openai_error(404, message, param="input"))
    return found.upload()


def wrong_type(param: str, expected: str) -> ErrorResponse:
    """OpenAI's error for a value of the wrong type."""
    return openai_error(400, f"Invalid type for '{param}': expected {expected}.", code="invalid_type", param=param)
