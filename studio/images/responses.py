"""One turn of a conversation with the image tool: what POST /v1/responses takes, and the rules it must keep."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

import pybase64

from .catalog import MAIN_MODELS
from .prices import Estimate, Rates, text_cost, text_tokens
from .problems import Problem, gettext_noop
from .requests import MAX_SHOWN, ImageRequest, parameter_name
from .usage import TextUsage

_ = gettext_noop

MAX_SENT_PICTURES = 64
MAX_DATA_URL = 20_971_520  # characters of one picture's data URL
PICTURE_TOKENS = 2_500  # input tokens of the main model that a picture it looks at takes at most: patches of 32 px
INSTRUCTION_TOKENS = 400  # what the tool's own description was seen to take
TYPICAL_OUTPUT, MAX_OUTPUT = 600, 4_000  # tokens of the main model: its reasoning, and its answer
ACTIONS = ("auto", "generate", "edit")
TOOL_FIELDS = ("size", "quality", "output_format", "output_compression", "background", "moderation", "partial_images")

RESPONSE_MESSAGES: dict[str, str] = {
    "main_model_missing": _("Choose the model that leads the conversation."),
    "main_model_draws": _(
        "%(value)s draws pictures and cannot lead a conversation; choose a text model such as %(example)s."
    ),
    "turns_missing": _("Write what you would like."),
    "role_unknown": _("A turn is spoken by the user or by the assistant."),
    "draws_one": _("A conversation draws one picture at a time."),
    "action_unknown": _("%(value)s is not an action; choose from %(choices)s."),
    "edit_without_picture": _("There is no picture to change yet."),
    "mask_without_picture": _("A mask needs a picture to lie on."),
    "pictures_too_many": _("At most %(limit)s pictures go along with a turn; these are %(count)s."),
    "picture_too_heavy": _("A picture that goes along has %(size)s MB; it must have less than %(limit)s MB."),
}

_IMAGE_MODEL = re.compile(r"(^|/)((chatgpt|gpt)-image|dall-e|grok-imagine|imagen|flux|stable-diffusion)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SentPicture:
    """A picture that goes along: its media type, where its bytes are and how many, and its edges in px."""

    content_type: str
    source: Path | Callable[[], BinaryIO]
    byte_count: int
    width: int = 0
    height: int = 0

    @property
    def prefix(self) -> str:
        """What stands before the base64 in its data URL."""
        return f"data:{self.content_type};base64,"

    @property
    def url_length(self) -> int:
        """Characters of its data URL."""
        return len(self.prefix) + -(-self.byte_count // 3) * 4

    def open(self) -> BinaryIO:
        """Its bytes from the beginning (blocking)."""
        return self.source.open("rb") if isinstance(self.source, Path) else self.source()

    def data_url(self) -> str:
        """The whole picture as a data URL (blocking)."""
        with self.open() as file:
            return self.prefix + pybase64.b64encode_as_string(file.read())


@dataclass(frozen=True, kw_only=True)
class ResponseTurn:
    """One message: its text, and the pictures that were sent with it."""

    role: Literal["user", "assistant"]
    text: str = ""
    pictures: tuple[SentPicture, ...] = ()


type Address = Callable[[SentPicture], str]


@dataclass(frozen=True, kw_only=True)
class ResponseRequest:
    """One call of the Responses API: a main model, what was said so far, and the tool that draws, if it may draw.

    `model` is the main model, `tool` what is drawn (its prompt is not sent: the turns are). `is_forced` makes the
    model draw, else it may answer in words. `mask` lies on the first picture. `user` goes as `safety_identifier`.
    """

    model: str
    turns: tuple[ResponseTurn, ...]
    tool: ImageRequest | None = None
    action: str = "auto"
    is_forced: bool = False
    previous_response_id: str | None = None
    store: bool | None = None
    instructions: str | None = None
    mask: SentPicture | None = None
    stream: bool = True
    user: str | None = None
    omitted: frozenset[str] = frozenset()

    @property
    def pictures(self) -> tuple[SentPicture, ...]:
        """Every picture that goes along, the mask not among them."""
        return tuple(picture for turn in self.turns for picture in turn.pictures)

    @property
    def is_large(self) -> bool:
        return self.tool is not None and self.tool.is_large

    @property
    def byte_count(self) -> int:
        """About how many bytes are sent."""
        pictures = sum(picture.url_length for picture in [*self.pictures, *([self.mask] if self.mask else [])])
        return pictures + sum(len(turn.text.encode("utf-8", "replace")) for turn in self.turns)

    def problems(self) -> list[Problem]:
        """Every rule this request breaks; empty when there is none."""
        return [*self._model_problems(), *self._turn_problems(), *self._tool_problems(), *self._picture_problems()]

    def _model_problems(self) -> Iterator[Problem]:
        if not self.model.strip():
            yield _problem("model", "main_model_missing")
        elif is_image_model(self.model):
            yield _problem("model", "main_model_draws", value=self.model[:MAX_SHOWN], example=MAIN_MODELS[0].id)

    def _turn_problems(self) -> Iterator[Problem]:
        if not self.turns or not any(turn.text.strip() or turn.pictures for turn in self.turns):
            yield _problem("input", "turns_missing")
        if any(turn.role not in ("user", "assistant") for turn in self.turns):
            yield _problem("input", "role_unknown")

    def _tool_problems(self) -> Iterator[Problem]:
        if self.tool is None:
            return
        # Its prompt is the turns, whose length is limited by the main model.
        yield from (problem for problem in self.tool.problems() if problem.param not in ("prompt", "n", "stream"))
        if self.tool.n != 1:
            yield _problem("n", "draws_one")
        if self.action not in ACTIONS:
            yield _problem("action", "action_unknown", value=self.action[:MAX_SHOWN], choices=", ".join(ACTIONS))
        has_picture = bool(self.pictures) or self.previous_response_id is not None
        if self.action == "edit" and not has_picture:
            yield _problem("action", "edit_without_picture")
        if self.mask and not has_picture:
            yield _problem("mask", "mask_without_picture")

    def _picture_problems(self) -> Iterator[Problem]:
        pictures = [*self.pictures, *([self.mask] if self.mask else [])]
        if len(pictures) > MAX_SENT_PICTURES:
            yield _problem("input", "pictures_too_many", limit=MAX_SENT_PICTURES, count=len(pictures))
        for picture in pictures:
            if picture.url_length > MAX_DATA_URL:
                megabyte = 1_000_000
                limit = MAX_DATA_URL * 3 // 4 // megabyte
                yield _problem("input", "picture_too_heavy", size=-(-picture.byte_count // megabyte), limit=limit)

    def to_wire(self, *, address: Address = SentPicture.data_url) -> dict[str, Any]:
        """The JSON body; `address` says how a picture is written, by default as its whole data URL (blocking).

        Never `n`, never `input_fidelity`; the tool's model always, since the API's own default is an older one.
        """
        body: dict[str, Any] = {"model": self.model, "input": [*self._items(address)]}
        if self.tool is not None:
            body["tools"] = [self._tool(self.tool, address)]
            if self.is_forced:
                body["tool_choice"] = {"type": "image_generation"}
        named = {
            "instructions": self.instructions,
            "previous_response_id": self.previous_response_id,
            "store": self.store,
            "safety_identifier": self.user,
            "stream": True if self.stream else None,
        }
        body |= {name: value for name, value in named.items() if value is not None and name not in self.omitted}
        return body

    def _items(self, address: Address) -> Iterator[dict[str, Any]]:
        """The turns as input; a picture the assistant drew is shown by the user, for only they may send pictures."""
        for turn in self.turns:
            pictures = [{"type": "input_image", "image_url": address(picture)} for picture in turn.pictures]
            if turn.role == "assistant":
                if turn.text:
                    yield {"role": "assistant", "content": [{"type": "output_text", "text": turn.text}]}
                if pictures:
                    yield {"role": "user", "content": pictures}
            else:
                words = [{"type": "input_text", "text": turn.text}] if turn.text else []
                yield {"role": "user", "content": [*words, *pictures]}

    def _tool(self, tool: ImageRequest, address: Address) -> dict[str, Any]:
        fields = tool.to_wire()
        written: dict[str, Any] = {"type": "image_generation", "model": tool.model}
        if self.action != "auto" and "action" not in self.omitted:
            written["action"] = self.action
        written |= {name: fields[name] for name in TOOL_FIELDS if name in fields}
        if not self.stream or not tool.partial_images:
            written.pop("partial_images", None)
        if self.mask:
            written["input_image_mask"] = {"image_url": address(self.mask)}
        return written

    def without(self, param: str) -> Self | None:
        """The same request that leaves an optional parameter out; None where it needs it, or does not send it.

        `param` is named as a gateway names it: `store`, `moderation`, `tools[0].moderation`.
        """
        name = parameter_name(param)
        if name == "stream":
            return self._without_stream() if self.stream else None
        if name in ("safety_identifier", "user"):
            return replace(self, user=None, omitted=self.omitted | {name}) if self.user else None
        if name in ("store", "instructions"):
            is_sent = getattr(self, name) is not None and name not in self.omitted
            return replace(self, omitted=self.omitted | {name}) if is_sent else None
        if name == "action":
            is_sent = self.action != "auto" and name not in self.omitted
            return replace(self, omitted=self.omitted | {name}) if is_sent else None
        tool = self.tool.without(name) if self.tool and name in TOOL_FIELDS else None
        return replace(self, tool=tool) if tool else None

    def _without_stream(self) -> Self:
        tool = replace(self.tool, stream=False, partial_images=0) if self.tool else None
        return replace(self, stream=False, tool=tool, omitted=self.omitted | {"stream"})


def is_image_model(model_id: str) -> bool:
    """Whether a model draws, so that it can be the tool's model and never the main one."""
    return bool(_IMAGE_MODEL.search(model_id))


def expected_text_usage(request: ResponseRequest, *, output: int = TYPICAL_OUTPUT) -> TextUsage:
    """Tokens of the main model for one turn, estimated before it is sent."""
    words = text_tokens(request.instructions or "") + sum(text_tokens(turn.text) for turn in request.turns)
    tool = INSTRUCTION_TOKENS if request.tool else 0
    pictures = PICTURE_TOKENS * len(request.pictures)
    return TextUsage(input=words + tool + pictures, output=output, is_estimated=True)


def text_estimate(request: ResponseRequest, rates: Rates, multiplier: Decimal | int = 1) -> Estimate:
    """What the main model's part of a turn will cost at its rates; `high` is what is reserved for it."""
    low, expected, high = (
        text_cost(expected_text_usage(request, output=output), rates, multiplier)
        for output in (0, TYPICAL_OUTPUT, MAX_OUTPUT)
    )
    return Estimate(low=low, high=high, expected=expected)


def _problem(param: str, code: str, **values: object) -> Problem:
    return Problem(param=param, code=code, message=RESPONSE_MESSAGES[code], values=values)
