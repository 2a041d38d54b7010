"""Adds up the usage that the events of one reply report.

Some gateways report a usage with each of several pictures, others repeat that of the whole call with each of them, or
send it again at the end.
"""

import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

from studio.images import Usage, output_tokens
from studio.images.prices import PARTIAL_TOKENS, QUALITY_FACTORS

MOST_PARTIALS = 3
ROUNDING = 0.03  # by which a formula's tokens may differ from those reported

type WireUsage = Mapping[str, Any]


class UsageTally:
    """The usage of a reply's parts, as it was sent."""

    def __init__(self) -> None:
        self._of_pictures: dict[int, WireUsage] = {}
        self._alone: WireUsage | None = None

    def add(self, usage: WireUsage | None, *, picture: str = "") -> None:
        """Add the usage of one part; `picture` is the text of its picture, so that a repeated part counts once."""
        if not usage:
            return
        if picture:
            self._of_pictures[hash(picture)] = usage
        else:
            self._alone = usage if self._alone is None else larger(self._alone, usage)

    def total(self, *, size: str | None = None, quality: str | None = None) -> WireUsage | None:
        """The usage of the whole reply, whose pictures are said to have this size and quality."""
        parts = list(self._of_pictures.values())
        if not parts:
            return self._alone
        is_repeated = all(part == parts[0] for part in parts) and covers_all(
            parts[0], count=len(parts), size=size, quality=quality
        )
        whole = parts[0] if is_repeated else reduce(added, parts)
        return whole if self._alone is None else larger(whole, self._alone)


def covers_all(usage: WireUsage, *, count: int, size: str | None, quality: str | None) -> bool:
    """Whether one usage is that of all the pictures of a call together, by what it says or by the formula."""
    if count == 1 or usage.get("images") == count:
        return True
    edges, read = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size or ""), Usage.from_wire(usage)
    if edges is None or read is None or quality not in QUALITY_FACTORS:
        return False
    drawn = count * output_tokens(int(edges[1]), int(edges[2]), quality, QUALITY_FACTORS)
    return drawn * (1 - ROUNDING) <= read.output_tokens <= drawn * (1 + ROUNDING) + MOST_PARTIALS * PARTIAL_TOKENS


def larger(one: WireUsage, other: WireUsage) -> WireUsage:
    """The usage that counts more tokens; the later one where they are equal."""
    return one if _sum(one) > _sum(other) else other


def added(one: Any, other: Any) -> Any:
    """Two usages added up, number by number; what is no number stays as it was first."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {name: added(one[name], other.get(name)) for name in one} | {
            name: other[name] for name in other if name not in one
        }
    is_number = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other))
    return one + other if is_number else (one if one is not None else other)


def _sum(usage: WireUsage) -> int:
    read = Usage.told(usage)
    return read.total_tokens if read else 0
