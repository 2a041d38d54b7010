"""Turns a drawing's specification into picture files, by calling the painter."""

from functools import lru_cache

from PIL import Image

from studio.sandbox.drawing_spec import DrawingSpec
from studio.sandbox.faults import without_fault_name
from studio.sandbox.painter import coarsen, encode, paint, repaint

CACHE_SIZE, CACHE_MAX_PIXELS = 8, 1_100_000
"""How many paintings are cached, and the most pixels that a cached one has."""


def _paint(spec: DrawingSpec, index: int) -> Image.Image:
    prompt, seed, size = without_fault_name(spec.prompt), spec.picture_seed(index), (spec.width, spec.height)
    if spec.source is None:
        function = _paint_cached if spec.width * spec.height <= CACHE_MAX_PIXELS else _paint_cached.__wrapped__
        return function(prompt, seed, *size, spec.quality)
    picture, region = spec.source.picture, spec.source.region
    return repaint(picture, region, prompt=prompt, seed=seed, size=size, quality=spec.quality, offset=spec.offset)


@lru_cache(CACHE_SIZE)
def _paint_cached(prompt: str, seed: str, width: int, height: int, quality: str) -> Image.Image:
    """The same arguments give the same picture, so the last ones are cached; no caller changes them."""
    return paint(prompt=prompt, seed=seed, width=width, height=height, quality=quality)


def render(spec: DrawingSpec, index: int) -> bytes:
    """Picture `index` as a file (blocking)."""
    return encode(_paint(spec, index), output_format=spec.output_format, compression=spec.compression)


def render_stages(spec: DrawingSpec) -> list[bytes]:
    """The partial pictures from coarse to fine, then the finished one, each a complete file at full size (blocking)."""
    image = _paint(spec, 0)
    stages = [coarsen(image, step, spec.partials) for step in range(spec.partials)]
    return [encode(stage, output_format=spec.output_format, compression=spec.compression) for stage in [*stages, image]]
