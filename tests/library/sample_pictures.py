"""Pictures and masks for tests of edits, made with Pillow alone."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


def scene(size: tuple[int, int] = (640, 512), seed: int = 7, mode: str = "RGB") -> Image.Image:
    """Soft colours with edges in them, so that every part of it can be told from every other."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, edge = (int(n) for n in chance.integers((0, 0, 4), (*size, min(size) // 5 + 5)))
        draw.ellipse((x, y, x + edge, y + edge), fill=tuple(int(n) for n in chance.integers(0, 256, 3)))
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(size))
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    return np.array(opened(data)).astype(int)


def painted_mask(size: tuple[int, int], *boxes: tuple[int, int, int, int]) -> Image.Image:
    """RGBA, transparent inside the boxes (left, top, right, bottom; the last two exclusive)."""
    alpha = Image.new("L", size, 255)
    for left, top, right, bottom in boxes:
        alpha.paste(0, (left, top, right, bottom))
    mask = Image.new("RGBA", size)
    mask.putalpha(alpha)
    return mask
