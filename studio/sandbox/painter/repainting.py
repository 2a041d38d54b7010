"""Edits a picture. As with the real model, it also changes slightly where it should have stayed the same."""

import hashlib
import random
from statistics import NormalDist

from PIL import Image, ImageChops

from studio.sandbox.painter.canvas import Box, soften
from studio.sandbox.painter.painting import add_caption, paint_scene

MAX_COLOUR_DRIFT = 15
"""Levels (0–255) by which the colours of an edited picture drift at most."""

GRAIN_SIGMA = 2.0
"""Standard deviation, in levels, of the noise added to every pixel."""

MAX_RATIO, MIN_EDGE = 3, 256
"""The widest aspect ratio and the shortest edge in px of a painted scene."""

_GRAIN = [round(128 + GRAIN_SIGMA * NormalDist().inv_cdf((value + 0.5) / 256)) for value in range(256)]


def repaint(
    source: Image.Image,
    region: Image.Image | None,
    *,
    prompt: str,
    seed: str,
    size: tuple[int, int],
    quality: str,
    offset: tuple[int, int] = (0, 0),
) -> Image.Image:
    """An RGB picture of `size` made from an RGB source: new where `region` (L) is white, everywhere without one.

    It drifts by more than 8 levels in places outside the region too. `offset` moves the whole in px. The same
    arguments give the same pixels.
    """
    rng = random.Random(hashlib.sha256(f"edit {seed}\n{prompt}".encode("utf-8", "replace")).digest())  # noqa: S311
    base = source if source.size == size else source.resize(size, Image.Resampling.BICUBIC)
    if region is None:
        half = paint_scene(prompt=prompt, seed=seed, width=size[0] // 2, height=size[1] // 2, quality=quality)
        image = _drifted(_recoloured(base, half), rng)
        add_caption(image, prompt)
    else:
        image = _drifted(base, rng)
        _fill(image, region.resize(size, Image.Resampling.NEAREST), prompt=prompt, seed=seed, quality=quality)
    return _moved(image, offset)


def source_picture(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A decoded file as a source for `repaint`: RGB, scaled to `size`, on white where it was transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    scaled = image.convert("RGBA").resize(size, Image.Resampling.BICUBIC)
    return Image.alpha_composite(Image.new("RGBA", size, "white"), scaled).convert("RGB")


def editable_region(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A decoded mask with alpha as a region for `repaint`: white where it is fully transparent, scaled to `size`."""
    transparent = mask.getchannel("A").point([255] + [0] * 255)
    return transparent.resize(size, Image.Resampling.NEAREST)


def _recoloured(base: Image.Image, half: Image.Image) -> Image.Image:
    """The source's lightness and shapes in the colours of a scene painted at half the size."""
    bands = base.convert("YCbCr").split()
    others = [band.resize(base.size, Image.Resampling.BILINEAR) for band in half.convert("YCbCr").split()]
    shares = (0.22, 0.7, 0.7)
    blended = [Image.blend(band, other, share) for band, other, share in zip(bands, others, shares, strict=True)]
    return Image.merge("YCbCr", blended).convert("RGB")


def _fill(image: Image.Image, region: Image.Image, *, prompt: str, seed: str, quality: str) -> None:
    """Paint the prompt's scene into the region, with a soft edge."""
    box = region.getbbox()
    if box:
        new = _scene_in(box, prompt=prompt, seed=seed, quality=quality)
        image.paste(new, box, soften(region.crop(box), max(1.0, min(image.size) / 500)))


def _scene_in(box: Box, *, prompt: str, seed: str, quality: str) -> Image.Image:
    """A whole scene as large as a box, painted in the nearest shape that scenes have."""
    width, height = box[2] - box[0], box[3] - box[1]
    shape = max(width, -(-height // MAX_RATIO)), max(height, -(-width // MAX_RATIO))
    scale = max(1.0, MIN_EDGE / min(shape))
    edges = round(shape[0] * scale), round(shape[1] * scale)
    whole = paint_scene(prompt=prompt, seed=seed, width=edges[0], height=edges[1], quality=quality)
    if whole.size == (width, height):
        return whole
    left, top = max(0.0, (edges[0] - width * scale) / 2), max(0.0, (edges[1] - height * scale) / 2)
    part = left, top, min(edges[0], left + width * scale), min(edges[1], top + height * scale)
    return whole.resize((width, height), Image.Resampling.BICUBIC, box=part)


def _drifted(image: Image.Image, rng: random.Random) -> Image.Image:
    """The same picture rendered anew: its colours drift slowly across it, and every pixel has new noise."""
    bands = []
    for band in image.split():
        shifted = ImageChops.add(band, _drift_map(rng, image.size), 1, -128)
        noise = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height)).point(_GRAIN)
        bands.append(ImageChops.add(shifted, noise, 1, -128))
    return Image.merge("RGB", bands)


def _drift_map(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """Smooth offsets around 128; at least one place each reaches the largest drift up and down."""
    steps = [rng.uniform(-0.7, 0.7) for _ in range(20)]
    highest, deepest = rng.sample(range(20), 2)
    steps[highest], steps[deepest] = 1.0, -1.0
    grid = Image.frombytes("L", (5, 4), bytes(round(128 + MAX_COLOUR_DRIFT * step) for step in steps))
    return grid.resize(size, Image.Resampling.BICUBIC)


def _moved(image: Image.Image, offset: tuple[int, int]) -> Image.Image:
    """The picture moved in px; its edge pixels fill the gap."""
    if offset == (0, 0):
        return image
    (width, height), (right, down) = image.size, offset
    moved = ImageChops.offset(image, right, down)
    if right:
        edge = image.crop((0, 0, 1, height) if right > 0 else (width - 1, 0, width, height))
        moved.paste(edge.resize((abs(right), height)), (0 if right > 0 else width + right, 0))
    if down:
        edge = moved.crop((0, down, width, down + 1) if down > 0 else (0, height + down - 1, width, height + down))
        moved.paste(edge.resize((width, abs(down))), (0, 0 if down > 0 else height + down))
    return moved
