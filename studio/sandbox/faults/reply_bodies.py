"""Changes that faults make to the JSON of a reply."""

import secrets
from collections.abc import Callable
from typing import Any

import pybase64

from studio.images import Usage, cost
from studio.sandbox.picture_urls import OTHER_PORT_URL, PictureUrls
from studio.sandbox.reply_format import Body


def _each(change: Callable[[str, Body, PictureUrls], Body]) -> Callable[[Body, PictureUrls], Body]:
    """Change every picture of a reply; `change` gets its base64, the reply and the URLs."""

    def change_body(body: Body, urls: PictureUrls) -> Body:
        return body | {"data": [change(item["b64_json"], body, urls) for item in body["data"]]}

    return change_body


def _with_urls(folder: str) -> Callable[[Body, PictureUrls], Body]:
    return _each(
        lambda b64, body, urls: {"url": urls.publish(pybase64.b64decode(b64), body["output_format"], folder=folder)}
    )


with_damaged_base64 = _each(lambda b64, _body, _urls: {"b64_json": "?" + b64[2:]})
with_url = _with_urls("pictures")
with_redirected_url = _with_urls("moved")
with_other_port_url = _each(lambda _b64, _body, _urls: {"url": OTHER_PORT_URL})
with_url_redirecting_to_other_port = _each(lambda _b64, _body, urls: {"url": f"{urls.base}/sandbox/elsewhere"})
with_data_url = _each(lambda b64, body, _urls: {"url": f"data:image/{body['output_format']};base64,{b64}"})
with_data_url_prefix = _each(lambda b64, body, _urls: {"b64_json": f"data:image/{body['output_format']};base64,{b64}"})
with_line_breaks = _each(
    lambda b64, _body, _urls: {"b64_json": "\n".join(b64[at : at + 76] for at in range(0, len(b64), 76))}
)
with_null_picture = _each(lambda _b64, _body, _urls: {"b64_json": None})
_with_revised_prompts = _each(
    lambda b64, _body, _urls: {"b64_json": b64, "revised_prompt": "A picture, kindly revised."}
)


def with_relative_url(body: Body, urls: PictureUrls) -> Body:
    """Picture URLs without a host."""
    with_urls = with_url(body, urls)
    return with_urls | {"data": [{"url": item["url"].removeprefix(urls.base)} for item in with_urls["data"]]}


def with_url_too(body: Body, urls: PictureUrls) -> Body:
    """Each picture both as base64 and as a URL (contract §6, quirk 1)."""
    with_urls = with_url(body, urls)
    return body | {"data": [one | two for one, two in zip(body["data"], with_urls["data"], strict=True)]}


def with_null_keys(body: Body, _: PictureUrls) -> Body:
    """The keys of vLLM-omni, some of them null."""
    data = [item | {"url": None, "revised_prompt": None} for item in body["data"]]
    return {"created": body["created"], "data": data}


def as_localai(body: Body, urls: PictureUrls) -> Body:
    """The reply of LocalAI: an id, URLs on the server itself, and no usage."""
    return {"id": secrets.token_hex(8), "created": body["created"], "data": with_url(body, urls)["data"]}


def as_sd_server(body: Body, _: PictureUrls) -> Body:
    """The reply of stable-diffusion.cpp: the pictures and their format."""
    return {key: body[key] for key in ("created", "data", "output_format")}


def with_usage(**figures: Any) -> Callable[[Body, PictureUrls], Body]:
    """A reply whose usage has these values."""
    return lambda body, _: body | {"usage": body["usage"] | figures}


def without_pictures(body: Body, _: PictureUrls) -> Body:
    """A reply with an empty `data`."""
    return body | {"data": []}


def without_usage(body: Body, _: PictureUrls) -> Body:
    """A reply without usage."""
    return {key: value for key, value in body.items() if key != "usage"}


def with_zero_usage(body: Body, _: PictureUrls) -> Body:
    """A reply whose usage is zero."""
    return body | {"usage": Usage().to_wire()}


def with_chat_usage(body: Body, _: PictureUrls) -> Body:
    """A reply whose usage has the format of a chat completion (contract §6, quirk 2)."""
    usage = body["usage"]
    return body | {
        "usage": {
            "prompt_tokens": usage["input_tokens"],
            "completion_tokens": usage["output_tokens"],
            "total_tokens": usage["total_tokens"],
            "prompt_tokens_details": usage.get("input_tokens_details"),
            "completion_tokens_details": usage.get("output_tokens_details"),
        }
    }


def with_cost(*, times: int = 1) -> Callable[[Body, PictureUrls], Body]:
    """A reply whose usage has `cost`, as OpenRouter's does; `times` multiplies it."""

    def change_body(body: Body, _: PictureUrls) -> Body:
        usage = Usage.from_wire(body["usage"])
        return body | {"usage": body["usage"] | {"cost": float(times * cost(usage or Usage()))}}

    return change_body


def with_revised_prompt(body: Body, urls: PictureUrls) -> Body:
    """A reply with the keys that sub2api adds (contract §5)."""
    return _with_revised_prompts(body, urls) | {"model": "gpt-image-2"}
