"""Whether what came is what was asked for, as far as anybody can tell."""

from collections.abc import Mapping
from typing import Any

from .prices import PARTIAL_TOKENS, output_tokens
from .sizes import AUTO

SILENT = ("", AUTO)  # what a gateway says when it says nothing


def unfulfilled(asked: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    """The names of what is other or less than asked for: `model`, `size`, `quality`, `output_format`, …, `n`.

    What was left to the model is right whatever it is, and what nobody tells is taken to be.
    """
    told = [name for name in asked if str(got.get(name) or "") not in SILENT]
    return [name for name in told if not fulfils(name, str(got[name]), asked=str(asked[name]))]


def fulfils(name: str, got: str, *, asked: str) -> bool:
    """A model's snapshot or a gateway's name for it (`gpt-image-2-codex`) is that model; more pictures are no fewer."""
    if asked in SILENT or got == asked:
        return True
    if name == "n":
        return int(got) >= int(asked)
    return name == "model" and got.startswith(f"{asked}-")


def quality_by_tokens(tokens: int, *, width: int, height: int, partials: int, factors: Mapping[str, int]) -> str | None:
    """The quality that a picture of this size, in px, was drawn at, by its output tokens; None where none fits.

    At most `partials` partial pictures are billed with it.
    """
    for quality in factors:
        drawn = output_tokens(width, height, quality, factors)
        if any(tokens == drawn + count * PARTIAL_TOKENS for count in range(partials + 1)):
            return quality
    return None
