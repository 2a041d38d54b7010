"""Turns the fields of a request into a valid ImageRequest, or into the error that OpenAI or sub2api would return."""

import json
from collections.abc import Callable
from typing import Any

from studio.images import ImageRequest, InvalidRequest, Problem
from studio.sandbox.error_responses import ErrorResponse, gateway_error, openai_error

USER_ERROR = "image_generation_user_error"
MODEL_PREFIX = "gpt-image-"
EXPECTED = {"a string": "a string", "a whole number": "an integer", "true or false": "a boolean"}
MAX_PROMPT = 32_000


class RequestRejected(Exception):
    """A request that breaks a rule; `response` is the reply to it."""

    def __init__(self, response: ErrorResponse) -> None:
        super().__init__(response.status)
        self.response = response


def validate_fields(body: dict[str, Any]) -> ImageRequest:
    """Check the fields against every rule; raises RequestRejected for the first broken one."""
    model = body.get("model")
    if isinstance(model, str) and not model.startswith(MODEL_PREFIX):
        message = f'images endpoint requires an image model, got "{model[:60]}"'
        raise RequestRejected(gateway_error(400, "invalid_request_error", message))
    if "prompt" not in body:
        raise RequestRejected(
            openai_error(
                400, "Missing required parameter: 'prompt'.", code="missing_required_parameter", param="prompt"
            )
        )
    try:
        return ImageRequest.parse(body)
    except InvalidRequest as invalid:
        raise RequestRejected(error_for(invalid.problems[0], body)) from None


def parse_json_object(data: bytes) -> dict[str, Any]:
    """Parse a body that has to be a JSON object; raises RequestRejected."""
    if not data.strip():
        raise RequestRejected(gateway_error(400, "invalid_request_error", "Request body is empty"))
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise RequestRejected(gateway_error(400, "invalid_request_error", "Failed to parse request body")) from None
    if not isinstance(body, dict):
        raise RequestRejected(gateway_error(400, "invalid_request_error", "Failed to parse request body"))
    return body


def error_for(problem: Problem, body: dict[str, Any]) -> ErrorResponse:
    """The error for a broken rule (contract §1.1, §1.3, §4.1)."""
    if problem.code in _SIZE_MESSAGES:
        return openai_error(400, _SIZE_MESSAGES[problem.code], kind=USER_ERROR, code="invalid_value", param="size")
    return _ERRORS.get(problem.code, _invalid_value)(problem, body.get(problem.param))


def _invalid_value(problem: Problem, value: object) -> ErrorResponse:
    choices = str(problem.values.get("choices", "")).split(", ")
    listed = ", ".join(f"'{choice}'" for choice in choices[:-1]) + f", and '{choices[-1]}'"
    message = f"Invalid value: '{str(value)[:60]}'. Supported values are: {listed}."
    return openai_error(400, message, code="invalid_value", param=problem.param)


def _wrong_type(problem: Problem, value: object) -> ErrorResponse:
    if problem.param == "stream":
        return gateway_error(400, "invalid_request_error", "invalid stream field type")
    wanted = EXPECTED[str(problem.values["wanted"])]
    message = f"Invalid type for '{problem.param}': expected {wanted}, but got {_type_name(value)} instead."
    return openai_error(400, message, code="invalid_type", param=problem.param)


def _type_name(value: object) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal number", str: "a string", list: "an array"}
    return "null" if value is None else names.get(type(value), "an object")


def _unknown_field(problem: Problem, _: object) -> ErrorResponse:
    if problem.param == "input_fidelity":
        message = "The model 'gpt-image-2' does not support the 'input_fidelity' parameter."
        return openai_error(400, message, code="invalid_input_fidelity_model", param="input_fidelity")
    return openai_error(400, f"Unknown parameter: '{problem.param}'.", code="unknown_parameter", param=problem.param)


def _no_model(_: Problem, value: object) -> ErrorResponse:
    message = f"The model '{str(value)[:60]}' does not exist or you do not have access to it."
    return openai_error(404, message, code="model_not_found", param="model")


def _out_of_range(low: int, high: int) -> Callable[[Problem, object], ErrorResponse]:
    def make_error(problem: Problem, value: object) -> ErrorResponse:
        is_above = isinstance(value, int) and value > high
        side, sign, limit = ("above maximum", "<=", high) if is_above else ("below minimum", ">=", low)
        got = str(value)[:20]
        message = (
            f"Invalid '{problem.param}': integer {side} value. Expected a value {sign} {limit}, but got {got} instead."
        )
        code = "integer_above_max_value" if is_above else "integer_below_min_value"
        return openai_error(400, message, code=code, param=problem.param)

    return make_error


def _empty_prompt(_: Problem, __: object) -> ErrorResponse:
    message = (
        "Invalid 'prompt': empty string. Expected a string with minimum length 1, but got an empty string instead."
    )
    return openai_error(400, message, code="empty_string", param="prompt")


def _long_prompt(_: Problem, value: object) -> ErrorResponse:
    message = (
        f"Invalid 'prompt': string too long. Expected a string with maximum length {MAX_PROMPT}, "
        f"but got a string with length {len(str(value))} instead."
    )
    return openai_error(400, message, code="string_above_max_length", param="prompt")


def _user_error(message: str, code: str) -> Callable[[Problem, object], ErrorResponse]:
    return lambda problem, _: openai_error(400, message, kind=USER_ERROR, code=code, param=problem.param)


_SIZE_MESSAGES = {
    "size_not_a_size": "Invalid size. Expected 'auto' or a width and a height such as '1024x1024'.",
    "size_not_multiple": "Width and height must both be divisible by 16.",
    "size_edge_too_long": "The longest edge must be less than or equal to 3840.",
    "size_ratio_too_wide": "The longest edge must be at most 3 times the shortest edge.",
    "size_too_few_pixels": "Requested resolution is below the current minimum pixel budget.",
    "size_too_many_pixels": "Requested resolution exceeds the current pixel budget.",
}

_ERRORS: dict[str, Callable[[Problem, object], ErrorResponse]] = {
    "background_transparent": _user_error("Transparent background is not supported for this model.", "invalid_value"),
    "compression_needs_lossy": _user_error(
        "Compression less than 100 is not supported for PNG output format.", "invalid_value"
    ),
    "compression_out_of_range": _out_of_range(0, 100),
    "model_unknown": _no_model,
    "n_out_of_range": _out_of_range(1, 10),
    "partials_need_stream": _user_error("Partial images are only supported when streaming.", "unsupported_parameter"),
    "partials_out_of_range": _out_of_range(0, 3),
    "prompt_empty": _empty_prompt,
    "prompt_too_long": _long_prompt,
    "stream_needs_one": _user_error("Streaming is only supported with n=1.", "unsupported_parameter"),
    "unknown_field": _unknown_field,
    "wrong_type": _wrong_type,
}
