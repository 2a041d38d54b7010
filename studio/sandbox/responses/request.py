"""Parses a request of the Responses API, or raises the error that OpenAI or sub2api would return."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studio.images import MAIN_MODELS, MODELS, ImageRequest, is_image_model
from studio.sandbox.drawing_spec import DrawingSpec, EditSource
from studio.sandbox.edit_validation import validate_edit
from studio.sandbox.error_responses import ErrorResponse, gateway_error, json_response, openai_error
from studio.sandbox.responses.input_items import ConversationInput, parse_input, wrong_type
from studio.sandbox.responses.store import ResponseStore, StoredResponse
from studio.sandbox.uploads import ReceivedEdit, Upload, upload_from_data_url
from studio.sandbox.validation import RequestRejected, parse_json_object, validate_fields

DEFAULT_TOOL_MODEL = "gpt-image-1"
"""The model of a tool that names none, as the billing log shows (contract §2.1)."""

MAX_IMAGES = 16
"""The most pictures that the tool gets, the latest first."""

FIELDS = (
    "model", "input", "tools", "tool_choice", "stream", "store", "previous_response_id", "instructions", "metadata",
    "safety_identifier", "user", "max_output_tokens", "temperature", "top_p", "reasoning", "text", "include",
    "truncation", "parallel_tool_calls", "service_tier", "prompt_cache_key", "stream_options",
)  # fmt: skip
TOOL_FIELDS = (
    "type", "model", "action", "size", "quality", "output_format", "output_compression", "background", "moderation",
    "partial_images", "input_image_mask", "input_fidelity",
)  # fmt: skip
LEGACY_TOOL_FIELDS = {"format": "output_format", "compression": "output_compression"}
"""Older names of the tool's fields that sub2api still accepts (contract §5)."""

FIELD_TYPES = (
    ("store", bool, "a boolean"),
    ("instructions", str, "a string"),
    ("previous_response_id", str, "a string"),
)
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A parsed request: what the main model reads, and the drawing if its tool is used.

    `spec` is always set: an answer in text alone is a drawing of no pictures, and `is_drawing` is false.
    `context_text` is all the text that the model reads, `context_picture_count` how many pictures it sees.
    """

    model: str
    prompt: str
    context_text: str
    context_picture_count: int
    spec: DrawingSpec
    is_drawing: bool
    has_tool: bool
    action: str
    stream: bool
    is_stored: bool
    previous: StoredResponse | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def user(self) -> str | None:
        """The end user, if the caller names one."""
        name = self.fields.get("safety_identifier") or self.fields.get("user")
        return name if isinstance(name, str) else None

    def with_spec(self, spec: DrawingSpec) -> "Conversation":
        """The same conversation with another drawing."""
        return replace(self, spec=spec, is_drawing=spec.n > 0)


def parse_conversation(
    data: bytes, *, store: ResponseStore, owner: str | None, is_oauth: bool, seed: str
) -> Conversation:
    """Check a request against every rule and decode the source of an edit (blocking); raises RequestRejected."""
    body = parse_json_object(data)
    _check_fields(body)
    model = _main_model(body)
    previous = _previous(body, store=store, owner=owner, is_oauth=is_oauth)
    parsed = parse_input(body, store=store, owner=owner)
    tool = _tool(body)
    is_forced = _is_forced(body, has_tool=tool is not None)
    is_drawing = tool is not None and (is_forced or (body.get("tool_choice") != "none" and not _is_question(parsed)))
    request, source = _picture_request(tool or {}, parsed, previous=previous, stream=body.get("stream") is True)
    spec = DrawingSpec.from_request(request, seed=seed, source=source, sent_parameters={**body, **(tool or {})})
    if tool and not tool.get("model"):
        spec = replace(spec, model=DEFAULT_TOOL_MODEL)
    return Conversation(
        model=model,
        prompt=parsed.last_user_text,
        context_text="\n".join([str(body.get("instructions") or ""), *parsed.texts]),
        context_picture_count=len(parsed.images),
        spec=spec if is_drawing else replace(spec, n=0, partials=0),
        is_drawing=is_drawing,
        has_tool=tool is not None,
        action="edit" if source else "generate",
        stream=body.get("stream") is True,
        is_stored=body.get("store") is not False and not is_oauth,
        previous=previous,
        fields=body,
    )


def _check_fields(body: dict[str, Any]) -> None:
    for name in body:
        if name not in FIELDS:
            raise RequestRejected(
                openai_error(400, f"Unknown parameter: '{name[:60]}'.", code="unknown_parameter", param=name[:60])
            )
    if not isinstance(body.get("stream", False), bool | None):
        raise RequestRejected(gateway_error(400, "invalid_request_error", "invalid stream field type"))
    for name, kind, expected in FIELD_TYPES:
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise RequestRejected(wrong_type(name, expected))


def _main_model(body: dict[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        message = "Missing required parameter: 'model'."
        raise RequestRejected(openai_error(400, message, code="missing_required_parameter", param="model"))
    if is_image_model(model):
        message = f'image-only model "{model[:60]}" is not allowed on this endpoint'
        raise RequestRejected(gateway_error(400, "invalid_request_error", message, param="model"))
    if base_model(model) not in [known.id for known in MAIN_MODELS]:
        message = f"The model '{model[:60]}' does not exist or you do not have access to it."
        raise RequestRejected(openai_error(404, message, code="model_not_found", param="model"))
    return model


def base_model(model: str) -> str:
    """A model's id without the date of its snapshot."""
    return _SNAPSHOT.sub("", model)


def _previous(
    body: dict[str, Any], *, store: ResponseStore, owner: str | None, is_oauth: bool
) -> StoredResponse | None:
    """The previous response, if the request names one; a ChatGPT account stores none (contract §5)."""
    if is_oauth and body.get("store") is True:
        raise RequestRejected(json_response(400, {"detail": "Store must be set to false"}))
    name = body.get("previous_response_id")
    if name is None:
        return None
    if is_oauth:
        message = "previous_response_id requires an OpenAI API-key account for HTTP requests"
        raise RequestRejected(gateway_error(400, "invalid_request_error", message))
    found = store.find_response(name, owner=owner)
    if found is None:
        message = f"Previous response with id '{name[:80]}' not found."
        raise RequestRejected(
            openai_error(400, message, code="previous_response_not_found", param="previous_response_id")
        )
    return found


def _tool(body: dict[str, Any]) -> dict[str, Any] | None:
    """The fields of the image generation tool under their current names; None without the tool."""
    tools = body.get("tools") or []
    if not isinstance(tools, list):
        raise RequestRejected(wrong_type("tools", "an array"))
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            raise RequestRejected(wrong_type(f"tools[{index}].type", "a string"))
        if tool["type"] != "image_generation":
            continue
        renamed = {LEGACY_TOOL_FIELDS.get(str(name), str(name)): value for name, value in tool.items()}
        for name in renamed:
            if name not in TOOL_FIELDS:
                param = f"tools[{index}].{name[:60]}"
                raise RequestRejected(
                    openai_error(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
                )
        if renamed.get("input_fidelity") is not None:
            message = "The model 'gpt-image-2' does not support the 'input_fidelity' parameter."
            param = f"tools[{index}].input_fidelity"
            raise RequestRejected(openai_error(400, message, code="invalid_input_fidelity_model", param=param))
        return renamed
    return None


def _is_forced(body: dict[str, Any], *, has_tool: bool) -> bool:
    choice = body.get("tool_choice", "auto")
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if kind == "image_generation" and not has_tool:
        message = "Tool choice 'image_generation' not found in 'tools' parameter."
        raise RequestRejected(openai_error(400, message, param="tool_choice"))
    if kind not in ("auto", "none", "required", "image_generation"):
        message = f"Invalid value: '{str(kind)[:60]}'."
        raise RequestRejected(openai_error(400, message, code="invalid_value", param="tool_choice"))
    return kind in ("required", "image_generation")


def _is_question(parsed: ConversationInput) -> bool:
    """Whether a model with a free choice answers in text."""
    return parsed.last_user_text.rstrip().endswith(("?", "？"))


def _picture_request(
    tool: dict[str, Any], parsed: ConversationInput, *, previous: StoredResponse | None, stream: bool
) -> tuple[ImageRequest, EditSource | None]:
    """What the tool draws: an edit of the latest picture if there is one, unless the action is `generate`."""
    action = tool.get("action") or "auto"
    images = list(reversed(parsed.images))
    if not images and previous and previous.picture:
        images = [previous.upload()]
    mask = _mask(tool)
    if action not in ("auto", "generate", "edit"):
        message = f"Invalid value: '{str(action)[:60]}'. Supported values are: 'auto', 'generate', and 'edit'."
        raise RequestRejected(openai_error(400, message, code="invalid_value", param="tools[0].action"))
    if action == "edit" and not images:
        message = "The action 'edit' requires an image in the context."
        raise RequestRejected(openai_error(400, message, kind="image_generation_user_error", param="tools[0].action"))
    names = ("size", "quality", "output_format", "output_compression", "background", "moderation", "partial_images")
    fields = {name: tool[name] for name in names if tool.get(name) is not None}
    fields |= {"prompt": parsed.last_user_text or "A picture", "model": tool.get("model") or MODELS[0].id}
    fields |= {"stream": True} if stream else {}
    if not stream:
        fields.pop("partial_images", None)
    with _as_tool_parameter(fields):
        if action == "generate" or not images:
            return validate_fields(fields), None
        return validate_edit(
            ReceivedEdit(fields=fields, images=_mask_target_first(mask, images)[:MAX_IMAGES], mask=mask)
        )


def _mask_target_first(mask: Upload | None, images: list[Upload]) -> list[Upload]:
    """The pictures, first the one that the mask fits on; unchanged without a mask."""
    if mask is None:
        return images
    return sorted(images, key=lambda image: image.size() != mask.size())


def _mask(tool: dict[str, Any]) -> Upload | None:
    mask = tool.get("input_image_mask")
    if mask is None:
        return None
    if not isinstance(mask, dict) or not isinstance(mask.get("image_url"), str):
        message = "Missing required parameter: 'tools[0].input_image_mask.image_url'."
        raise RequestRejected(
            openai_error(400, message, code="missing_required_parameter", param="tools[0].input_image_mask.image_url")
        )
    return upload_from_data_url(mask["image_url"], "tools[0].input_image_mask.image_url")


@contextlib.contextmanager
def _as_tool_parameter(fields: Mapping[str, Any]) -> Iterator[None]:
    """Name the parameter in errors as the tool's."""
    try:
        yield
    except RequestRejected as rejected:
        raise RequestRejected(_renamed_parameter(rejected.response, fields)) from None


def _renamed_parameter(error_response: ErrorResponse, fields: Mapping[str, Any]) -> ErrorResponse:
    body = json.loads(error_response.body)
    error = body.get("error")
    param = error.get("param") if isinstance(error, dict) else None
    if param in fields and param != "prompt":
        error |= {
            "param": f"tools[0].{param}",
            "message": error["message"].replace(f"'{param}'", f"'tools[0].{param}'"),
        }
    return json_response(error_response.status, body, error_response.headers)
