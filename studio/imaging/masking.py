"""Masks as pixels: read, checked against their picture, thresholded, encoded, fitted to another picture."""

import io
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.images import ImageFile, Problem
from studio.images.framing import Box
from studio.images.masks import (
    THRESHOLD,
    MaskFile,
    byte_count_problems,
    is_question,
    mask_problem,
    mask_problems,
    paint_problems,
    same_ratio,
)

from .colour import eight_bit
from .containers import STORED
from .decoding import Unreadable, open_picture, upright_transpose

type ChangedColour = Literal["black", "white"]


class UnusableMask(Exception):
    """A mask that cannot be used with a picture; `problems` says why, each with its sentence."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, eq=False, slots=True)
class PaintedMask:
    """Where a picture changes: `painted`, height × width, True for the pixels that change, False for the protected.

    `questions` are problems a person should confirm before it is used.
    """

    painted: NDArray[np.bool_]
    questions: tuple[Problem, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return (self.painted.shape[1], self.painted.shape[0])

    @property
    def share(self) -> float:
        """The painted share, 0 to 1."""
        return float(np.count_nonzero(self.painted)) / self.painted.size

    @property
    def box(self) -> Box:
        """The smallest box around all that is painted; empty at 0, 0 where nothing is."""
        return Box(*cv2.boundingRect(self.painted.view(np.uint8)))

    def png(self) -> bytes:
        """The mask as it is sent: RGBA, black, alpha 0 = change and 255 = keep, no other level."""
        levels = np.zeros((*self.painted.shape, 4), np.uint8)
        levels[..., 3] = np.where(self.painted, 0, 255)
        out = io.BytesIO()
        Image.fromarray(levels).save(out, "PNG", compress_level=6)
        return out.getvalue()

    def fitted(self, size: tuple[int, int]) -> "PaintedMask":
        """The mask for a picture of another size (width, height in px) and the same ratio; else raise UnusableMask."""
        if size == self.size:
            return self
        if not same_ratio(size, self.size):
            shown = {"mask": "{}×{}".format(*self.size), "picture": "{}×{}".format(*size)}
            raise UnusableMask([mask_problem("mask_of_other_ratio", **shown)])
        return self.resized(size)

    def resized(self, size: tuple[int, int]) -> "PaintedMask":
        """The mask scaled to a size by nearest neighbour, whatever its ratio."""
        levels = cv2.resize(self.painted.view(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
        painted = np.asarray(levels, np.uint8).view(np.bool_)
        return PaintedMask(painted, tuple(questions(painted)))


def read_mask(data: bytes, *, source: tuple[int, int], change: ChangedColour | None = None) -> PaintedMask:
    """Read a mask for a picture of `source` px, or raise UnusableMask with every rule it breaks.

    Without `change` it must be a PNG whose alpha says what changes. With it the file is a black and white picture of
    any format we take, and that colour changes.
    """
    if problems := byte_count_problems(len(data)):
        raise UnusableMask(problems)
    file, painted = decode_mask(data, change)
    problems = mask_problems(file, source=ImageFile(format="png", byte_count=0, width=source[0], height=source[1]))
    if refusals := [problem for problem in problems if not is_question(problem)]:
        raise UnusableMask(refusals)
    return PaintedMask(painted, tuple(problems))


def decode_mask(data: bytes, change: ChangedColour | None) -> tuple[MaskFile, NDArray[np.bool_]]:
    """What the bytes of a mask say, and where it is painted."""
    try:
        with open_picture(data) as image:
            format_name = STORED[str(image.format)] if change is None else "png"
            transpose = upright_transpose(image)
            image.load()
            has_alpha = change is not None or image.has_transparency_data
            painted = painted_pixels(image, change)
            painted = painted if transpose is None else np.asarray(Image.fromarray(painted).transpose(transpose))
    except Unreadable as error:
        code = "mask_unreadable" if error.kind != "not_a_picture" else "mask_format_unknown"
        raise UnusableMask([mask_problem(code)]) from None
    file = MaskFile(
        format=format_name,
        byte_count=len(data),
        width=painted.shape[1],
        height=painted.shape[0],
        has_alpha=has_alpha,
        painted_count=int(np.count_nonzero(painted)),
    )
    return file, painted


def painted_pixels(image: Image.Image, change: ChangedColour | None) -> NDArray[np.bool_]:
    if change is None:
        return np.asarray(image.convert("RGBA").getchannel("A")) < THRESHOLD
    levels = np.asarray(eight_bit(image).convert("RGB").convert("L"))
    return levels < THRESHOLD if change == "black" else levels >= THRESHOLD


def questions(painted: NDArray[np.bool_]) -> list[Problem]:
    height, width = painted.shape
    count = int(np.count_nonzero(painted))
    file = MaskFile(format="png", byte_count=0, width=width, height=height, has_alpha=True, painted_count=count)
    return [problem for problem in paint_problems(file) if is_question(problem)]
