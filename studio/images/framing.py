"""How a picture of any size is sent to a model that draws only some sizes: crop, scale, pad, and the way back.

Integers throughout; a framing never changes proportions, and only one that `is_scaled` resamples.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import NamedTuple

from .edits import image_tokens
from .presets import edges_of, exact_sizes
from .prices import output_tokens
from .problems import Problem, gettext_noop
from .sizes import COMMON_RATIOS, MAX_EDGE, MAX_PIXELS, MAX_RATIO, MIN_PIXELS, STEP, Size, size_problems

_ = gettext_noop

MIN_CONTEXT = 64  # px around what is painted
CONTEXT_PARTS = 4  # a fourth of the painted box on every side
MUCH_LARGER = Fraction(4, 3)  # times the pixels the model draws at most
SMALL_BOX = Fraction(1, 4)  # of the picture's area

MESSAGES: dict[str, str] = {
    "precision_wide": _("The picture is longer than %(limit)s:1. Editing only the painted part keeps its detail."),
    "precision_large": _("The picture is larger than the model draws. Editing only the painted part keeps its detail."),
}

type Edges = tuple[int, int]


class Box(NamedTuple):
    """A rectangle in px, from its left top corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    def contains(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Sending: crop `box` from a picture of `source` px, scale it to `content`, pad it right and below to `requested`.

    Restoring: crop `content` from the top left corner of the result, scale it to the box and put it there. The picture
    that is sent has the size `requested` as well, which together with `input_tokens` decides its price.
    """

    source: Edges
    box: Box
    content: Edges
    requested: Size

    @property
    def padding(self) -> Edges:
        """Px of edge replication at the right and below."""
        return (self.requested.width - self.content[0], self.requested.height - self.content[1])

    @property
    def scale(self) -> Fraction:
        """Px drawn for a px of the source along its long edge."""
        return Fraction(max(self.content), max(self.box.width, self.box.height))

    @property
    def input_tokens(self) -> int:
        """Image input tokens of the picture that is sent, without its mask and further references."""
        return image_tokens(*self.requested.edges)

    @property
    def is_scaled(self) -> bool:
        return self.content != (self.box.width, self.box.height)

    @property
    def is_precise(self) -> bool:
        """Whether only a part of the source is sent."""
        return (self.box.width, self.box.height) != self.source


def whole_framing(width: int, height: int) -> Framing:
    """Frame a whole picture: padded to multiples of 16, and scaled by one factor only where that leaves the limits.

    Beyond 3:1 the short edge is padded until the ratio holds.
    """
    source = (width, height)
    requested = padded(source)
    content = source
    if size_problems(*requested):
        requested = padded(nearest_drawn(source))
        content = largest_inside((requested[0], requested[1]), ratio=source)
    return Framing(source=source, box=Box(0, 0, *source), content=content, requested=Size(*requested))


def padded(edges: Edges) -> Edges:
    """Both edges up to multiples of 16, the short one also up to a third of the long one."""
    longest = up_to_step(max(edges))
    least = up_to_step(-(-longest // MAX_RATIO))
    return (max(up_to_step(edges[0]), least), max(up_to_step(edges[1]), least))


def up_to_step(edge: int) -> int:
    return -(-edge // STEP) * STEP


def nearest_drawn(source: Edges) -> Edges:
    """The source scaled into the limits by the factor nearest to one, as its padded size sees them."""
    long, short = max(source), min(source)
    if exceeds(padded(source)):
        edge = min(MAX_EDGE, isqrt(MAX_PIXELS * long // short))
        while exceeds(padded(scaled_to(edge, source))):
            edge -= 1
    else:
        edge = min(long, isqrt(MIN_PIXELS * long // short) - STEP * MAX_RATIO)
        while falls_short(padded(scaled_to(edge, source))):
            edge += 1
    return scaled_to(edge, source)


def exceeds(edges: Edges) -> bool:
    return max(edges) > MAX_EDGE or edges[0] * edges[1] > MAX_PIXELS


def falls_short(edges: Edges) -> bool:
    return edges[0] * edges[1] < MIN_PIXELS


def scaled_to(edge: int, source: Edges) -> Edges:
    """The source with a long edge of `edge` px, the short one rounded half up, never to nothing."""
    edge, long, short = max(1, edge), max(source), min(source)
    other = max(1, (2 * edge * short + long) // (2 * long))
    return (edge, other) if source[0] >= source[1] else (other, edge)


def largest_inside(room: Edges, *, ratio: Edges) -> Edges:
    """The largest edges of a ratio that fit into `room`."""
    long_room, short_room = (room[0], room[1]) if ratio[0] >= ratio[1] else (room[1], room[0])
    edge = long_room
    while min(scaled_to(edge, ratio)) > short_room:
        edge -= 1
    return scaled_to(edge, ratio)


def precise_framing(width: int, height: int, painted: Box) -> Framing | None:
    """Frame only what is painted, with context, in a crop of exactly a common ratio; None where none fits.

    The crop is the smallest one of those ratios (the cheapest where they tie); the size is the smallest valid one of
    the ratio that has at least the crop's pixels, so that nothing is ever scaled down.
    """
    source = (width, height)
    wanted = with_context(painted, source)
    found = []
    for ratio in COMMON_RATIOS:
        crop = crop_edges(wanted, edges_of(ratio))
        requested = least_size(ratio, crop) if crop[0] <= width and crop[1] <= height else None
        if requested is not None:
            found.append((crop[0] * crop[1], output_tokens(*requested.edges, "medium"), crop, requested))
    if not found:
        return None
    _area, _tokens, crop, requested = min(found)
    box = Box(
        crop_start(painted.left, painted.width, crop[0], width),
        crop_start(painted.top, painted.height, crop[1], height),
        *crop,
    )
    return Framing(source=source, box=box, content=requested.edges, requested=requested)


def with_context(painted: Box, source: Edges) -> Edges:
    """The edges of a crop with context on every side: a fourth of the painted box, at least 64 px."""
    wanted = [edge + 2 * max(MIN_CONTEXT, -(-edge // CONTEXT_PARTS)) for edge in (painted.width, painted.height)]
    return (min(wanted[0], source[0]), min(wanted[1], source[1]))


def crop_edges(wanted: Edges, ratio: Edges) -> Edges:
    """The smallest edges of exactly this ratio that contain the wanted ones."""
    factor = max(-(-wanted[0] // ratio[0]), -(-wanted[1] // ratio[1]))
    return (ratio[0] * factor, ratio[1] * factor)


def least_size(ratio: str, crop: Edges) -> Size | None:
    """The smallest valid size of a ratio that is no smaller than a crop of the same ratio."""
    return next((size for size in valid_sizes(ratio) if size.width >= crop[0]), None)


@cache
def valid_sizes(ratio: str) -> tuple[Size, ...]:
    return tuple(exact_sizes(ratio))


def crop_start(start: int, length: int, room: int, limit: int) -> int:
    """Where a crop of `room` px begins: centred on what it contains, moved inwards at a border."""
    return min(max(0, start - (room - length) // 2), limit - room)


def precision_reason(width: int, height: int, painted: Box) -> Problem | None:
    """Why editing only the painted part should be proposed; None where it should not, or no part can be cropped.

    Proposed beyond 3:1, and for a box of at most a fourth of a picture far larger than the model draws.
    """
    if precise_framing(width, height, painted) is None:
        return None
    if max(width, height) > MAX_RATIO * min(width, height):
        return reason("precision_wide", limit=MAX_RATIO)
    is_small = painted.width * painted.height <= SMALL_BOX * width * height
    return reason("precision_large") if is_small and width * height >= MUCH_LARGER * MAX_PIXELS else None


def reason(code: str, **values: object) -> Problem:
    return Problem(param="size", code=code, message=MESSAGES[code], values=values)
