"""The sizes gpt-image-2 draws (API guide, "Size Constraints")."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import log

from .problems import Problem, problem

AUTO = "auto"

STEP = 16  # px; both edges are multiples of it
MAX_EDGE = 3840  # px
MAX_RATIO = 3  # long : short
MIN_PIXELS = 655_360
MAX_PIXELS = 8_294_400
LARGE_PIXELS = 3_686_400  # 2560×1440; what lies above is experimental
LONGEST_INPUT = 10**9  # px; a longer edge is not read as a size
TIER_EDGES = (("1K", 1024), ("2K", 2048))  # longest edge in px; beyond is "4K"
SIZE_PATTERN = re.compile(r"([1-9][0-9]{0,8})x([1-9][0-9]{0,8})")
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
    if not (0 < width <= LONGEST_INPUT and 0 < height <= LONGEST_INPUT):
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
        match = SIZE_PATTERN.fullmatch(text)
        if match is None:
            raise InvalidSize([problem("size", "size_not_a_size")])
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def edges(self) -> tuple[int, int]:
        return self.width, self.height

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


def nearest_ratio(width: int, height: int) -> str:
    """The common ratio that is nearest to that of a picture in px."""

    def distance(name: str) -> float:
        across, down = map(int, name.split(":"))
        return abs(log(width * down / (height * across)))

    return min(COMMON_RATIOS, key=distance)


def size_tier(size: object) -> str:
    """The tier in which gateways bill a size that bill by the picture, by its long edge; 2K for one not known yet."""
    edges = [int(edge) for edge in str(size).split("x") if edge.isascii() and edge.isdecimal()]
    if len(edges) != 2:
        return "2K"
    return next((tier for tier, longest in TIER_EDGES if max(edges) <= longest), "4K")
