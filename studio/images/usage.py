"""Tokens used, as counted here and as written on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# No call can use more tokens; a larger figure is an error. (23,719 is the dearest picture, ten of them a call.)
MAX_CALL_TOKENS = 10_000_000


@dataclass(frozen=True)
class Usage:
    """Tokens of one call by kind; `is_estimated` when they come from the formula and not from the gateway."""

    input_text_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    output_text_tokens: int = 0
    is_estimated: bool = False

    @property
    def input_tokens(self) -> int:
        return self.input_text_tokens + self.input_image_tokens

    @property
    def output_tokens(self) -> int:
        return self.output_text_tokens + self.output_image_tokens

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_text_tokens + other.input_text_tokens,
            self.input_image_tokens + other.input_image_tokens,
            self.output_image_tokens + other.output_image_tokens,
            self.output_text_tokens + other.output_text_tokens,
            self.is_estimated or other.is_estimated,
        )

    @classmethod
    def from_wire(cls, data: Mapping[str, Any] | None, *, is_edit: bool = False) -> Self | None:
        """Read a reply's usage (Images API or chat-shaped); None where it is missing, zero or impossibly large.

        Without details all output counts as image, input as text (for an edit as image): never too little.
        """
        if not isinstance(data, Mapping):
            return None
        output, output_details = total_and_details(data, "output_tokens", "completion_tokens")
        input_, input_details = total_and_details(data, "input_tokens", "prompt_tokens")
        if output is None or input_ is None or not output:
            return None
        output_image, output_text = split(output, output_details, first="image_tokens", second="text_tokens")
        first, second = ("image_tokens", "text_tokens") if is_edit else ("text_tokens", "image_tokens")
        one, two = split(input_, input_details, first=first, second=second)
        input_text, input_image = (two, one) if is_edit else (one, two)
        return cls(input_text, input_image, output_image, output_text)

    @classmethod
    def told(cls, data: Mapping[str, Any] | None, *, is_edit: bool = False) -> Self | None:
        """Read the usage of a call that brought no picture: what it says is charged, were it the input alone."""
        if (usage := cls.from_wire(data, is_edit=is_edit)) or not isinstance(data, Mapping):
            return usage
        for name in ("input_tokens", "prompt_tokens"):
            if count := token_count(data.get(name)):
                return cls(input_image_tokens=count) if is_edit else cls(input_text_tokens=count)
        return None

    def to_wire(self) -> dict[str, Any]:
        """The Images API's shape."""
        return {
            "input_tokens": self.input_tokens,
            "input_tokens_details": {
                "image_tokens": self.input_image_tokens,
                "text_tokens": self.input_text_tokens,
            },
            "output_tokens": self.output_tokens,
            "output_tokens_details": {
                "image_tokens": self.output_image_tokens,
                "text_tokens": self.output_text_tokens,
            },
            "total_tokens": self.total_tokens,
        }


@dataclass(frozen=True)
class TextUsage:
    """Tokens of a conversation's main model; `cached_input` are those of `input` that were read from its cache."""

    input: int = 0
    cached_input: int = 0
    output: int = 0
    is_estimated: bool = False

    def __add__(self, other: "TextUsage") -> "TextUsage":
        return TextUsage(
            self.input + other.input,
            self.cached_input + other.cached_input,
            self.output + other.output,
            self.is_estimated or other.is_estimated,
        )

    @classmethod
    def from_wire(cls, data: object) -> Self | None:
        """Read a response's usage (Responses or chat-shaped); None where it is missing, zero or impossibly large.

        Cached tokens that the details do not plainly give count as read anew: never too little.
        """
        if not isinstance(data, Mapping):
            return None
        output, _details = total_and_details(data, "output_tokens", "completion_tokens")
        input_, details = total_and_details(data, "input_tokens", "prompt_tokens")
        if output is None or input_ is None or not output + input_:
            return None
        cached = token_count(details.get("cached_tokens", 0)) or 0
        return cls(input_, cached if cached <= input_ else 0, output)

    def to_wire(self) -> dict[str, Any]:
        """The Responses API's shape."""
        return {
            "input_tokens": self.input,
            "input_tokens_details": {"cached_tokens": self.cached_input},
            "output_tokens": self.output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.input + self.output,
        }


def token_count(value: object) -> int | None:
    """A token count, or None for anything that is not one."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CALL_TOKENS
    return value if is_count else None  # type: ignore[return-value]


def total_and_details(data: Mapping[str, Any], name: str, chat_name: str) -> tuple[int | None, Mapping[str, Any]]:
    used = name if name in data else chat_name
    details = data.get(f"{used}_details")
    return token_count(data.get(used)), details if isinstance(details, Mapping) else {}


def split(total: int, details: Mapping[str, Any], *, first: str, second: str) -> tuple[int, int]:
    """Divide a total between two kinds: what the details do not plainly give to the second is the first's."""
    one, two = token_count(details.get(first, 0)), token_count(details.get(second, 0))
    given = two if one is not None and two is not None and one + two <= total else 0
    return (total - given, given)
