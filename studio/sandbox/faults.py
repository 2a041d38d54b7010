"""Everything the sandbox can do wrong: one table, reached by `sandbox:NAME` in a prompt or by SANDBOX_FAULT=NAME."""

import json
from dataclasses import replace
from typing import Any

from studio.sandbox import bodies, spellings
from studio.sandbox.fault import (
    MODERATIONS,
    RESPONSES,
    TASKS,
    Fault,
    alone,
    doubled,
    downgraded,
    halved,
    is_bracketed,
    is_several,
    is_webp,
    lacking,
    lacks_partials,
    mislabelled,
    prose,
    rescaled,
    shifted,
    twist,
    wordless,
)
from studio.sandbox.order import IN_PROMPT
from studio.sandbox.refusal import Refusal, flat, from_json, gateway, html, openai

ONCE = "-once"
"""Any fault's name may end so: it then fails the first call with a prompt and a key, and not the next."""


class UnknownFault(ValueError):
    """There is no fault of that name."""


def named(name: str) -> Fault:
    """The fault of a name, with or without `-once`; raises UnknownFault."""
    try:
        return FAULTS[name.lower().removesuffix(ONCE)]
    except KeyError:
        raise UnknownFault(f"There is no sandbox fault named “{name}”.") from None


def name_in(prompt: str) -> str | None:
    """The name a prompt asks for, as written."""
    found = IN_PROMPT.search(prompt)
    return found[1].lower() if found else None


_SERVER_ERROR = "The server had an error while processing your request. Sorry about that! You can retry your request."
_UNVERIFIED = (
    "Your organization must be verified to use the model `gpt-image-2`. Please go to: "
    "https://platform.openai.com/settings/organization/general and click on Verify Organization."
)
_REJECTED = (
    "Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com "
    "and include the request ID req_5b2c8f0e4d1a4c7f9e3a6d8b. safety_violations=[sexual]."
)
_LEAK = (
    "upstream https://10.0.3.17:8443/backend-api for ops@example.com failed, Authorization: Bearer "
    "sk-leaked00000000000000000000000000000000 " + "iVBORw0KGgoAAAANSUhEUg" * 4000
)
_UNSUPPORTED = (
    "litellm.UnsupportedParamsError: openai does not support parameters: ['moderation'], for model=gpt-image-2. "
    "To drop these, set `litellm.drop_params=True`."
)
_NESTED = {"message": "The prompt holds a forbidden word.", "type": "invalid_request_error", "code": "invalid_value"}
_AZURE = {
    "code": "contentFilter",
    "message": "Your task failed as a result of our safety system.",
    "type": "invalid_request_error",
    "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}},
}
_HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "negative": ("A `usage` of negative figures.", {"output_tokens": -196, "input_tokens": -5, "total_tokens": -201}),
    "huge": ("A `usage` beyond all measure.", {"output_tokens": 10**30, "input_tokens": 1e400, "total_tokens": 10**30}),
    "nan": ("A `usage` that is not a number.", {"output_tokens": float("nan"), "input_tokens": float("nan")}),
    "words": ("A `usage` in words.", {"output_tokens": "196", "input_tokens": "many", "total_tokens": [1]}),
    "nested": (
        "A `usage` of nested nonsense.",
        {
            "output_tokens": {"image": 196},
            "input_tokens_details": [[[]]],
            "output_tokens_details": {"image_tokens": -1, "text_tokens": {}},
        },
    ),
    "parts": (
        "A `usage` whose parts say more than its whole.",
        {"output_tokens_details": {"image_tokens": 10**6, "text_tokens": 10**6}},
    ),
}
_MODERATION = {"moderation_stage": "output", "categories": ["sexual"]}
_NO_IMAGE = {"type": "missing", "loc": ["body", "image"], "msg": "Field required", "input": None}
_HTTP_429_USAGE = {
    "type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
    "resets_at": 4_102_444_800, "resets_in_seconds": 3600,
}  # fmt: skip

_FAILURES = (
    # Limits and keys: refused at once, never billed.
    Fault(name="429", does="Too many pictures a minute; `retry-after: 2`.", bills=False,
          refusal=openai(429, "Rate limit reached for gpt-image-2: images per minute. Please try again in 2s.",
                         kind="requests", code="rate_limit_exceeded", headers={"retry-after": "2"})),
    Fault(name="429-usage", does="The account's plan window is used up; it says when it resets.", bills=False,
          refusal=from_json(429, {"error": _HTTP_429_USAGE})),
    Fault(name="429-week", does="The same, until the week is over.", bills=False,
          refusal=from_json(429, {"error": _HTTP_429_USAGE | {"resets_in_seconds": 3 * 86_400}})),
    Fault(name="429-quota", does="The account has run out of money.", bills=False,
          refusal=openai(429, "You exceeded your current quota, please check your plan and billing details.",
                         kind="insufficient_quota", code="insufficient_quota")),
    Fault(name="429-busy", does="The gateway's own limit on calls at once; `retry-after: 1`.", bills=False,
          refusal=gateway(429, "rate_limit_error", "Concurrency limit exceeded for user, please retry later",
                          headers={"retry-after": "1"})),
    Fault(name="429-auth", does="Too many bad keys; the gateway stops listening.", bills=False,
          refusal=flat(429, "INVALID_AUTH_RATE_LIMITED", "Too many invalid API key attempts, please try again later")),
    Fault(name="bad-key", does="The key is not known.", bills=False,
          refusal=flat(401, "INVALID_API_KEY", "Invalid API key")),
    Fault(name="disabled-key", does="The key has been switched off.", bills=False,
          refusal=flat(401, "API_KEY_DISABLED", "API key is disabled")),
    Fault(name="expired-key", does="The key's end date has passed.", bills=False,
          refusal=flat(403, "API_KEY_EXPIRED", "API key has expired")),
    Fault(name="bad-key-openai", does="The key is not known, in OpenAI's words.", bills=False,
          refusal=openai(401, "Incorrect API key provided: sk-sa*****box.", code="invalid_api_key")),
    Fault(name="balance", does="The gateway's balance is used up.", bills=False,
          refusal=flat(403, "INSUFFICIENT_BALANCE", "Insufficient account balance")),
    Fault(name="group-disabled", does="The key's group may not draw.", bills=False,
          refusal=gateway(403, "permission_error", "Image generation is not enabled for this group")),
    Fault(name="forbidden", does="The organisation behind the key is not verified.", bills=False,
          refusal=openai(403, _UNVERIFIED)),
    Fault(name="denied-address", does="The key may not be used from this address, which is repeated.", bills=False,
          refusal=flat(403, "ACCESS_DENIED", "Access denied for IP 203.0.113.7")),
    Fault(name="subscription", does="The key's subscription has ended.", bills=False,
          refusal=flat(403, "SUBSCRIPTION_INVALID", "Subscription is invalid or has expired")),
    Fault(name="group-off", does="The key's group is switched off.", bills=False,
          refusal=flat(403, "GROUP_DISABLED", "Group is disabled")),
    Fault(name="denied", does="The key is good, and may not do this.", bills=False,
          refusal=gateway(403, "permission_error", "This API key may not be used for this request")),
    Fault(name="no-model", does="No account of the group serves the model.", bills=False,
          refusal=openai(404, "The model 'gpt-image-2' does not exist or you do not have access to it.",
                         code="model_not_found", param="model")),
    # Refused requests.
    Fault(name="refused", does="The safety system refuses, with details.", bills=False,
          refusal=openai(400, _REJECTED, kind="image_generation_user_error", code="moderation_blocked",
                         moderation_details=_MODERATION)),
    Fault(name="refused-audit", does="The gateway's own prompt audit refuses, in Chinese.", bills=False,
          refusal=gateway(403, "content_policy_violation", "您的提示词未通过内容审核，请修改后重试")),
    Fault(name="no-tool", does="The account behind the gateway cannot draw at all.", bills=False,
          refusal=openai(400, "Tool choice 'image_generation' not found in 'tools' parameter.", param="tool_choice")),
    Fault(name="unknown-parameter", does="An optional parameter is not known there: `output_format`.", bills=False,
          refusal=openai(400, "Unknown parameter: 'output_format'.", code="unknown_parameter", param="output_format")),
    Fault(name="unknown-size", does="A parameter that is not optional is not known there: `size`.", bills=False,
          refusal=openai(400, "Unknown parameter: 'size'.", code="unknown_parameter", param="size")),
    Fault(name="bad-quality", does="The quality is not one of the model's.", bills=False,
          refusal=openai(400, "Invalid value for 'quality'.", kind="image_generation_user_error",
                         code="invalid_value", param="quality")),
    Fault(name="bad-background", does="The background is not one of the model's.", bills=False,
          refusal=openai(400, "Transparent background is not supported for this model.",
                         kind="image_generation_user_error", code="invalid_value", param="background")),
    Fault(name="413", does="Too many bytes, in a proxy's words.", bills=False,
          refusal=html(413, "413 Request Entity Too Large")),
    Fault(name="404", does="Nothing is there: a web server's page.", bills=False, refusal=html(404, "404 Not Found")),
    Fault(name="redirect", does="The address leads on to a sign-in page.", bills=False,
          refusal=Refusal(302, b"", headers={"location": "/login"})),
    Fault(name="detail", does="A 422 with FastAPI's `detail` instead of an error.", bills=False,
          refusal=from_json(422, {"detail": [{"loc": ["body", "size"], "msg": "unsupported size", "type": "value"}]})),
    Fault(name="string-error", does="A 400 whose error is a mere string.", bills=False,
          refusal=from_json(400, {"error": "prompt required"})),
    Fault(name="image-field", does="An edit's images are found in `image` only: `image[]` is a 422.", bills=False,
          concerns=is_bracketed, refusal=from_json(422, {"detail": [_NO_IMAGE]})),
    Fault(name="images-lost", does="An edit's images are found in neither field: always a 422.", bills=False,
          concerns=lambda order: order.original is not None, refusal=from_json(422, {"detail": [_NO_IMAGE]})),
    Fault(name="nested-message", does="The complaint lies as JSON text inside the message of another.", bills=False,
          refusal=gateway(400, "invalid_request_error", json.dumps({"error": _NESTED}))),
    Fault(name="numeric-code", does="LiteLLM's envelope, whose code is the status as a number.", bills=False,
          refusal=from_json(400, {"error": {"message": "litellm.BadRequestError: the size is not supported",
                                            "type": None, "param": None, "code": 400}})),
    Fault(name="detail-text", does="A 400 whose `detail` is a mere string.", bills=False,
          refusal=from_json(400, {"detail": "The prompt is too long."})),
    Fault(name="azure-filter", does="Azure's content filter, with `created` beside the error.", bills=False,
          refusal=from_json(400, {"created": 1_795_000_000, "error": _AZURE})),
    Fault(name="request-id", does="New-api's envelope, with the request id inside the message alone.", bills=False,
          refusal=from_json(400, {"error": {"message": "field size is invalid (request id: 2026112520173012345abc)",
                                            "type": "new_api_error", "param": "", "code": "invalid_request"}})),
    # Servers and proxies.
    Fault(name="503-html", does="Cloudflare's page while the gateway is down.", bills=False,
          refusal=html(503, "503 Service Temporarily Unavailable", server="cloudflare")),
    Fault(name="502-no-output", does="Nothing came of the drawing, which is often a refusal.",
          refusal=gateway(502, "upstream_error", "upstream did not return image output")),
    Fault(name="500", does="OpenAI's server error, at once.", bills=False,
          refusal=openai(500, _SERVER_ERROR, kind="server_error", code="server_error")),
    Fault(name="500-late", does="The same after the drawing.",
          refusal=openai(500, _SERVER_ERROR, kind="server_error", code="server_error")),
    Fault(name="502", does="The gateway's own JSON, at once.", bills=False,
          refusal=gateway(502, "upstream_error", "Upstream request failed")),
    Fault(name="502-late", does="The gateway's own JSON after the drawing.",
          refusal=gateway(502, "upstream_error", "Upstream request failed")),
    Fault(name="502-html", does="A proxy's page, at once.", bills=False, refusal=html(502, "502 Bad Gateway")),
    Fault(name="502-incomplete", does="The drawing ran out of its budget.",
          refusal=gateway(502, "incomplete_error", "Response incomplete", code="response_incomplete")),
    Fault(name="502-leak", does="A very long message that holds a key, an address and half a picture.", bills=False,
          refusal=gateway(502, "upstream_error", _LEAK)),
    Fault(name="503", does="No account is free, at once.", bills=False,
          refusal=gateway(503, "api_error", "No available compatible accounts")),
    Fault(name="504-html", does="A proxy gives up waiting; the drawing goes on.",
          refusal=html(504, "504 Gateway Time-out")),
    Fault(name="520", does="Cloudflare's page for an answer it could not read.",
          refusal=html(520, "520: Web server is returning an unknown error", server="cloudflare")),
    Fault(name="524", does="Cloudflare's page for an answer that took too long.",
          refusal=html(524, "524: A timeout occurred", server="cloudflare")),
    Fault(name="challenge", does="Cloudflare asks whether you are human.", bills=False,
          refusal=html(403, "Just a moment...", server="cloudflare")),
    # Errors under 200.
    Fault(name="flat-200", does="A mere code and message under status 200.", bills=False,
          refusal=from_json(200, {"code": "upstream_error", "message": "Upstream request failed"})),
    Fault(name="detail-200", does="A `detail` under status 200.", bills=False,
          refusal=from_json(200, {"detail": "Upstream request failed"})),
    Fault(name="error-200", does="An error body under status 200.", bills=False,
          refusal=gateway(200, "upstream_error", "Upstream request failed")),
    Fault(name="html-200", does="A sign-in page under status 200.", bills=False, refusal=html(200, "Sign in")),
    Fault(name="keepalive", does="Status 200 and blanks while it draws, then the JSON.", delivery="keepalive"),
    Fault(name="keepalive-error", does="Status 200 and blanks while it draws, then an error.", bills=False,
          delivery="keepalive-error"),
    # Lines that break.
    Fault(name="timeout", does="There is never an answer.", delivery="never"),
    Fault(name="silent", does="A stream falls silent after its first partial picture; without one, never an answer.",
          delivery="silent"),
    Fault(name="cut", does="The line breaks in the middle of the reply.", delivery="cut"),
    Fault(name="cut-stream", does="The line breaks after the first partial picture; without a stream, as `cut`.",
          delivery="cut-stream"),
    Fault(name="no-completed", does="A stream ends politely without its last event; without a stream, as `empty-data`.",
          delivery="no-completed", body=bodies.without_pictures),
    Fault(name="late-header", does="Not even the header of a stream arrives before the picture is drawn.",
          delivery="late-header"),
    Fault(name="slow", does="Takes four times as long, and two seconds at least.", slowness=4, at_least=2),
    # Errors inside a stream; without a stream they are a plain 502.
    Fault(name="stream-error", does="sub2api's in-stream error: `event: error`, its type, and `error{}`.", bills=False,
          delivery="stream-error"),
    Fault(name="stream-error-event", does="An event named `error` with flat fields.", bills=False,
          delivery="stream-error-event"),
    Fault(name="stream-error-type", does="No event name; the data's type is `error`.", bills=False,
          delivery="stream-error-type"),
    Fault(name="stream-error-nested", does="No event name, no type; an `error{}` inside the data.", bills=False,
          delivery="stream-error-nested"),
    Fault(name="stream-error-flat", does="No event name, no type; just `code` and `message`.", bills=False,
          delivery="stream-error-flat"),
    # Replies in an unexpected shape.
    Fault(name="sse-for-json", does="Events although none were asked for.", delivery="sse-for-json"),
    Fault(name="json-for-sse", does="Plain JSON although events were asked for.", delivery="json-for-sse"),
    Fault(name="odd-stream", does="CRLF, pings, no `event:` lines, and a `[DONE]` at the end.", delivery="odd-stream",
          spell=spellings.oddly),
    Fault(name="empty-data", does="A reply with no picture in it.", body=bodies.without_pictures),
    Fault(name="null-b64", does="A picture that is null.", body=bodies.with_null),
    Fault(name="bad-b64", does="A picture whose base64 is damaged.", body=bodies.with_damage),
    Fault(name="truncated", does="The file is cut in half.", picture=halved),
    Fault(name="not-a-picture", does="Text instead of a picture's bytes.", picture=prose),
    Fault(name="data-url", does="`b64_json` begins with `data:image/png;base64,`.", body=bodies.with_prefix),
    Fault(name="b64-lines", does="`b64_json` is broken into lines.", body=bodies.with_lines),
    Fault(name="url", does="A `url` on the sandbox itself; it turns requests away that carry a key.",
          body=bodies.with_url),
    Fault(name="url-data", does="A `data:` URL in `url`.", body=bodies.with_data_url),
    Fault(name="url-moved", does="A `url` that redirects once, within the sandbox.", body=bodies.with_moved_url),
    Fault(name="url-private", does="A `url` at another port of the same machine.", body=bodies.with_private_url),
    Fault(name="url-redirect", does="A `url` that redirects to another port of the same machine.",
          body=bodies.with_redirecting_url),
    # Figures and labels that do not fit.
    Fault(name="no-usage", does="No `usage`.", body=bodies.without_usage),
    Fault(name="zero-usage", does="A `usage` of zeros.", body=bodies.with_zero_usage),
    Fault(name="chat-usage", does="A chat-shaped `usage`.", body=bodies.with_chat_usage),
    Fault(name="downgraded", does="Draws 1254×1254 at low whatever was asked, and says `auto`.", order=downgraded),
    Fault(name="rescale", does="Draws three quarters of the width and height that were asked for.", order=rescaled),
    Fault(name="shift", does="The whole of an edited picture moves by 6 px to the right and 4 px up.",
          order=shifted),
    Fault(name="wrong-format", does="PNG bytes labelled webp.", order=mislabelled),
    Fault(name="revised", does="Adds `model` and a `revised_prompt`.", body=bodies.with_revised_prompt),
    # Responses: what is said and shown.
    twist("text-only", "The model answers in words although it could draw.", order=wordless),
    twist("refusal", "The model refuses in words, politely.", order=wordless),
    twist("two-pictures", "The answer holds two pictures.", order=doubled),
    twist("words-first", "The words come before the picture."),
    twist("at-length", "The model says a good deal before it shows the picture, as fast as in life at any speed."),
    twist("no-words", "A picture and not a word."),
    twist("bare-item", "The picture's item holds only what the schema names."),
    twist("bare-partials", "Partial pictures come without a word of how they are drawn."),
    twist("item-failed", "The picture was stopped by the safety system; words say so under status 200."),
    twist("picture-at-end", "The picture stands only in the stream's last event."),
    twist("completed-empty", "The stream's last event has an empty `output`."),
    twist("images-counted", "The tool's usage counts its pictures as well as its tokens."),
    twist("no-tool-usage", "No `tool_usage`."),
    twist("no-text-usage", "No `usage` of the main model."),
    # Responses: how they end.
    twist("failed", "`response.failed` before anything is drawn.", bills=False),
    twist("failed-policy", "`response.failed` for the content policy.", bills=False),
    twist("failed-rate", "`response.failed` for too many requests.", bills=False),
    twist("failed-late", "`response.failed` after the picture."),
    twist("incomplete", "`response.incomplete`: out of tokens before anything is drawn.", order=wordless),
    twist("incomplete-filter", "`response.incomplete` for the content filter.", order=wordless),
    twist("incomplete-late", "`response.incomplete` after the picture."),
    Fault(name="done-marker", does="`data: [DONE]` ends the stream.", befalls=RESPONSES, delivery="done-marker"),
    Fault(name="cut-words", does="The words come first, and the line breaks in the middle of them.", befalls=RESPONSES,
          twist="at-length", delivery="cut-words"),
    Fault(name="cut-late", does="The line breaks between the picture and the end.", befalls=RESPONSES,
          delivery="cut-late"),
    Fault(name="silent-late", does="The stream falls silent between the picture and the end.", befalls=RESPONSES,
          delivery="silent-late"),
    Fault(name="partials-demanded", does="A stream without partial pictures is refused.", befalls=RESPONSES,
          bills=False, concerns=lacks_partials,
          refusal=openai(400, "Streaming must have non-zero partial images.", param="tools")),
    # Image tasks; all other faults of drawings befall tasks as well, those after the drawing as failed tasks.
    Fault(name="no-tasks", does="The gateway takes no image tasks.", befalls=TASKS, bills=False,
          refusal=gateway(404, "not_found_error", "async image tasks are not enabled")),
    Fault(name="task-failed", does="The task fails before anything is drawn.", befalls=TASKS, bills=False,
          delivery="task-failed",
          refusal=openai(400, _REJECTED, kind="image_generation_user_error", code="moderation_blocked")),
    Fault(name="task-lost", does="The gateway forgets the task it took, and draws.", befalls=TASKS,
          delivery="task-lost"),
    # Moderations, which cost nothing.
    Fault(name="moderation-503", does="The moderation is down.", befalls=MODERATIONS, bills=False,
          refusal=gateway(503, "api_error", "Service temporarily unavailable")),
    Fault(name="moderation-404", does="The gateway has no moderation.", befalls=MODERATIONS, bills=False,
          refusal=gateway(404, "not_found_error", "Moderations are not supported for this platform")),
    Fault(name="moderation-429", does="Too many moderations; `retry-after: 2`.", befalls=MODERATIONS, bills=False,
          refusal=openai(429, "Rate limit reached for omni-moderation-latest.", kind="requests",
                         code="rate_limit_exceeded", headers={"retry-after": "2"})),
    Fault(name="moderation-nonsense", does="A moderation without a single score.", befalls=MODERATIONS, bills=False,
          refusal=from_json(200, {"id": "modr-0", "results": [{"flagged": None, "category_scores": []}]})),
)  # fmt: skip

_QUIRKS = (
    # Optional parameters that a gateway does not take.
    lacking("output_format", "Unknown to this gateway, in OpenAI's words",
             openai(400, "Unknown parameter: 'output_format'.", code="unknown_parameter", param="output_format")),
    lacking("output_compression", "Unsupported there, with its place in a tool",
             openai(400, "Unsupported parameter.", code="unsupported_parameter", param="tools[0].output_compression")),
    lacking("moderation", "Refused by LiteLLM, which names it in a list inside the message",
             openai(400, _UNSUPPORTED, kind="None", code="400")),
    lacking("background", "Refused by FastAPI as an extra input",
             from_json(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "background"],
                                         "msg": "Extra inputs are not permitted", "input": "opaque"}]})),
    lacking("user", "Refused in OpenAI's older words, without a code",
             openai(400, "Unrecognized request argument supplied: user")),
    lacking("stream", "Refused in Chinese, by new-api",
             gateway(400, "new_api_error", "不支持的参数：stream (request id: 20261125201730123456789)",
                     code="invalid_request")),
    lacking("partial_images", "Unsupported there, in OpenAI's words",
             openai(400, "Unsupported parameter: 'partial_images' is not supported with this model.",
                    code="unsupported_parameter", param="partial_images")),
    # How many pictures come.
    Fault(name="n-alone", does="Only one picture at a time is drawn: any other `n` is refused.", bills=False,
          concerns=is_several,
          refusal=openai(400, "Unknown parameter: 'tools[0].n'.", code="unknown_parameter", param="tools[0].n")),
    Fault(name="n-ignored", does="One picture comes, whatever `n` says.", order=alone),
    # How a stream is written.
    Fault(name="comments", does="Comments before, inside and after every event.", spell=spellings.commented),
    Fault(name="nameless", does="Events without their `event:` line.", spell=spellings.nameless),
    Fault(name="typeless", does="Events without a type in their data.", spell=spellings.typeless),
    Fault(name="in-lines", does="Events whose data is broken into many lines.", spell=spellings.in_lines),
    Fault(name="odd-indexes", does="Every partial picture is called number 1.", spell=spellings.counted_oddly),
    Fault(name="as-generations", does="An edit's events bear the names of a generation's.",
          spell=spellings.as_generations),
    Fault(name="as-responses", does="Partial pictures come as the Responses API names them.",
          spell=spellings.as_responses),
    Fault(name="as-ark", does="Volcano's Ark: the finished picture is a `partial_succeeded`.", spell=spellings.as_ark),
    Fault(name="data-in-completed", does="The finished picture lies in a `data` list of its event.",
          spell=spellings.with_data),
    Fault(name="more-events", does="The last event comes twice; a ping and an error follow.", delivery="more-events"),
    Fault(name="bom", does="A byte-order mark and blank lines come first.", delivery="bom"),
    Fault(name="crumbs", does="The reply arrives in pieces of 1,021 bytes.", delivery="crumbs"),
    Fault(name="open-end", does="The blank line after the last event is missing.", delivery="open-end"),
    Fault(name="gzip", does="The reply is packed with gzip, though nobody asked for it.", delivery="gzip"),
    Fault(name="mislabelled", does="The reply says it is plain text.", delivery="mislabelled"),
    # Where a picture lies, and what it is said to have taken.
    Fault(name="url-relative", does="A `url` without a host.", body=bodies.with_relative_url),
    Fault(name="url-too", does="A `url` beside the picture itself.", body=bodies.with_both),
    *(Fault(name=f"usage-{name}", does=does, body=bodies.with_hostile_usage(**figures))
      for name, (does, figures) in _HOSTILE.items()),
    # Other servers.
    Fault(name="litellm", does="LiteLLM: a chat-shaped `usage`, and the cost in a header.", body=bodies.with_chat_usage,
          headers={"x-litellm-response-cost": "0.0031", "x-litellm-call-id": "5d0c1d5e"}),
    Fault(name="cost-nonsense", does="A cost in the header that is none.",
          headers={"x-litellm-response-cost": "-1e999"}),
    Fault(name="cost-header", does="What the gateway took for the picture, in a header; in a stream, nowhere.",
          tells_cost=True),
    Fault(name="cost-usage", does="What the gateway took for the picture, as `cost` in its `usage`.",
          body=bodies.with_cost()),
    Fault(name="cost-double", does="Twice of what the tokens come to, as `cost` in its `usage`.",
          body=bodies.with_cost(times=2)),
    Fault(name="new-api", does="New-api: JSON made into events of a generation, with `[DONE]` at the end.",
          delivery="done-marker", spell=spellings.as_generations),
    Fault(name="cliproxyapi", does="CLIProxyAPI: sparse events after `: keep-alive` comments.",
          spell=spellings.as_sparse),
    Fault(name="chatgpt2api", does="A bridge: addresses instead of pictures, and never the size that was asked for.",
          order=rescaled, body=bodies.with_url),
    Fault(name="localai", does="LocalAI: an id, addresses, no usage, and no streams.", body=bodies.as_localai,
          delivery="json-for-sse"),
    Fault(name="sd-server", does="stable-diffusion.cpp: no usage, and no streams.", body=bodies.as_sd_server,
          delivery="json-for-sse"),
    Fault(name="vllm-omni", does="vLLM-omni: null keys, chunks of its own, and `[DONE]` at the end.",
          body=bodies.with_keys_of_nothing, delivery="done-marker", spell=spellings.as_omni),
    Fault(name="azure", does="Azure: it draws no WebP.", bills=False, concerns=is_webp,
          refusal=openai(400, "Invalid value: 'webp'. Supported values are: 'png' and 'jpeg'.", code="invalid_value",
                         param="output_format")),
)  # fmt: skip

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*_FAILURES, *(replace(quirk, is_quirk=True) for quirk in _QUIRKS))
}
