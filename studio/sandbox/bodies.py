"""The JSON of a reply, and the ways gateways bend it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pybase64

from studio.images import Usage, cost
from studio.sandbox.order import Order

type Body = dict[str, Any]

ELSEWHERE = "http://127.0.0.1:9/picture.png"
"""Another port of the same machine, where nothing a client should fetch can be."""


class Shelf:
    """The last pictures handed out by URL instead of in the reply."""

    LIMIT = 32

    def __init__(self) -> None:
        self._pictures: dict[str, tuple[bytes, str]] = {}

    def keep(self, picture: bytes, output_format: str) -> str:
        """Put a picture on the shelf under a new name; the oldest gives way."""
        name = f"{secrets.token_hex(8)}.{output_format}"
        self._pictures[name] = picture, f"image/{output_format}"
        while len(self._pictures) > self.LIMIT:
            self._pictures.pop(next(iter(self._pictures)))
        return name

    def take(self, name: str) -> tuple[bytes, str] | None:
        """A picture and its media type."""
        return self._pictures.get(name)


@dataclass(frozen=True)
class Site:
    """Where the sandbox is reached, and its shelf."""

    base: str = ""
    shelf: Shelf = field(default_factory=Shelf)

    def publish(self, picture: bytes, output_format: str, *, folder: str = "pictures") -> str:
        """The picture's address on this site."""
        return f"{self.base}/sandbox/{folder}/{self.shelf.keep(picture, output_format)}"


def generated(order: Order, pictures: list[bytes], usage: Usage) -> Body:
    """The reply to a generation or an edit as OpenAI gives it (contract §1.4)."""
    body: Body = {
        "created": int(time.time()),
        "background": "opaque",
        "data": [{"b64_json": pybase64.b64encode_as_string(picture)} for picture in pictures],
        "output_format": order.told_format,
        "quality": order.told_quality,
        "size": order.told_size,
        "usage": usage.to_wire(),
    }
    return body | ({"model": order.told_model} if order.told_model else {})


def _each(change: Callable[[str, Body, Site], Body]) -> Callable[[Body, Site], Body]:
    """Bend every picture of a reply; `change` gets its base64, the reply and the site."""

    def bend(body: Body, site: Site) -> Body:
        return body | {"data": [change(item["b64_json"], body, site) for item in body["data"]]}

    return bend


def _addressed(folder: str) -> Callable[[Body, Site], Body]:
    return _each(
        lambda b64, body, site: {"url": site.publish(pybase64.b64decode(b64), body["output_format"], folder=folder)}
    )


with_damage = _each(lambda b64, _body, _site: {"b64_json": "?" + b64[2:]})
with_url = _addressed("pictures")
with_moved_url = _addressed("moved")
with_private_url = _each(lambda _b64, _body, _site: {"url": ELSEWHERE})
with_redirecting_url = _each(lambda _b64, _body, site: {"url": f"{site.base}/sandbox/elsewhere"})
with_data_url = _each(lambda b64, body, _site: {"url": f"data:image/{body['output_format']};base64,{b64}"})
with_prefix = _each(lambda b64, body, _site: {"b64_json": f"data:image/{body['output_format']};base64,{b64}"})
with_lines = _each(
    lambda b64, _body, _site: {"b64_json": "\n".join(b64[at : at + 76] for at in range(0, len(b64), 76))}
)
with_null = _each(lambda _b64, _body, _site: {"b64_json": None})
with_revision = _each(lambda b64, _body, _site: {"b64_json": b64, "revised_prompt": "A picture, kindly revised."})


def with_relative_url(body: Body, site: Site) -> Body:
    """A picture's address without its host."""
    addressed = with_url(body, site)
    return addressed | {"data": [{"url": item["url"].removeprefix(site.base)} for item in addressed["data"]]}


def with_both(body: Body, site: Site) -> Body:
    """A picture and its address (contract §6, quirk 1)."""
    addressed = with_url(body, site)
    return body | {"data": [one | two for one, two in zip(body["data"], addressed["data"], strict=True)]}


def with_keys_of_nothing(body: Body, _: Site) -> Body:
    """The keys of vLLM-omni, null where it has nothing to say."""
    data = [item | {"url": None, "revised_prompt": None} for item in body["data"]]
    return {"created": body["created"], "data": data}


def as_localai(body: Body, site: Site) -> Body:
    """A reply of LocalAI: an id, addresses on the server itself, and no usage."""
    return {"id": secrets.token_hex(8), "created": body["created"], "data": with_url(body, site)["data"]}


def as_sd_server(body: Body, _: Site) -> Body:
    """A reply of stable-diffusion.cpp: the pictures, and of which format they are."""
    return {key: body[key] for key in ("created", "data", "output_format")}


def with_hostile_usage(**figures: Any) -> Callable[[Body, Site], Body]:
    """A reply whose usage holds nonsense."""
    return lambda body, _: body | {"usage": body["usage"] | figures}


def without_pictures(body: Body, _: Site) -> Body:
    """A reply whose data is empty."""
    return body | {"data": []}


def without_usage(body: Body, _: Site) -> Body:
    """A reply that says nothing of tokens."""
    return {key: value for key, value in body.items() if key != "usage"}


def with_zero_usage(body: Body, _: Site) -> Body:
    """A reply that claims to have used nothing."""
    return body | {"usage": Usage().to_wire()}


def with_chat_usage(body: Body, _: Site) -> Body:
    """A reply with the usage of a chat completion (contract §6, quirk 2)."""
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


def with_cost(*, times: int = 1) -> Callable[[Body, Site], Body]:
    """A reply whose usage says what it cost, as OpenRouter's does, or some times as much."""

    def bend(body: Body, _: Site) -> Body:
        usage = Usage.from_wire(body["usage"])
        return body | {"usage": body["usage"] | {"cost": float(times * cost(usage or Usage()))}}

    return bend


def with_revised_prompt(body: Body, site: Site) -> Body:
    """A reply with the keys sub2api adds (contract §5)."""
    return with_revision(body, site) | {"model": "gpt-image-2"}
