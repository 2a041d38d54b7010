"""What a mask is: alpha 0 marks what changes, alpha 255 what stays (API guide, "Edits")."""

from dataclasses import dataclass

from . import edits
from .edits import EDIT_MESSAGES, MAX_IMAGE_BYTES, MEGABYTE, ImageFile
from .problems import Problem, gettext_noop

_ = gettext_noop

THRESHOLD = 128  # alpha below it counts as painted; the model does not read the levels between reliably
TINY_SHARE = 0.0005  # of the picture; a smaller painted area is most likely a mistake

MASK_MESSAGES: dict[str, str] = {
    "mask_unreadable": _("The mask cannot be read: it is damaged, moving or far too large."),
    "mask_of_other_ratio": _("The mask has %(mask)s pixels and the picture %(picture)s; their shapes differ."),
    "mask_all_opaque": _("Nothing is painted yet. Paint where the picture should change."),
    "mask_all_transparent": _("The whole picture is painted, so nothing of it would be kept. Is that what you want?"),
    "mask_tiny": _("Only %(count)s pixels are painted. Is that what you want?"),
}
# Problems that a person confirms or corrects; they refuse nothing.
QUESTION_CODES = frozenset({"mask_all_transparent", "mask_tiny"})


@dataclass(frozen=True, kw_only=True)
class MaskFile(ImageFile):
    """A mask as its own bytes describe it; `painted_count` is how many of its pixels have an alpha below 128."""

    painted_count: int

    @property
    def share(self) -> float:
        """The painted share of the mask, 0 to 1."""
        return self.painted_count / (self.width * self.height)


def mask_problems(mask: MaskFile, *, source: ImageFile) -> list[Problem]:
    """Every rule a mask breaks for the picture it belongs to; those that `is_question` may be confirmed."""
    return [*edits.mask_problems(mask, [source]), *paint_problems(mask)]


def paint_problems(mask: MaskFile) -> list[Problem]:
    """Problems of the painted area itself, whatever the size; none where the mask has no alpha."""
    if not mask.has_alpha:
        return []
    if not mask.painted_count:
        return [mask_problem("mask_all_opaque")]
    if mask.painted_count == mask.width * mask.height:
        return [mask_problem("mask_all_transparent")]
    return [mask_problem("mask_tiny", count=f"{mask.painted_count:,}")] if mask.share < TINY_SHARE else []


def mask_problem(code: str, **values: object) -> Problem:
    return Problem(param="mask", code=code, message=(EDIT_MESSAGES | MASK_MESSAGES)[code], values=values)


def byte_count_problems(byte_count: int) -> list[Problem]:
    """Whether a mask has too many bytes, before it is decoded."""
    if byte_count < MAX_IMAGE_BYTES:
        return []
    return [mask_problem("mask_too_heavy", size=-(-byte_count // MEGABYTE), limit=MAX_IMAGE_BYTES // MEGABYTE)]


def is_question(problem: Problem) -> bool:
    """Whether a person may confirm it instead of painting again."""
    return problem.code in QUESTION_CODES


def same_ratio(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one size is the other one scaled by one factor, give or take a pixel of rounding."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(*one, *other)
