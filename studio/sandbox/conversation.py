"""From the bytes of a response's request to what was asked, or to the error that OpenAI or sub2api would answer."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studio.images import MAIN_MODELS, MODELS, ImageRequest, is_image_model
from studio.sandbox.edits import settle
from studio.sandbox.hearing import Heard, hear, wrong_type
from studio.sandbox.memory import Memory, Remembered
from studio.sandbox.order import Order, Original
from studio.sandbox.refusal import Refusal, from_json, gateway, openai
from studio.sandbox.rules import Broken, checked, json_object
from studio.sandbox.uploads import Sent, Upload, from_url

DEFAULT_TOOL_MODEL = "gpt-image-1"
"""What a tool without a model draws with, so the billing log says so (contract §2.1)."""

MAX_IMAGES = 16
"""Pictures the tool is shown, the latest first."""

FIELDS = (
    "model", "input", "tools", "tool_choice", "stream", "store", "previous_response_id", "instructions", "metadata",
    "safety_identifier", "user", "max_output_tokens", "temperature", "top_p", "reasoning", "text", "include",
    "truncation", "parallel_tool_calls", "service_tier", "prompt_cache_key", "stream_options",
)  # fmt: skip
TOOL_FIELDS = (
    "type", "model", "action", "size", "quality", "output_format", "output_compression", "background", "moderation",
    "partial_images", "input_image_mask", "input_fidelity",
)  # fmt: skip
LEGACY = {"format": "output_format", "compression": "output_compression"}
"""Names of the tool's fields that sub2api still takes (contract §5)."""

KINDS = (("store", bool, "a boolean"), ("instructions", str, "a string"), ("previous_response_id", str, "a string"))
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What was asked of a main model: its words, and the order of the picture if its tool may draw one.

    `order` is always there, for a drawing of no pictures is how an answer in words takes its time; `is_drawing` says
    whether it has one. `said` is everything that was said before, which the model reads; `pictures` how many it sees.
    """

    model: str
    prompt: str
    said: str
    pictures: int
    order: Order
    request: ImageRequest
    is_drawing: bool
    has_tool: bool
    action: str
    stream: bool
    is_stored: bool
    previous: Remembered | None = None
    wire: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def user(self) -> str | None:
        """Who asks, as far as the caller says."""
        name = self.wire.get("safety_identifier") or self.wire.get("user")
        return name if isinstance(name, str) else None

    def drawing(self, order: Order) -> "Conversation":
        """The same conversation with another order, which may be none."""
        return replace(self, order=order, is_drawing=order.n > 0)


def read_conversation(data: bytes, *, memory: Memory, owner: str | None, is_oauth: bool, seed: str) -> Conversation:
    """Hold a request against every rule and decode what it starts from (blocking); raises Broken."""
    body = json_object(data)
    _check_fields(body)
    model = _main_model(body)
    previous = _previous(body, memory=memory, owner=owner, is_oauth=is_oauth)
    heard = hear(body, memory=memory, owner=owner)
    tool = _tool(body)
    is_forced = _is_forced(body, has_tool=tool is not None)
    is_drawing = tool is not None and (is_forced or (body.get("tool_choice") != "none" and not _is_question(heard)))
    asked, original = _picture(tool or {}, heard, previous=previous, stream=body.get("stream") is True)
    order = Order.of(asked, seed=seed, original=original, sent={**body, **(tool or {})})
    if tool and not tool.get("model"):
        order = replace(order, model=DEFAULT_TOOL_MODEL)
    return Conversation(
        model=model,
        prompt=heard.last,
        said="\n".join([str(body.get("instructions") or ""), *heard.words]),
        pictures=len(heard.images),
        order=order if is_drawing else replace(order, n=0, partials=0),
        request=asked,
        is_drawing=is_drawing,
        has_tool=tool is not None,
        action="edit" if original else "generate",
        stream=body.get("stream") is True,
        is_stored=body.get("store") is not False and not is_oauth,
        previous=previous,
        wire=body,
    )


def _check_fields(body: dict[str, Any]) -> None:
    for name in body:
        if name not in FIELDS:
            raise Broken(openai(400, f"Unknown parameter: '{name[:60]}'.", code="unknown_parameter", param=name[:60]))
    if not isinstance(body.get("stream", False), bool | None):
        raise Broken(gateway(400, "invalid_request_error", "invalid stream field type"))
    for name, kind, wanted in KINDS:
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise Broken(wrong_type(name, wanted))


def _main_model(body: dict[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        message = "Missing required parameter: 'model'."
        raise Broken(openai(400, message, code="missing_required_parameter", param="model"))
    if is_image_model(model):
        message = f'image-only model "{model[:60]}" is not allowed on this endpoint'
        raise Broken(gateway(400, "invalid_request_error", message, param="model"))
    if base_model(model) not in [known.id for known in MAIN_MODELS]:
        message = f"The model '{model[:60]}' does not exist or you do not have access to it."
        raise Broken(openai(404, message, code="model_not_found", param="model"))
    return model


def base_model(model: str) -> str:
    """A model's id without the date of its snapshot."""
    return _SNAPSHOT.sub("", model)


def _previous(body: dict[str, Any], *, memory: Memory, owner: str | None, is_oauth: bool) -> Remembered | None:
    """What an earlier response left behind; a ChatGPT account remembers nothing (contract §5)."""
    if is_oauth and body.get("store") is True:
        raise Broken(from_json(400, {"detail": "Store must be set to false"}))
    name = body.get("previous_response_id")
    if name is None:
        return None
    if is_oauth:
        message = "previous_response_id requires an OpenAI API-key account for HTTP requests"
        raise Broken(gateway(400, "invalid_request_error", message))
    found = memory.response(name, owner=owner)
    if found is None:
        message = f"Previous response with id '{name[:80]}' not found."
        raise Broken(openai(400, message, code="previous_response_not_found", param="previous_response_id"))
    return found


def _tool(body: dict[str, Any]) -> dict[str, Any] | None:
    """The tool that draws, its legacy names made new; None where there is none."""
    tools = body.get("tools") or []
    if not isinstance(tools, list):
        raise Broken(wrong_type("tools", "an array"))
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            raise Broken(wrong_type(f"tools[{index}].type", "a string"))
        if tool["type"] != "image_generation":
            continue
        named = {LEGACY.get(str(name), str(name)): value for name, value in tool.items()}
        for name in named:
            if name not in TOOL_FIELDS:
                param = f"tools[{index}].{name[:60]}"
                raise Broken(openai(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param))
        if named.get("input_fidelity") is not None:
            message = "The model 'gpt-image-2' does not support the 'input_fidelity' parameter."
            param = f"tools[{index}].input_fidelity"
            raise Broken(openai(400, message, code="invalid_input_fidelity_model", param=param))
        return named
    return None


def _is_forced(body: dict[str, Any], *, has_tool: bool) -> bool:
    choice = body.get("tool_choice", "auto")
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if kind == "image_generation" and not has_tool:
        message = "Tool choice 'image_generation' not found in 'tools' parameter."
        raise Broken(openai(400, message, param="tool_choice"))
    if kind not in ("auto", "none", "required", "image_generation"):
        message = f"Invalid value: '{str(kind)[:60]}'."
        raise Broken(openai(400, message, code="invalid_value", param="tool_choice"))
    return kind in ("required", "image_generation")


def _is_question(heard: Heard) -> bool:
    """What a model that is free to choose answers in words."""
    return heard.last.rstrip().endswith(("?", "？"))


def _picture(
    tool: dict[str, Any], heard: Heard, *, previous: Remembered | None, stream: bool
) -> tuple[ImageRequest, Original | None]:
    """What the tool is to draw: an edit of the latest picture where there is one, unless it must draw anew."""
    action = tool.get("action") or "auto"
    images = list(reversed(heard.images))
    if not images and previous and previous.picture:
        images = [previous.upload()]
    mask = _mask(tool)
    if action not in ("auto", "generate", "edit"):
        message = f"Invalid value: '{str(action)[:60]}'. Supported values are: 'auto', 'generate', and 'edit'."
        raise Broken(openai(400, message, code="invalid_value", param="tools[0].action"))
    if action == "edit" and not images:
        message = "The action 'edit' requires an image in the context."
        raise Broken(openai(400, message, kind="image_generation_user_error", param="tools[0].action"))
    names = ("size", "quality", "output_format", "output_compression", "background", "moderation", "partial_images")
    fields = {name: tool[name] for name in names if tool.get(name) is not None}
    fields |= {"prompt": heard.last or "A picture", "model": tool.get("model") or MODELS[0].id}
    fields |= {"stream": True} if stream else {}
    if not stream:
        fields.pop("partial_images", None)
    with _placed(fields):
        if action == "generate" or not images:
            return checked(fields), None
        return settle(Sent(fields=fields, images=_beneath(mask, images)[:MAX_IMAGES], mask=mask))


def _beneath(mask: Upload | None, images: list[Upload]) -> list[Upload]:
    """The pictures with the one first that a mask fits on; without a mask the latest is changed."""
    if mask is None:
        return images
    return sorted(images, key=lambda image: image.edges() != mask.edges())


def _mask(tool: dict[str, Any]) -> Upload | None:
    mask = tool.get("input_image_mask")
    if mask is None:
        return None
    if not isinstance(mask, dict) or not isinstance(mask.get("image_url"), str):
        message = "Missing required parameter: 'tools[0].input_image_mask.image_url'."
        raise Broken(
            openai(400, message, code="missing_required_parameter", param="tools[0].input_image_mask.image_url")
        )
    return from_url(mask["image_url"], "tools[0].input_image_mask.image_url")


@contextlib.contextmanager
def _placed(fields: Mapping[str, Any]) -> Iterator[None]:
    """Let a refusal say that the parameter is the tool's."""
    try:
        yield
    except Broken as broken:
        raise Broken(_relocated(broken.refusal, fields)) from None


def _relocated(refusal: Refusal, fields: Mapping[str, Any]) -> Refusal:
    body = json.loads(refusal.body)
    error = body.get("error")
    param = error.get("param") if isinstance(error, dict) else None
    if param in fields and param != "prompt":
        error |= {
            "param": f"tools[0].{param}",
            "message": error["message"].replace(f"'{param}'", f"'tools[0].{param}'"),
        }
    return from_json(refusal.status, body, refusal.headers)
