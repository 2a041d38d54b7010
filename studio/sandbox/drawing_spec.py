"""What a drawing has to be, with every `auto` resolved, and what the reply reports of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from studio.images import AUTO, ImageFile, ImageRequest, image_tokens, output_tokens

AUTO_SIZE = (1254, 1254)
"""What `auto` gives at real gateways (contract §1.3), although it is not a valid size to request."""

AUTO_QUALITY = "medium"


@dataclass(frozen=True, kw_only=True)
class EditSource:
    """What an edit starts from: the first image, the region that may change, and every file that was sent.

    `picture` and `region` are as the painter takes them; `region` is None without a mask. `image_field` is the form
    field that the images came in, None for JSON.
    """

    picture: Image.Image
    region: Image.Image | None
    images: tuple[ImageFile, ...]
    mask: ImageFile | None
    image_field: str | None

    def tokens(self) -> int:
        """The input tokens of the images; a mask is not counted (contract §3.3)."""
        return sum(image_tokens(*image.edges) for image in self.images)


@dataclass(frozen=True, kw_only=True)
class DrawingSpec:
    """What is to be drawn; the fields that begin with `reported_` are what the reply says.

    `n` is 0 where a main model answers in text alone. `sent_parameters` names the parameters that the caller sent,
    whatever their values. `offset` moves the pixels of an edit (fault `shift`).
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
    reported_size: str
    reported_quality: str
    reported_format: str
    reported_model: str | None = None
    source: EditSource | None = None
    sent_parameters: frozenset[str] = frozenset()
    offset: tuple[int, int] = (0, 0)

    @classmethod
    def from_request(
        cls,
        request: ImageRequest,
        *,
        seed: str,
        source: EditSource | None = None,
        sent_parameters: Iterable[str] = (),
    ) -> "DrawingSpec":
        """The specification for a valid request; `seed` is the caller's own request id or empty."""
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
            reported_size=f"{width}x{height}",
            reported_quality=quality,
            reported_format=request.output_format,
            source=source,
            sent_parameters=frozenset(sent_parameters),
        )

    @property
    def prompt_sha256(self) -> str:
        """The hex SHA-256 of the prompt, which is all that the billing log keeps of it."""
        return hashlib.sha256(self.prompt.encode()).hexdigest()

    @property
    def event_prefix(self) -> str:
        """The prefix of the names of its events."""
        return "image_edit" if self.source else "image_generation"

    def output_tokens(self) -> int:
        """The image tokens of all pictures by the public formula, without partial pictures."""
        return self.n * output_tokens(self.width, self.height, self.quality)

    def picture_seed(self, index: int) -> str:
        """The painter's seed for picture `index`: the caller's request id and the index.

        So a request without an id gives the same picture every time, and requests with ids of their own differ.
        """
        return f"{self.seed}/{index}"
