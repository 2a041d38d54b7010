"""Templates: short lines, and the same layers as the code."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES, ROOMS = Path(settings.BASE_DIR) / "templates", Path(settings.BASE_DIR) / "studio"
ALL = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*"))
PAGES = [name for name in ALL if name.endswith(".html")]
LONGEST = 160  # characters in a line
SHARED = "web"  # the room of what every page is made of: the base templates, the pages of errors, components/
FOLDERS = {"components": SHARED, "account": "accounts", "mfa": "accounts", "socialaccount": "accounts"}
REFERENCE = re.compile(r"""\{% (?:include|extends) ["']([^"'#]+)""")
LOAD = re.compile(r"\{% load ([^%]+) %\}")
RENDERED = re.compile(r'"((?:\w+/)+\w+\.(?:html|txt))(?:#\w+)?"')


def layers() -> list[set[str]]:
    """The rooms, the highest first, as import-linter holds them."""
    contracts = tomllib.loads((ROOMS.parent / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [lines] = [contract["layers"] for contract in contracts if contract.get("containers") == ["studio"]]
    return [{room.strip() for room in line.split("|")} for line in lines]


LAYERS = layers()


def level(room: str) -> int:
    return next(at for at, rooms in enumerate(LAYERS) if room in rooms)


def room_of(template: str) -> str:
    folder, is_nested, _name = template.partition("/")
    return FOLDERS.get(folder, folder) if is_nested else SHARED


def may_use(room: str, other: str) -> bool:
    return room == other or level(room) < level(other)


def tag_rooms() -> dict[str, str]:
    """The studio's own tag libraries by the room they live in; all others may be loaded anywhere."""
    return {path.stem: path.parts[-3] for path in ROOMS.glob("*/templatetags/*.py") if path.stem != "__init__"}


def used_by(text: str) -> Iterator[tuple[str, str]]:
    """What a template includes, extends and loads, each with its room."""
    for name in REFERENCE.findall(text):
        yield name, room_of(name)
    rooms = tag_rooms()
    for names in LOAD.findall(text):
        yield from ((name, rooms[name]) for name in names.split() if name in rooms)


@pytest.mark.parametrize("name", PAGES)
def test_no_template_line_is_longer_than_160_characters(name: str) -> None:
    lines = (TEMPLATES / name).read_text().splitlines()
    assert [at for at, line in enumerate(lines, 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("name", ALL)
def test_a_template_uses_only_its_own_room_and_those_below(name: str) -> None:
    room = room_of(name)
    used = used_by((TEMPLATES / name).read_text())
    assert [other for other, its_room in used if not may_use(room, its_room)] == []


@pytest.mark.parametrize("room", sorted(path.name for path in ROOMS.iterdir() if (path / "__init__.py").exists()))
def test_a_room_renders_only_its_own_templates_and_those_below(room: str) -> None:
    named = [name for path in (ROOMS / room).rglob("*.py") for name in RENDERED.findall(path.read_text())]
    assert [name for name in named if not may_use(room, room_of(name))] == []


def test_every_template_that_is_included_or_extended_is_there() -> None:
    named = {name for page in ALL for name in REFERENCE.findall((TEMPLATES / page).read_text())}
    assert sorted(name for name in named if name not in ALL and not name.startswith("account/email/")) == []
