"""Whether a received picture is what was requested, as far as the reply and the bytes tell."""

from collections.abc import Mapping
from typing import Any

from .prices import PARTIAL_TOKENS, output_tokens
from .sizes import AUTO

NOT_STATED = ("", AUTO)  # values by which a gateway states nothing


def unfulfilled(requested: Mapping[str, Any], received: Mapping[str, Any]) -> list[str]:
    """The parameters whose received value is other or less than requested: `model`, `size`, `quality`, …, `n`.

    A value of `auto` accepts everything, and a parameter that was not received counts as fulfilled.
    """
    known = [name for name in requested if str(received.get(name) or "") not in NOT_STATED]
    return [name for name in known if not fulfils(name, str(received[name]), requested=str(requested[name]))]


def fulfils(name: str, received: str, *, requested: str) -> bool:
    """Whether one received value fulfils the requested one.

    A snapshot of a model or a gateway's name for it (`gpt-image-2-codex`) is that model; more pictures than requested
    fulfil `n`.
    """
    if requested in NOT_STATED or received == requested:
        return True
    if name == "n":
        return int(received) >= int(requested)
    return name == "model" and received.startswith(f"{requested}-")


def quality_by_tokens(tokens: int, *, width: int, height: int, partials: int, factors: Mapping[str, int]) -> str | None:
    """The quality that a picture of this size, in px, was drawn at, by its output tokens; None where none fits.

    At most `partials` partial pictures are billed with it.
    """
    for quality in factors:
        drawn = output_tokens(width, height, quality, factors)
        if any(tokens == drawn + count * PARTIAL_TOKENS for count in range(partials + 1)):
            return quality
    return None
