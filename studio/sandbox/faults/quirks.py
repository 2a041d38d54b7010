"""Quirks of other gateways: the picture comes after all, in an unusual reply or without one optional parameter."""

from typing import Any

from studio.sandbox.error_responses import ErrorResponse, gateway_error, json_response, openai_error
from studio.sandbox.faults import event_formats, reply_bodies
from studio.sandbox.faults.changes import (
    has_several_pictures,
    is_webp,
    one_picture,
    rescaled,
)
from studio.sandbox.faults.fault import Fault

_UNSUPPORTED = (
    "litellm.UnsupportedParamsError: openai does not support parameters: ['moderation'], for model=gpt-image-2. "
    "To drop these, set `litellm.drop_params=True`."
)
_NONSENSE_USAGE: dict[str, tuple[str, dict[str, Any]]] = {
    "negative": ("A `usage` with negative numbers.", {"output_tokens": -196, "input_tokens": -5, "total_tokens": -201}),
    "huge": (
        "A `usage` with enormous numbers.",
        {"output_tokens": 10**30, "input_tokens": 1e400, "total_tokens": 10**30},
    ),
    "nan": ("A `usage` with NaN instead of numbers.", {"output_tokens": float("nan"), "input_tokens": float("nan")}),
    "words": (
        "A `usage` with text instead of numbers.",
        {"output_tokens": "196", "input_tokens": "many", "total_tokens": [1]},
    ),
    "nested": (
        "A `usage` with nested nonsense.",
        {
            "output_tokens": {"image": 196},
            "input_tokens_details": [[[]]],
            "output_tokens_details": {"image_tokens": -1, "text_tokens": {}},
        },
    ),
    "parts": (
        "A `usage` whose parts exceed the total.",
        {"output_tokens_details": {"image_tokens": 10**6, "text_tokens": 10**6}},
    ),
}


def lacks_parameter(param: str, reason: str, error: ErrorResponse) -> Fault:
    """A gateway that refuses one optional parameter and draws when it is left out."""
    return Fault(
        "lacks-" + param.replace("_", "-"),
        f"Refuses `{param}` in any request that has it, {reason}.",
        is_billed=False,
        matches=lambda spec: param in spec.sent_parameters,
        error=error,
    )


QUIRKS = (
    # Optional parameters that a gateway refuses.
    lacks_parameter("output_format", "as unknown, in OpenAI's words",
                    openai_error(400, "Unknown parameter: 'output_format'.", code="unknown_parameter",
                                 param="output_format")),
    lacks_parameter("output_compression", "as unsupported, with its place in a tool",
                    openai_error(400, "Unsupported parameter.", code="unsupported_parameter",
                                 param="tools[0].output_compression")),
    lacks_parameter("moderation", "as LiteLLM does, which names it in a list inside the message",
                    openai_error(400, _UNSUPPORTED, kind="None", code="400")),
    lacks_parameter("background", "as FastAPI does, as an extra input",
                    json_response(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "background"],
                                                    "msg": "Extra inputs are not permitted", "input": "opaque"}]})),
    lacks_parameter("user", "in OpenAI's older words, without a code",
                    openai_error(400, "Unrecognized request argument supplied: user")),
    lacks_parameter("stream", "in Chinese, as new-api does",
                    gateway_error(400, "new_api_error", "不支持的参数：stream (request id: 20261125201730123456789)",
                                  code="invalid_request")),
    lacks_parameter("partial_images", "as unsupported, in OpenAI's words",
                    openai_error(400, "Unsupported parameter: 'partial_images' is not supported with this model.",
                                 code="unsupported_parameter", param="partial_images")),
    # The number of pictures.
    Fault("n-alone", "Draws one picture at a time only; any other `n` is refused.", is_billed=False,
          matches=has_several_pictures,
          error=openai_error(400, "Unknown parameter: 'tools[0].n'.", code="unknown_parameter", param="tools[0].n")),
    Fault("n-ignored", "One picture comes, whatever `n` is.", change_spec=one_picture),
    # The format of a stream.
    Fault("comments", "Comments before, inside and after every event.", format_event=event_formats.with_comments),
    Fault("nameless", "Events without their `event:` line.", format_event=event_formats.without_names),
    Fault("typeless", "Events without a type in their data.", format_event=event_formats.without_types),
    Fault("in-lines", "Events whose data is split into many lines.", format_event=event_formats.in_many_lines),
    Fault("odd-indexes", "Every partial picture has the index 1.", format_event=event_formats.with_constant_index),
    Fault("as-generations", "An edit's events have the names of a generation's.",
          format_event=event_formats.as_generations),
    Fault("as-responses", "Partial pictures have the Responses API's names.",
          format_event=event_formats.as_responses),
    Fault("as-ark", "Volcano's Ark: the finished picture is a `partial_succeeded`.",
          format_event=event_formats.as_ark),
    Fault("data-in-completed", "The finished picture is in a `data` list of its event.",
          format_event=event_formats.with_data_list),
    Fault("more-events", "The last event comes twice; a ping and an error follow.", delivery="more-events"),
    Fault("bom", "A byte-order mark and blank lines come first.", delivery="bom"),
    Fault("crumbs", "The reply arrives in pieces of 1,021 bytes.", delivery="crumbs"),
    Fault("open-end", "The blank line after the last event is missing.", delivery="open-end"),
    Fault("gzip", "The reply is compressed with gzip although nobody asked for it.", delivery="gzip"),
    Fault("mislabelled", "The reply is labelled as plain text.", delivery="mislabelled"),
    # Where the picture is in the reply, and its usage.
    Fault("url-relative", "A `url` without a host.", change_body=reply_bodies.with_relative_url),
    Fault("url-too", "A `url` beside the picture itself.", change_body=reply_bodies.with_url_too),
    *(Fault(f"usage-{name}", description, change_body=reply_bodies.with_usage(**figures))
      for name, (description, figures) in _NONSENSE_USAGE.items()),
    # Other servers.
    Fault("litellm", "LiteLLM: a `usage` in the format of chat completions, and the cost in a header.",
          change_body=reply_bodies.with_chat_usage,
          headers={"x-litellm-response-cost": "0.0031", "x-litellm-call-id": "5d0c1d5e"}),
    Fault("cost-nonsense", "A nonsensical cost in a header.",
          headers={"x-litellm-response-cost": "-1e999"}),
    Fault("cost-header", "What the gateway charged for the picture, in a header; in a stream, nowhere.",
          reports_cost=True),
    Fault("cost-usage", "What the gateway charged for the picture, as `cost` in `usage`.",
          change_body=reply_bodies.with_cost()),
    Fault("cost-double", "Twice the cost of the tokens, as `cost` in `usage`.",
          change_body=reply_bodies.with_cost(times=2)),
    Fault("new-api", "New-api: JSON turned into the events of a generation, with `[DONE]` at the end.",
          delivery="done-marker", format_event=event_formats.as_generations),
    Fault("cliproxyapi", "CLIProxyAPI: sparse events after `: keep-alive` comments.",
          format_event=event_formats.as_sparse),
    Fault("chatgpt2api", "A bridge: URLs instead of pictures, and never the requested size.",
          change_spec=rescaled, change_body=reply_bodies.with_url),
    Fault("localai", "LocalAI: an id, URLs, no usage, and no streams.", change_body=reply_bodies.as_localai,
          delivery="json-for-sse"),
    Fault("sd-server", "stable-diffusion.cpp: no usage, and no streams.", change_body=reply_bodies.as_sd_server,
          delivery="json-for-sse"),
    Fault("vllm-omni", "vLLM-omni: null keys, chunks of its own, and `[DONE]` at the end.",
          change_body=reply_bodies.with_null_keys, delivery="done-marker", format_event=event_formats.as_omni),
    Fault("azure", "Azure: it cannot draw WebP.", is_billed=False, matches=is_webp,
          error=openai_error(400, "Invalid value: 'webp'. Supported values are: 'png' and 'jpeg'.",
                             code="invalid_value",
                             param="output_format")),
)  # fmt: skip
