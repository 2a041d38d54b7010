"""From a source and a prompt to an edited picture, which drifts even where it should have stayed, as the model's do."""

import hashlib
import random
from statistics import NormalDist

from PIL import Image, ImageChops

from studio.sandbox.painter.canvas import Box, soften
from studio.sandbox.painter.painting import caption, scene

WANDER = 15
"""Levels by which the colours of an edited picture wander at most."""

GRAIN_SIGMA = 2.0
"""Levels of the noise that a new rendering of the same thing has."""

WIDEST, SHORTEST = 3, 256
"""The longest shape and the shortest edge in px that a scene is painted in."""

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
        half = scene(prompt=prompt, seed=seed, width=size[0] // 2, height=size[1] // 2, quality=quality)
        image = _drifted(_recoloured(base, half), rng)
        caption(image, prompt)
    else:
        image = _drifted(base, rng)
        _fill(image, region.resize(size, Image.Resampling.NEAREST), prompt=prompt, seed=seed, quality=quality)
    return _moved(image, offset)


def _recoloured(base: Image.Image, half: Image.Image) -> Image.Image:
    """The source's light and shapes in the colours of a scene that was painted at half the size."""
    bands = base.convert("YCbCr").split()
    others = [band.resize(base.size, Image.Resampling.BILINEAR) for band in half.convert("YCbCr").split()]
    shares = (0.22, 0.7, 0.7)
    blended = [Image.blend(band, other, share) for band, other, share in zip(bands, others, shares, strict=True)]
    return Image.merge("YCbCr", blended).convert("RGB")


def _fill(image: Image.Image, region: Image.Image, *, prompt: str, seed: str, quality: str) -> None:
    """Paint the prompt's scene into the region, with an edge as soft as a brush's."""
    box = region.getbbox()
    if box:
        new = _scene_in(box, prompt=prompt, seed=seed, quality=quality)
        image.paste(new, box, soften(region.crop(box), max(1.0, min(image.size) / 500)))


def _scene_in(box: Box, *, prompt: str, seed: str, quality: str) -> Image.Image:
    """A whole scene as large as a box, painted in the nearest shape that scenes have."""
    width, height = box[2] - box[0], box[3] - box[1]
    shape = max(width, -(-height // WIDEST)), max(height, -(-width // WIDEST))
    scale = max(1.0, SHORTEST / min(shape))
    edges = round(shape[0] * scale), round(shape[1] * scale)
    whole = scene(prompt=prompt, seed=seed, width=edges[0], height=edges[1], quality=quality)
    if whole.size == (width, height):
        return whole
    left, top = max(0.0, (edges[0] - width * scale) / 2), max(0.0, (edges[1] - height * scale) / 2)
    part = left, top, min(edges[0], left + width * scale), min(edges[1], top + height * scale)
    return whole.resize((width, height), Image.Resampling.BICUBIC, box=part)


def _drifted(image: Image.Image, rng: random.Random) -> Image.Image:
    """The same picture rendered anew: its colours wander slowly across it, and every pixel has new grain."""
    bands = []
    for band in image.split():
        wandered = ImageChops.add(band, _wander(rng, image.size), 1, -128)
        noise = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height)).point(_GRAIN)
        bands.append(ImageChops.add(wandered, noise, 1, -128))
    return Image.merge("RGB", bands)


def _wander(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """Low hills and dales around 128, with one of each as high and as deep as can be."""
    steps = [rng.uniform(-0.7, 0.7) for _ in range(20)]
    highest, deepest = rng.sample(range(20), 2)
    steps[highest], steps[deepest] = 1.0, -1.0
    grid = Image.frombytes("L", (5, 4), bytes(round(128 + WANDER * step) for step in steps))
    return grid.resize(size, Image.Resampling.BICUBIC)


def _moved(image: Image.Image, offset: tuple[int, int]) -> Image.Image:
    """The picture moved in px, its edges drawn out into the gap."""
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
