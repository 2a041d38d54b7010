"""The sizes gpt-image-2 draws (API guide, "Size Constraints"), and the nearest of them to any wish."""

import math
from dataclasses import dataclass
from fractions import Fraction

from .problems import Problem, problem

AUTO = "auto"

STEP = 16  # px; both edges are multiples of it
MAX_EDGE = 3840  # px
MAX_RATIO = 3  # long : short
MIN_PIXELS = 655_360
MAX_PIXELS = 8_294_400
LARGE_PIXELS = 3_686_400  # 2560×1440; what lies above is experimental
COMMON_RATIOS = (
    "1:1",
    "3:2",
    "2:3",
    "4:3",
    "3:4",
    "16:9",
    "9:16",
    "21:9",
    "9:21",
    "3:1",
    "1:3",
    "5:4",
    "4:5",
    "2:1",
    "1:2",
)


class InvalidSize(ValueError):
    """A width and height the model does not draw; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


def size_problems(width: int, height: int) -> list[Problem]:
    """Every rule that a width and height in px break; empty when the model draws that size."""
    if width <= 0 or height <= 0:
        return [problem("size", "size_not_a_size")]
    edges = dict.fromkeys((width, height))
    found = [problem("size", "size_not_multiple", edge=edge, step=STEP) for edge in edges if edge % STEP]
    shown = {"width": width, "height": height}
    if max(width, height) > MAX_EDGE:
        found.append(problem("size", "size_edge_too_long", edge=max(width, height), limit=MAX_EDGE))
    if max(width, height) > MAX_RATIO * min(width, height):
        found.append(problem("size", "size_ratio_too_wide", limit=MAX_RATIO, **shown))
    if width * height < MIN_PIXELS:
        found.append(problem("size", "size_too_few_pixels", limit=f"{MIN_PIXELS:,}", **shown))
    if width * height > MAX_PIXELS:
        found.append(problem("size", "size_too_many_pixels", limit=f"{MAX_PIXELS:,}", **shown))
    return found


@dataclass(frozen=True, order=True)
class Size:
    """A width and height in px that the model draws; any other raises InvalidSize."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if problems := size_problems(self.width, self.height):
            raise InvalidSize(problems)

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read "1536x1024"; raise InvalidSize for every other form."""
        width, separator, height = text.partition("x")
        digits = width + height
        is_size = bool(separator and width and height and digits.isascii() and digits.isdigit() and len(digits) <= 12)
        if not is_size:
            raise InvalidSize([problem("size", "size_not_a_size")])
        return cls(int(width), int(height))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def megapixels(self) -> float:
        return self.pixels / 1_000_000

    @property
    def ratio(self) -> Fraction:
        return Fraction(self.width, self.height)

    @property
    def ratio_label(self) -> str:
        """The ratio by its common name, such as 3:2 or 16:9, else as 1.55:1."""
        return ratio_label(self.width, self.height)

    @property
    def is_large(self) -> bool:
        return is_large(self.width, self.height)


def is_large(width: int, height: int) -> bool:
    return width * height > LARGE_PIXELS


def ratio_label(width: int, height: int) -> str:
    for name in COMMON_RATIOS:
        across, down = map(int, name.split(":"))
        if width * down == height * across:
            return name
    long, short = max(width, height), min(width, height)
    hundredths = (200 * long + short) // (2 * short)
    text = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return f"{text}:1" if width >= height else f"1:{text}"


# ── The nearest size ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Snap:
    """The nearest size to a wish, and why it differs from it (no reasons when it does not)."""

    size: Size
    reasons: tuple[Problem, ...] = ()


def nearest_size(width: int, height: int) -> Snap:
    """Clamp the ratio, scale into the limits, round each edge to 16 halves up, step the long edge where a limit breaks.

    Takes any integers; those below 1 count as 1.
    """
    wish = (max(1, width), max(1, height))
    if not size_problems(*wish):
        return Snap(Size(*wish))
    reasons: list[Problem] = []
    clamped = clamp_ratio(wish)
    if clamped != wish:
        reasons.append(whole_reason("snapped_ratio", wish, clamped, limit=MAX_RATIO))
    scaled = scale(clamped)
    is_scaled = (scaled[0], scaled[1]) != (Fraction(clamped[0]), Fraction(clamped[1]))
    if is_scaled:
        code = "snapped_down" if scaled[0] < clamped[0] else "snapped_up"
        reasons.append(whole_reason(code, clamped, (half_up(scaled[0]), half_up(scaled[1]))))
    rounded = (to_step(scaled[0]), to_step(scaled[1]))
    if not is_scaled:
        changed = {before: after for before, after in zip(clamped, rounded, strict=True) if before != after}
        reasons += [
            problem("size", "snapped_to_multiple", edge=before, step=STEP, result=after)
            for before, after in changed.items()
        ]
    stepped = step_into_limits(rounded)
    if stepped != rounded:
        at = 0 if stepped[0] != rounded[0] else 1
        reasons.append(problem("size", "snapped_step", edge=rounded[at], result=stepped[at]))
    if not reasons or str(reasons[-1].values.get("result")) != shown(stepped):
        reasons = finish(reasons, stepped)
    return Snap(Size(*stepped), tuple(reasons))


def finish(reasons: list[Problem], size: tuple[int, int]) -> list[Problem]:
    """Let reasons about the whole size end in the size that was reached, so that the sentence is true."""
    last = reasons[-1]
    if last.code in ("snapped_ratio", "snapped_down", "snapped_up"):
        reasons[-1] = problem("size", last.code, **{**last.values, "result": shown(size)})
    return reasons


def shown(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def whole_reason(code: str, before: tuple[int, int], after: tuple[int, int], **values: object) -> Problem:
    return problem("size", code, width=before[0], height=before[1], result=shown(after), **values)


def clamp_ratio(wish: tuple[int, int]) -> tuple[int, int]:
    """Shorten the long edge to three times the short one."""
    longest = MAX_RATIO * min(wish)
    return (min(wish[0], longest), min(wish[1], longest))


def scale(size: tuple[int, int]) -> tuple[Fraction, Fraction]:
    """Scale both edges by one factor so that edge and pixel limits hold."""
    width, height = size
    pixels, factor = width * height, Fraction(1)
    if pixels > MAX_PIXELS:
        factor = root_down(MAX_PIXELS, pixels)
    elif pixels < MIN_PIXELS:
        factor = root_up(MIN_PIXELS, pixels)
    factor = min(factor, Fraction(MAX_EDGE, max(size)))
    return (width * factor, height * factor)


ROOT_SCALE = 10**6


def root_down(over: int, under: int) -> Fraction:
    return Fraction(math.isqrt(over * ROOT_SCALE**2 // under), ROOT_SCALE)


def root_up(over: int, under: int) -> Fraction:
    return Fraction(math.isqrt(over * ROOT_SCALE**2 // under) + 1, ROOT_SCALE)


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def to_step(value: Fraction) -> int:
    return max(STEP, half_up(value / STEP) * STEP)


def step_into_limits(size: tuple[int, int]) -> tuple[int, int]:
    """Shorten or lengthen the long edge by steps until every limit holds."""
    short, long = sorted(size)
    while long > MAX_EDGE or long > MAX_RATIO * short or short * long > MAX_PIXELS:
        long -= STEP
    while short * long < MIN_PIXELS and long + STEP <= min(MAX_EDGE, MAX_RATIO * short):
        long += STEP
    while short * long < MIN_PIXELS:
        short += STEP
    return (long, short) if size[0] >= size[1] else (short, long)
