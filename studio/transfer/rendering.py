"""The file of a download: a stored picture in another format or size, compressed anew only where it must be."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from PIL import Image

from studio.core.refusals import Refusal
from studio.imaging.alpha import WHITE
from studio.imaging.colour import eight_bit
from studio.imaging.containers import MAX_EDGE, MAX_PIXELS
from studio.imaging.decoding import WEBP_MAX_EDGE, open_picture, orientation, upright_transpose
from studio.imaging.metadata_stripping import MalformedFile

from .embedding import embedded
from .recipes import Recipe

AT_ONCE = 2  # conversions in a process; one of 40 megapixels takes up to half a gigabyte
PATIENCE = 20.0  # seconds that one waits for its turn
JPEG_QUALITY, WEBP_QUALITY = 92, 90
MAX_EDGES = {"png": MAX_EDGE, "jpeg": MAX_EDGE, "webp": WEBP_MAX_EDGE}
_turns = threading.BoundedSemaphore(AT_ONCE)


class Busy(Refusal):
    """Too many pictures are being converted."""

    status: ClassVar[int] = 503
    retry_after = 10.0

    @property
    def sentence(self) -> str:
        return _("Many pictures are being converted right now. Try again in a moment.")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a download is to be: "png" | "jpeg" | "webp", px, and what is written beside the pixels."""

    format: str
    size: tuple[int, int]
    dpi: float | None = None
    recipe: Recipe | None = None

    @property
    def is_possible(self) -> bool:
        """Whether the format can hold this size, and the studio make it."""
        return max(self.size) <= MAX_EDGES[self.format] and self.size[0] * self.size[1] <= MAX_PIXELS


def rendered(data: bytes, rendering: Rendering, *, ground: str = "") -> bytes:
    """The file of a download from a stored picture's bytes (takes up to some seconds).

    `ground` ("#rrggbb") is what transparent parts stand on in a JPEG. Raise Unreadable, Busy or RecipeTooLong.
    """
    beside = {"recipe": rendering.recipe, "dpi": rendering.dpi}
    if is_stored_so(data, rendering):
        try:
            return embedded(data, rendering.format, **beside)  # type: ignore[arg-type]
        except MalformedFile:
            pass  # it can be decoded all the same
    with taking_turns():
        return embedded(converted(data, rendering, ground=ground), rendering.format, **beside)  # type: ignore[arg-type]


def is_stored_so(data: bytes, rendering: Rendering) -> bool:
    """Whether the stored pixels need not be compressed again."""
    with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as image:
        is_upright = orientation(image) == 1
        return is_upright and str(image.format).lower() == rendering.format and image.size == rendering.size


@contextmanager
def taking_turns() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        _turns.release()


def converted(data: bytes, rendering: Rendering, *, ground: str) -> bytes:
    with open_picture(data) as image:
        transpose, profile = upright_transpose(image), image.info.get("icc_profile")
        image.load()
        plain = eight_bit(image)
        plain = plain if transpose is None else plain.transpose(transpose)
        if plain.mode == "CMYK":
            plain, profile = plain.convert("RGB"), None
        if rendering.format == "jpeg" and plain.mode in ("LA", "RGBA"):
            profile = profile if plain.mode == "RGBA" else None
            plain = standing_on(plain, ground or WHITE)
        if rendering.format == "webp" and plain.mode not in ("RGB", "RGBA"):
            plain, profile = plain.convert("RGBA" if plain.mode == "LA" else "RGB"), None
        if plain.size != rendering.size:
            plain = plain.resize(rendering.size, Image.Resampling.LANCZOS)
        plain.info = {}
        out = io.BytesIO()
        plain.save(out, rendering.format.upper(), icc_profile=profile, **OPTIONS[rendering.format])
        return out.getvalue()


def standing_on(image: Image.Image, ground: str) -> Image.Image:
    """The picture on a plain colour, without alpha."""
    below = Image.new("RGB", image.size, ground)
    below.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return below


OPTIONS: dict[str, dict[str, int]] = {
    "png": {"compress_level": 6},
    "jpeg": {"quality": JPEG_QUALITY, "subsampling": 0},
    "webp": {"quality": WEBP_QUALITY, "method": 4},
}
