"""Files made of a container, colours, alpha, metadata and damage: taken with a note or refused in a sentence.

A short run here; with FUZZ_FACTOR as many times as many files.
"""

import random
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.imaging import decoding
from studio.imaging.decoding import Unreadable
from studio.imaging.normalisation import Normalised, normalise
from studio.library.upload_changes import change_words, note_words
from tests.library.brought_files import one_frame_apng, one_frame_webp, with_chunks
from tests.library.sample_pictures import opened, saved, scene
from tests.library.test_uploads import located, srgb_profile, wide_gamut

SLOW = 20.0  # seconds of processor time for a picture of a few pixels: then it hangs
SIZE = (48, 36)
MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "JPEG": ["L", "RGB", "CMYK"],
    "MPO": ["L", "RGB", "CMYK"],
    "WEBP": ["RGB", "RGBA"],
    "AVIF": ["RGB", "RGBA"],
    "HEIF": ["L", "RGB", "RGBA"],
    "GIF": ["1", "L", "P", "RGB", "RGBA"],
    "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"],
    "BMP": ["1", "L", "P", "RGB", "RGBA"],
}
LOSSY = ("JPEG", "MPO", "WEBP", "AVIF", "HEIF")
HAS_EXIF = ("PNG", "JPEG", "MPO", "WEBP", "AVIF", "HEIF", "TIFF")


@dataclass(frozen=True)
class Recipe:
    """What a file is made of; `damage` changes its bytes, or is None for a whole one."""

    container: str
    mode: str
    orientation: int
    profile: str
    is_single_frame: bool
    has_notes: bool
    damage: tuple[str, float, int] | None


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    container = draw(st.sampled_from(sorted(MODES)))
    kinds = st.sampled_from(["cut", "flip", "zero", "swap", "repeat"])
    # Anywhere, and more often in the header, where a few bits claim another size.
    places = st.floats(0, 1) | st.floats(0, 0.05)
    damages = st.tuples(kinds, places, st.integers(0, 999))
    return Recipe(
        container=container,
        mode=draw(st.sampled_from(MODES[container])),
        orientation=draw(st.integers(1, 8)),
        profile=draw(st.sampled_from(["", "srgb", "wide", "broken"])),
        is_single_frame=draw(st.booleans()),
        has_notes=draw(st.booleans()),
        damage=draw(st.none() | damages),
    )


def picture_in(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.linspace(0, 65_535, SIZE[0] * SIZE[1]).astype(np.uint16).reshape(SIZE[::-1]))
    image = scene(SIZE, mode="RGBA" if mode.endswith("A") else "RGB")
    return image.convert(mode)


def made(recipe: Recipe) -> bytes:
    image = picture_in(recipe.mode)
    if recipe.is_single_frame and recipe.container == "WEBP":
        return one_frame_webp(image)
    if recipe.is_single_frame and recipe.container == "PNG":
        return one_frame_apng(image)
    options: dict[str, Any] = {"quality": 90} if recipe.container in LOSSY else {}
    if recipe.orientation > 1 and recipe.container in HAS_EXIF:
        options["exif"] = located(recipe.orientation)
    profiles = {"srgb": srgb_profile, "wide": wide_gamut, "broken": lambda: b"no profile" * 20}
    if recipe.profile and recipe.container not in ("GIF", "BMP"):
        options["icc_profile"] = profiles[recipe.profile]()
    data = saved(image, recipe.container, **options)
    is_noted = recipe.has_notes and recipe.container == "PNG"
    return with_chunks(data, (b"tEXt", b"Comment\0a note"), (b"caBX", b"jumb")) if is_noted else data


def damaged(data: bytes, damage: tuple[str, float, int]) -> bytes:
    kind, where, seed = damage
    chance, at = random.Random(seed), int(where * (len(data) - 1))
    length = chance.randint(1, 40)
    changes: dict[str, Callable[[], bytes]] = {
        "cut": lambda: data[: max(1, at)],
        "flip": lambda: data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :],
        "zero": lambda: data[:at] + bytes(length) + data[at + length :],
        "swap": lambda: data[:at] + chance.randbytes(length) + data[at + length :],
        "repeat": lambda: data[:at] + data[max(0, at - length) : at] * 3 + data[at:],
    }
    return changes[kind]()


@settings(max_examples=120, deadline=None)
@given(recipes())
def test_every_file_is_taken_with_a_note_or_refused_in_a_sentence_and_nothing_hangs(recipe: Recipe) -> None:
    data = made(recipe)
    data = data if recipe.damage is None else damaged(data, recipe.damage)
    began = time.thread_time()
    normal = taken(data)
    assert time.thread_time() - began < SLOW
    if normal is None:
        assert recipe.damage is not None or recipe.mode == "F", "a whole picture was refused"
        return
    picture = opened(normal.data)
    assert (picture.size, str(picture.format).lower()) == ((normal.width, normal.height), normal.format)
    assert not picture.getexif()
    assert "icc_profile" not in picture.info
    assert decoding.decode(normal.data).width == normal.width
    words = change_words(normal.changes)
    assert all(words)
    assert set(note_words(normal.changes)) <= set(words)
    assert bool(words) == (normal.data != data)
    if recipe.damage is None:
        turned = recipe.orientation >= 5 and recipe.container in HAS_EXIF and not is_plain_frame(recipe)
        assert picture.size == (SIZE[::-1] if turned else SIZE)


def is_plain_frame(recipe: Recipe) -> bool:
    """Whether it was written without EXIF, as the frame of an animation."""
    return recipe.is_single_frame and recipe.container in ("PNG", "WEBP")


@pytest.mark.parametrize(("container", "at", "size"), [("PNG", 16, 4), ("PNG", 20, 4), ("BMP", 2, 4)])
@pytest.mark.parametrize("claim", [0, 1 << 30])
def test_a_broken_file_that_claims_to_be_nothing_or_endless_is_refused(
    container: str, at: int, size: int, claim: int
) -> None:
    data = saved(picture_in("RGB"), container)
    order: Literal["big", "little"] = "big" if container == "PNG" else "little"
    broken = data[:at] + claim.to_bytes(size, order) + data[at + size : -9]
    tracemalloc.start()
    assert taken(broken) is None
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(MODES)), st.binary(max_size=200))
def test_a_beginning_followed_by_anything_is_refused_in_a_sentence(container: str, rest: bytes) -> None:
    head = saved(picture_in("RGB"), container)[:24]
    taken(head + rest)


def taken(data: bytes) -> Normalised | None:
    """The picture, or None where it is refused, which is said in a sentence."""
    refused: Unreadable | None = None
    try:
        return normalise(data)
    except Unreadable as error:
        refused = error
    assert refused.sentence.endswith(".")
    assert "%(" not in refused.sentence
    return None
