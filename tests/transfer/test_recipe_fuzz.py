"""Whatever a file says, reading its recipe ends soon, with a recipe that can be used or with none."""

import json
import struct
import time
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from studio.transfer.embedding import MAX_XMP, XMP_OF_JPEG, embedded, png_chunk, png_text, recipe_in
from studio.transfer.recipes import MAX_PROMPT, Recipe
from tests.library.sample_pictures import saved, scene

SETTINGS = settings(
    deadline=None, derandomize=True, database=None, max_examples=150, suppress_health_check=list(HealthCheck)
)
RECIPE = Recipe("A harbour", {"model": "gpt-image-2", "size": "1024x1024"})
KINDS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
FILES = {kind: embedded(saved(scene((40, 30)), name), kind, recipe=RECIPE) for kind, name in KINDS.items()}
PNG = FILES["png"]


def png_saying(*chunks: bytes) -> bytes:
    return PNG[:33] + b"".join(chunks) + PNG[33:]


@SETTINGS
@given(kind=st.sampled_from(sorted(FILES)), at=st.integers(0, 600), junk=st.binary(max_size=40), cut=st.booleans())
def test_damaged_files_are_read_without_a_fault(kind: str, at: int, junk: bytes, cut: bool) -> None:
    data = FILES[kind]
    damaged = data[:at] + junk + (b"" if cut else data[at + len(junk) :])
    found = recipe_in(damaged)
    assert found is None or (found.prompt.strip() and len(found.prompt) <= MAX_PROMPT)


@SETTINGS
@given(data=st.binary(max_size=300))
@example(data=b"")
@example(data=b"\xff\xd8")
@example(data=b"\x89PNG\r\n\x1a\n")
@example(data=b"RIFF\0\0\0\0WEBP")
def test_any_bytes_are_no_fault(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"RIFF\xff\xff\xff\x7fWEBPXMP "):
        assert recipe_in(start + data) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@SETTINGS
@given(facts=st.dictionaries(st.sampled_from(["easel", "prompt", "model", "size", "quality", "n"]), VALUES))
def test_any_values_make_a_recipe_of_plain_texts_or_none(facts: dict[str, Any]) -> None:
    recipe = Recipe.parse(json.dumps(facts | {"easel": 1}))
    if recipe:
        assert all(isinstance(text, str) and len(text) <= 40 for text in recipe.settings.values())
        assert "\0" not in recipe.prompt


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"easel": 1, "prompt": ' + "9" * 5000 + "}",
        '{"easel": 1, "prompt": "a\\u0000b"}',
        '{"easel": 1, "prompt": "\\ud800"}',
        json.dumps({"easel": 1, "prompt": "x" * (MAX_PROMPT + 1)}),
        json.dumps({"easel": 2, "prompt": "x"}),
        json.dumps({"easel": 1, "prompt": " "}),
        "null",
        "",
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_recipe_is_none(text: str) -> None:
    assert recipe_in(embedded(PNG, "png")) is None
    assert recipe_in(png_saying(png_text(b"easel", text)).replace(PNG[33:], embedded(PNG, "png")[33:])) is None


def test_a_text_that_swells_is_not_read_to_its_end() -> None:
    bomb = zlib.compress(b" " * (100 * MAX_XMP), 9)
    data = png_saying(png_chunk(b"iTXt", b"easel\0\1\0\0\0" + bomb))
    began = time.process_time()

    assert recipe_in(data) is None
    assert time.process_time() - began < 2


def test_a_million_parts_are_not_looked_through() -> None:
    empty = png_chunk(b"iTXt", b"")
    segment = struct.pack(">BBH", 0xFF, 0xE1, 2 + len(XMP_OF_JPEG)) + XMP_OF_JPEG
    began = time.process_time()

    assert recipe_in(png_saying(empty * 1_000_000)) is None
    assert recipe_in(b"\xff\xd8" + segment * 300_000) is None
    assert time.process_time() - began < 4


def test_a_recipe_that_another_program_wrote_as_an_attribute_is_read() -> None:
    text = RECIPE.as_text().replace('"', "&quot;")
    packet = f'<rdf:Description easel:recipe="{text}"/>'.encode()
    chunk = b"XMP " + struct.pack("<I", len(packet)) + packet + bytes(len(packet) % 2)
    plain = embedded(FILES["webp"], "webp")

    assert recipe_in(plain) is None
    assert recipe_in(plain[:4] + struct.pack("<I", len(plain) - 8 + len(chunk)) + plain[8:] + chunk) == RECIPE
