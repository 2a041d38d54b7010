"""Edit requests: the images and the mask that are sent with a prompt, and the rules they must keep."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .prices import REFERENCE_TOKENS
from .problems import Problem, gettext_noop
from .requests import ImageRequest

_ = gettext_noop

MAX_IMAGES = 16
MAX_IMAGE_BYTES = 50_000_000  # an image or a mask must stay below
IMAGE_FORMATS = ("png", "jpeg", "webp")
MASK_FORMAT = "png"
MEGABYTE = 1_000_000  # as people read a file's size
NOT_IN_MULTIPART = ("moderation",)  # the API lists it for JSON edits only

PATCH, LONG_EDGE, MAX_UPSCALE = 32, 1024, 2  # px, px, factor: how an input image is divided into patches

EDIT_MESSAGES: dict[str, str] = {
    "images_missing": _("Choose a picture to change."),
    "images_too_many": _("Send at most %(limit)s pictures; these are %(count)s."),
    "image_format_unknown": _("Picture %(number)s is no PNG, JPEG or WebP file."),
    "image_too_heavy": _("Picture %(number)s has %(size)s MB; a picture must have less than %(limit)s MB."),
    "mask_format_unknown": _("A mask must be a PNG file."),
    "mask_without_alpha": _("The mask has no transparency, so it does not say what may change."),
    "mask_too_heavy": _("The mask has %(size)s MB; it must have less than %(limit)s MB."),
    "mask_of_other_size": _("The mask has %(mask)s pixels and the picture %(picture)s; they must be equally large."),
    "mask_of_other_format": _("With a mask, the first picture must be a PNG file as well."),
}


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """A file to send, as its own bytes describe it: format (`png`, `jpeg`, …), size in bytes, edges in px."""

    format: str
    byte_count: int
    width: int
    height: int
    has_alpha: bool = False

    @property
    def edges(self) -> tuple[int, int]:
        return self.width, self.height


@dataclass(frozen=True, kw_only=True)
class EditRequest(ImageRequest):
    """What POST /v1/images/edits takes; the first image is the one changed, the mask says where.

    It has no `input_fidelity`, which gpt-image-2 refuses, and always names its size, for which the API's two
    encodings have different defaults.
    """

    images: tuple[ImageFile, ...] = ()
    mask: ImageFile | None = None

    @property
    def references(self) -> int:
        """How many images are sent, as `estimate` and `ceiling` count them; nothing is known of masks being billed."""
        return len(self.images)

    def problems(self) -> list[Problem]:
        """Every rule this request breaks (API reference, "Create image edit"); empty when there is none."""
        return [*super().problems(), *image_problems(self.images), *mask_problems(self.mask, self.images)]

    def to_fields(self) -> dict[str, str]:
        """The text fields of a multipart body, `size` always among them."""
        wire = {name: value for name, value in self.to_wire().items() if name not in NOT_IN_MULTIPART}
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in wire.items()}


def image_problems(images: Sequence[ImageFile]) -> list[Problem]:
    """What is wrong with the images to send: 1 to 16 PNG, JPEG or WebP files below 50 MB each."""
    found = []
    if not images:
        found.append(_problem("image", "images_missing"))
    if len(images) > MAX_IMAGES:
        found.append(_problem("image", "images_too_many", limit=MAX_IMAGES, count=len(images)))
    for number, image in enumerate(images, 1):
        if image.format not in IMAGE_FORMATS:
            found.append(_problem("image", "image_format_unknown", number=number))
        if image.byte_count >= MAX_IMAGE_BYTES:
            found.append(_problem("image", "image_too_heavy", number=number, **_size_values(image)))
    return found


def mask_problems(mask: ImageFile | None, images: Sequence[ImageFile]) -> list[Problem]:
    """What is wrong with a mask: a PNG with alpha below 50 MB, of the first image's size and format."""
    if mask is None:
        return []
    found = []
    if mask.format != MASK_FORMAT:
        found.append(_problem("mask", "mask_format_unknown"))
    elif not mask.has_alpha:
        found.append(_problem("mask", "mask_without_alpha"))
    if mask.byte_count >= MAX_IMAGE_BYTES:
        found.append(_problem("mask", "mask_too_heavy", **_size_values(mask)))
    if images and mask.edges != images[0].edges:
        found.append(_problem("mask", "mask_of_other_size", mask=_edges(mask), picture=_edges(images[0])))
    if images and mask.format == MASK_FORMAT and images[0].format != MASK_FORMAT:
        found.append(_problem("mask", "mask_of_other_format"))
    return found


def image_tokens(width: int, height: int) -> int:
    """Input tokens of an image of any width and height in px that is sent along, 1,536 at most.

    Patches of 32 px, as readers of real bills found; OpenAI publishes no rule for gpt-image-2.
    """
    upscaled = max(1.0, min(MAX_UPSCALE, LONG_EDGE / max(width, height)))
    across, down = width * upscaled / PATCH, height * upscaled / PATCH
    if _patches(across, down) > REFERENCE_TOKENS:
        downscaled = math.sqrt(REFERENCE_TOKENS / (across * down))
        across, down = across * downscaled, down * downscaled
        rounding = min(_whole_patches(across) / across, _whole_patches(down) / down)
        across, down = across * rounding, down * rounding
    return min(_patches(across, down), REFERENCE_TOKENS)


def _patches(across: float, down: float) -> int:
    return math.ceil(round(across, 6)) * math.ceil(round(down, 6))


def _whole_patches(patches: float) -> int:
    return max(1, math.floor(round(patches, 6)))


def _size_values(image: ImageFile) -> dict[str, object]:
    return {"size": -(-image.byte_count // MEGABYTE), "limit": MAX_IMAGE_BYTES // MEGABYTE}


def _edges(image: ImageFile) -> str:
    return f"{image.width}×{image.height}"


def _problem(param: str, code: str, **values: object) -> Problem:
    return Problem(param=param, code=code, message=EDIT_MESSAGES[code], values=values)
