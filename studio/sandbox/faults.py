"""Everything the sandbox can do wrong: one table, reached by `sandbox:NAME` in a prompt or by SANDBOX_FAULT=NAME."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from studio.sandbox import bodies
from studio.sandbox.bodies import Body, Site
from studio.sandbox.order import Order
from studio.sandbox.refusal import Refusal, flat, from_json, gateway, html, openai

ONCE = "-once"
"""Any fault's name may end so: it then fails the first call with a prompt and a key, and not the next."""

DRAWINGS, RESPONSES, MODERATIONS, TASKS = "drawings", "responses", "moderations", "tasks"

_IN_PROMPT = re.compile(r"\bsandbox:([a-z0-9]+(?:-[a-z0-9]+)*)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail.

    A `refusal` is answered instead of the picture: at once, or, when the fault bills, after the drawing.
    `befalls` says which calls it is for, `concerns` which of their orders. `order`, `picture` and `body` change what is
    drawn, its file and the reply; `delivery` how the reply travels, `twist` what becomes of a response's items and end.
    """

    name: str
    does: str
    bills: bool = True
    refusal: Refusal | None = None
    befalls: str = DRAWINGS
    concerns: Callable[[Order], bool] = lambda _: True
    order: Callable[[Order], Order] = lambda order: order
    picture: Callable[[bytes], bytes] = lambda picture: picture
    body: Callable[[Body, Site], Body] = lambda body, site: body
    delivery: str = "plain"
    twist: str = ""
    slowness: float = 1.0
    at_least: float = 0.0

    @property
    def status(self) -> int | None:
        """The status the caller gets; None when there is never an answer."""
        if self.delivery == "never":
            return None
        return self.refusal.status if self.refusal else 200


NO_FAULT = Fault(name="", does="Nothing goes wrong.")


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
    found = _IN_PROMPT.search(prompt)
    return found[1].lower() if found else None


def _wordless(order: Order) -> Order:
    return replace(order, n=0, partials=0)


def _doubled(order: Order) -> Order:
    return replace(order, n=2 * order.n, partials=0)


def _lacks_partials(order: Order) -> bool:
    return order.stream and not order.partials


def _lacking(param: str, how: str, refusal: Refusal) -> "Fault":
    """A gateway that does not take one optional parameter, and draws without it."""
    return Fault(name="lacks-" + param.replace("_", "-"), does=f"{how}: `{param}`, wherever it is sent.", bills=False,
                 concerns=lambda order: param in order.sent, refusal=refusal)  # fmt: skip


def _twist(name: str, does: str, **more: Any) -> "Fault":
    return Fault(name=name, does=does, befalls=RESPONSES, twist=name, **more)


def _downgraded(order: Order) -> Order:
    return replace(order, width=1254, height=1254, quality="low", told_size="auto", told_quality="auto",
                   told_model="gpt-image-2-codex")  # fmt: skip


def _mislabelled(order: Order) -> Order:
    return replace(order, output_format="png", compression=None, told_format="webp")


def _rescaled(order: Order) -> Order:
    width, height = order.width * 3 // 4, order.height * 3 // 4
    return replace(order, width=width, height=height, told_size=f"{width}x{height}")


def _shifted(order: Order) -> Order:
    return replace(order, offset=(6, -4))


def _is_bracketed(order: Order) -> bool:
    return order.original is not None and order.original.image_field == "image[]"


def _halved(picture: bytes) -> bytes:
    return picture[: len(picture) // 2]


def _prose(_: bytes) -> bytes:
    return b"I am sorry, but here is a description of the picture instead of the picture."


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
_MODERATION = {"moderation_stage": "output", "categories": ["sexual"]}
_NO_IMAGE = {"type": "missing", "loc": ["body", "image"], "msg": "Field required", "input": None}
_HTTP_429_USAGE = {
    "type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
    "resets_at": 4_102_444_800, "resets_in_seconds": 3600,
}  # fmt: skip

_ROWS = (
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
    _lacking("output_format", "Unknown to this gateway, in OpenAI's words",
             openai(400, "Unknown parameter: 'output_format'.", code="unknown_parameter", param="output_format")),
    _lacking("output_compression", "Unsupported there, with its place in a tool",
             openai(400, "Unsupported parameter.", code="unsupported_parameter", param="tools[0].output_compression")),
    _lacking("moderation", "Refused by LiteLLM, which names it in a list inside the message",
             openai(400, _UNSUPPORTED, kind="None", code="400")),
    _lacking("background", "Refused by FastAPI as an extra input",
             from_json(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "background"],
                                         "msg": "Extra inputs are not permitted", "input": "opaque"}]})),
    _lacking("user", "Refused in OpenAI's older words, without a code",
             openai(400, "Unrecognized request argument supplied: user")),
    _lacking("stream", "Refused in Chinese, by new-api",
             gateway(400, "new_api_error", "不支持的参数：stream (request id: 20261125201730123456789)",
                     code="invalid_request")),
    _lacking("partial_images", "Unsupported there, in OpenAI's words",
             openai(400, "Unsupported parameter: 'partial_images' is not supported with this model.",
                    code="unsupported_parameter", param="partial_images")),
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
          concerns=_is_bracketed, refusal=from_json(422, {"detail": [_NO_IMAGE]})),
    Fault(name="images-lost", does="An edit's images are found in neither field: always a 422.", bills=False,
          concerns=lambda order: order.original is not None, refusal=from_json(422, {"detail": [_NO_IMAGE]})),
    # Servers and proxies.
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
    Fault(name="odd-stream", does="CRLF, pings, no `event:` lines, and a `[DONE]` at the end.", delivery="odd-stream"),
    Fault(name="empty-data", does="A reply with no picture in it.", body=bodies.without_pictures),
    Fault(name="null-b64", does="A picture that is null.", body=bodies.with_null),
    Fault(name="bad-b64", does="A picture whose base64 is damaged.", body=bodies.with_damage),
    Fault(name="truncated", does="The file is cut in half.", picture=_halved),
    Fault(name="not-a-picture", does="Text instead of a picture's bytes.", picture=_prose),
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
    Fault(name="downgraded", does="Draws 1254×1254 at low whatever was asked, and says `auto`.", order=_downgraded),
    Fault(name="rescale", does="Draws three quarters of the width and height that were asked for.", order=_rescaled),
    Fault(name="shift", does="The whole of an edited picture moves by 6 px to the right and 4 px up.",
          order=_shifted),
    Fault(name="wrong-format", does="PNG bytes labelled webp.", order=_mislabelled),
    Fault(name="revised", does="Adds `model` and a `revised_prompt`.", body=bodies.with_revised_prompt),
    # Responses: what is said and shown.
    _twist("text-only", "The model answers in words although it could draw.", order=_wordless),
    _twist("refusal", "The model refuses in words, politely.", order=_wordless),
    _twist("two-pictures", "The answer holds two pictures.", order=_doubled),
    _twist("words-first", "The words come before the picture."),
    _twist("no-words", "A picture and not a word."),
    _twist("bare-item", "The picture's item holds only what the schema names."),
    _twist("item-failed", "The picture was stopped by the safety system; words say so under status 200."),
    _twist("picture-at-end", "The picture stands only in the stream's last event."),
    _twist("completed-empty", "The stream's last event has an empty `output`."),
    _twist("no-tool-usage", "No `tool_usage`."),
    _twist("no-text-usage", "No `usage` of the main model."),
    # Responses: how they end.
    _twist("failed", "`response.failed` before anything is drawn.", bills=False),
    _twist("failed-policy", "`response.failed` for the content policy.", bills=False),
    _twist("failed-rate", "`response.failed` for too many requests.", bills=False),
    _twist("failed-late", "`response.failed` after the picture."),
    _twist("incomplete", "`response.incomplete`: out of tokens before anything is drawn.", order=_wordless),
    _twist("incomplete-filter", "`response.incomplete` for the content filter.", order=_wordless),
    _twist("incomplete-late", "`response.incomplete` after the picture."),
    Fault(name="done-marker", does="`data: [DONE]` ends the stream.", befalls=RESPONSES, delivery="done-marker"),
    Fault(name="cut-late", does="The line breaks between the picture and the end.", befalls=RESPONSES,
          delivery="cut-late"),
    Fault(name="silent-late", does="The stream falls silent between the picture and the end.", befalls=RESPONSES,
          delivery="silent-late"),
    Fault(name="partials-demanded", does="A stream without partial pictures is refused.", befalls=RESPONSES,
          bills=False, concerns=_lacks_partials,
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

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ROWS}
