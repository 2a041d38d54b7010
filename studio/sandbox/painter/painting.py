"""Paints a finished picture from a prompt and a seed, and makes coarse versions of it."""

import hashlib
import math
import random
import textwrap

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from studio.sandbox.painter.canvas import Canvas, mean_colour, soften
from studio.sandbox.painter.scenes import SCENES
from studio.sandbox.painter.theme import read_theme

WORKING_PIXELS = {"low": (400_000, 0.12), "medium": (500_000, 0.26), "high": (700_000, 0.36)}
"""Per quality: a number of pixels plus a share of the requested ones. Scenes are painted so large, then enlarged."""

DETAIL = {"low": 0, "medium": 1, "high": 2}


def paint(*, prompt: str, seed: str, width: int, height: int, quality: str) -> Image.Image:
    """A captioned RGB picture of exactly width × height pixels; the same arguments give the same pixels.

    Composition and colours depend on prompt and seed alone, so a draft and its final version look alike.
    """
    image = paint_scene(prompt=prompt, seed=seed, width=width, height=height, quality=quality)
    add_caption(image, prompt)
    return image


def paint_scene(*, prompt: str, seed: str, width: int, height: int, quality: str) -> Image.Image:
    """The same picture without its caption."""
    rng = random.Random(hashlib.sha256(f"{seed}\n{prompt}".encode("utf-8", "replace")).digest())  # noqa: S311
    theme = read_theme(prompt, rng)
    canvas = Canvas(*_working_size(width, height, quality), rng, DETAIL[quality])
    SCENES[theme.scene](canvas, theme)
    image = _bloom(canvas.image, canvas.unit)
    _vignette(image)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    return _grain(image, rng)


def _working_size(width: int, height: int, quality: str) -> tuple[int, int]:
    least, share = WORKING_PIXELS[quality]
    scale = min(1.0, math.sqrt((least + share * width * height) / (width * height)))
    return math.ceil(width * scale), math.ceil(height * scale)


def coarsen(image: Image.Image, step: int, steps: int) -> Image.Image:
    """The picture at `step` of `steps` while it is generated: from patches of colour to nearly sharp."""
    short = 10 * 4 ** (2 * step / max(1, steps - 1)) if steps > 1 else 28
    scale = max(8, round(min(image.size) / short))
    small = image.reduce(scale)
    return small.filter(ImageFilter.GaussianBlur(0.8)).resize(image.size, Image.Resampling.BICUBIC)


def _bloom(image: Image.Image, unit: int) -> Image.Image:
    """Blur the bright areas a little into their surroundings, as film does."""
    wide = soften(image, unit * 0.02)
    return Image.blend(image, ImageChops.soft_light(ImageChops.screen(image, wide), wide), 0.16)


def _vignette(image: Image.Image) -> None:
    edge = [round(46 * max(0.0, (value / 255 - 0.45) / 0.55) ** 2) for value in range(256)]
    image.paste((8, 8, 14), (0, 0), Image.radial_gradient("L").point(edge).resize(image.size, Image.Resampling.BICUBIC))


def _grain(image: Image.Image, rng: random.Random) -> Image.Image:
    """Film grain of a few levels; it hides the steps of long gradients."""
    noise = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height))
    speck = noise.point(
        [
            round(128 + 4.6 * math.sin((value / 255 - 0.5) * math.pi) ** 3 + 2.4 * (value / 255 - 0.5))
            for value in range(256)
        ]
    )
    return ImageChops.add(image, Image.merge("RGB", (speck, speck, speck)), 1, -128)


def add_caption(image: Image.Image, prompt: str) -> None:
    """Write SANDBOX and the prompt, small, in the lower left corner."""
    size = max(11, round(min(image.size) / 68))
    corner = image.crop((0, image.height - size * 7, min(image.width, size * 36), image.height))
    is_bright = sum(mean_colour(corner)) > 420
    words = Image.new("L", corner.size)
    draw = ImageDraw.Draw(words)
    left, base = round(size * 1.6), corner.height - round(size * 1.6)
    draw.text((left, base - size * 2.5), "SANDBOX", fill=240, font=ImageFont.load_default(size * 0.82))
    draw.text((left, base - size * 1.1), _readable(prompt), fill=210, font=ImageFont.load_default(size))
    halo = soften(words, size * 0.5).point([min(80, value) for value in range(256)])
    corner.paste((255, 255, 255) if is_bright else (0, 0, 0), (0, 0), halo)
    corner.paste((16, 16, 20) if is_bright else (250, 250, 248), (0, 0), words)
    image.paste(corner, (0, image.height - corner.height))


def _readable(prompt: str) -> str:
    """The prompt's beginning in the letters that Pillow's own font has."""
    known = "".join(letter for letter in prompt[:400] if letter.isspace() or " " <= letter < "ſ")
    return textwrap.shorten(" ".join(known.split()), width=64, placeholder=" …")
