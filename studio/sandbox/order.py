"""What is to be drawn, with every `auto` settled, and what the reply will say was drawn."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from studio.images import AUTO, ImageFile, ImageRequest, image_tokens, output_tokens

AUTO_SIZE = (1254, 1254)
"""What `auto` really comes out as at gateways (contract §1.3), though no valid size itself."""

AUTO_QUALITY = "medium"


IN_PROMPT = re.compile(r"\bsandbox:([a-z0-9]+(?:-[a-z0-9]+)*)", re.IGNORECASE)
"""The name of a fault in a prompt."""


def without_name(prompt: str) -> str:
    """The words of a prompt that are to be painted: a fault's name is none of them."""
    return IN_PROMPT.sub("", prompt)


@dataclass(frozen=True, kw_only=True)
class Original:
    """What an edit starts from: the first image in RGB, where it may change, and every file that was sent.

    `region` is white where the mask is fully transparent, None without a mask; `image_field` is the form field that the
    images came in, None for JSON.
    """

    picture: Image.Image
    region: Image.Image | None
    images: tuple[ImageFile, ...]
    mask: ImageFile | None
    image_field: str | None

    def tokens(self) -> int:
        """The input tokens of its images; a mask is not counted, as nobody knows whether it is (contract §3.3)."""
        return sum(image_tokens(*image.edges) for image in self.images)


@dataclass(frozen=True, kw_only=True)
class Order:
    """A drawing to be made; what begins with `told_` is what the reply will say of it.

    `sent` names the parameters the caller wrote, whatever their values; `n` pictures are drawn, none where a main model
    answers in words alone.
    """

    prompt: str
    seed: str
    model: str
    width: int
    height: int
    quality: str
    output_format: str
    compression: int | None
    n: int
    stream: bool
    partials: int
    user: str | None
    told_size: str
    told_quality: str
    told_format: str
    told_model: str | None = None
    original: Original | None = None
    sent: frozenset[str] = frozenset()
    offset: tuple[int, int] = (0, 0)

    @classmethod
    def of(
        cls,
        request: ImageRequest,
        *,
        seed: str,
        original: Original | None = None,
        sent: Iterable[str] = (),
    ) -> "Order":
        """Settle a valid request; `seed` is the caller's own request id, or empty, `original` what an edit changes."""
        width, height = request.edges or AUTO_SIZE
        quality = AUTO_QUALITY if request.quality == AUTO else request.quality
        return cls(
            prompt=request.prompt.encode("utf-8", "replace").decode(),
            seed=seed,
            model=request.model,
            width=width,
            height=height,
            quality=quality,
            output_format=request.output_format,
            compression=request.output_compression,
            n=request.n,
            stream=request.stream,
            partials=request.partial_images if request.stream else 0,
            user=request.user,
            told_size=f"{width}x{height}",
            told_quality=quality,
            told_format=request.output_format,
            original=original,
            sent=frozenset(sent),
        )

    @property
    def prompt_sha256(self) -> str:
        """The hex SHA-256 of the prompt, which is all the billing log keeps of it."""
        return hashlib.sha256(self.prompt.encode()).hexdigest()

    @property
    def event(self) -> str:
        """What its events' names begin with."""
        return "image_edit" if self.original else "image_generation"

    def output_tokens(self) -> int:
        """The image tokens of all its pictures by the formula, partial ones not counted."""
        return self.n * output_tokens(self.width, self.height, self.quality)

    def seed_of(self, index: int) -> str:
        """The painter's seed for picture `index` of this order: the caller's request id and the index, no more.

        A bare request therefore paints the same picture every time, while jobs that carry ids of their own differ.
        """
        return f"{self.seed}/{index}"
