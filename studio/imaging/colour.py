"""Colour management: pictures of any profile and depth as 8-bit sRGB, with their alpha."""

import io
from contextlib import suppress
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

MAX_PROFILE = 4_000_000  # bytes; real ones have some kilobytes
INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
SAME = 2  # levels of 255 by which a profile may differ from sRGB and still be called that
SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class UnknownColours(ValueError):
    """A picture's numbers do not say which colours they are."""


@cache
def srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture as 8-bit L, LA, RGB or RGBA in sRGB; a damaged or unfitting profile counts as none."""
    image = eight_bit(image)
    bands = image.getbands()
    alpha = image.getchannel("A") if bands[-1] == "A" else None
    colours = image.convert("".join(bands[:-1])) if alpha else image
    colours = converted(colours, profile)
    if alpha is None:
        return colours
    colours.putalpha(alpha)
    return colours


def eight_bit(image: Image.Image) -> Image.Image:
    """Return a picture as L, LA, RGB, RGBA or CMYK; 16 bits are scaled, palettes and single bits expanded."""
    if image.mode == "F":
        raise UnknownColours(image.mode)
    if image.mode.startswith("I"):
        return grey_of(np.asarray(image.convert("I")), image.info.get("transparency"))
    if image.mode == "LAB":
        return ImageCms.applyTransform(image, lab_to_srgb()) or image
    if image.mode in ("LA", "RGBA", "CMYK"):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


@cache
def lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), srgb(), "LAB", "RGB", INTENT, FLAGS)


def grey_of(levels: NDArray[np.int32], transparent: object) -> Image.Image:
    """16-bit grey as 8 bits, with alpha where one level means transparent."""
    image = Image.fromarray(((levels + 128) // 257).clip(0, 255).astype(np.uint8))
    if isinstance(transparent, int):
        image.putalpha(Image.fromarray((levels != transparent).astype(np.uint8) * 255))
    return image


def converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    transform = transform_of(profile, image.mode) if profile else None
    if transform is None:
        return image.convert("RGB") if image.mode == "CMYK" else image
    return ImageCms.applyTransform(image, transform) or image


def needs_conversion(mode: str, profile: bytes | None) -> bool:
    """Whether pixels of a mode under this profile are not sRGB already."""
    colours = mode.removesuffix("A") or mode
    if colours == "CMYK":
        return True
    transform = transform_of(profile, colours) if profile else None
    if transform is None:
        return False
    probe = Image.linear_gradient("L").convert(colours) if colours == "L" else probe_colours()
    shown = ImageCms.applyTransform(probe, transform) or probe
    pairs = zip(probe.convert("RGB").tobytes(), shown.tobytes(), strict=True)
    return any(abs(before - after) > SAME for before, after in pairs)


@cache
def probe_colours() -> Image.Image:
    """Every eighth level of each channel against the others, coarsely: 9×9×9 colours."""
    levels = [min(255, 32 * step) for step in range(9)]
    return Image.frombytes("RGB", (81, 9), bytes(c for r in levels for g in levels for b in levels for c in (r, g, b)))


def transform_of(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded profile to sRGB; None where it is damaged or for another colour space."""
    if len(profile) > MAX_PROFILE:
        return None
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if SPACES.get(embedded.profile.xcolor_space) == mode:
            return ImageCms.buildTransform(embedded, srgb(), mode, "RGB", INTENT, FLAGS)
    return None


def profile_name(mode: str, profile: bytes | None) -> str:
    """What a profile calls itself, e.g. "Display P3"; without one the kind of colours, e.g. "CMYK"."""
    with suppress(Exception):
        if profile:
            described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
            return "".join(filter(str.isprintable, described)).strip()[:60] or mode
    return mode
