#!/usr/bin/env python
"""Check what import-linter cannot see of the rooms of `studio`: circles, ties by strings, rooms that grow too large.

Fails for: modules that import each other in a circle (imports under TYPE_CHECKING count); a model of a room that is not
below, named in `get_model` or a foreign key; an address that some room routes, written out in Python instead of
`reverse`; a room of more than 45 modules or 20 % of the code; a module of more than 400 lines.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
STUDIO = ROOT / "studio"
MOST_MODULES, MOST_SHARE, MOST_LINES = 45, 0.20, 400
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# From the top; rooms on one line never know each other.
LAYERS = [line.split(" | ") for line in CONTRACTS[0]["layers"]]
FLOOR = {room: floor for floor, rooms in enumerate(reversed(LAYERS)) for room in rooms}
# What the sandbox serves, and ASGI apps that are told apart by how an address begins, are routed by hand.
ROUTED_BY_HAND = {"sandbox", "server"}


def findings() -> Iterator[str]:
    yield from circles()
    yield from ties_by_string()
    yield from sizes()


def circles() -> Iterator[str]:
    """One circle of imports at the most: mend it, and the next is found."""
    graph = grimp.build_graph("studio", exclude_type_checking_imports=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        yield f"a circle of imports: {' → '.join(error.args[1])}"


def ties_by_string() -> Iterator[str]:
    routes = routed_paths()
    for path in modules():
        room = path.relative_to(STUDIO).parts[0]
        if room not in FLOOR or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            named = re.fullmatch(r"(\w+)(\.\w+)?", node.value)
            if named and named[2] and is_not_below(named[1], room) and named[2][1].isupper():
                yield f"{where} names {node.value!r} of a room that is not below {room}"
            if room not in ROUTED_BY_HAND and any(node.value.startswith(route) for route in routes):
                yield f"{where} writes out the address {node.value!r}; use reverse()"


def is_not_below(other: str, room: str) -> bool:
    return other in FLOOR and other != room and FLOOR[other] >= FLOOR[room]


def routed_paths() -> set[str]:
    """How the addresses of each room begin: "/pictures/", "/settings/"."""
    paths = set()
    for urls in STUDIO.glob("*/urls.py"):
        for node in ast.walk(ast.parse(urls.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "path":
                first = node.args[0]
                if isinstance(first, ast.Constant) and "/" in str(first.value):
                    paths.add(f"/{str(first.value).partition('/')[0]}/")
    return paths


def sizes() -> Iterator[str]:
    lines = {path: len(path.read_text().splitlines()) for path in modules() if "migrations" not in path.parts}
    counted = {path: count for path, count in lines.items() if "painter" not in path.parts}
    total = sum(counted.values())
    for room in FLOOR:
        mine = {path: count for path, count in counted.items() if path.relative_to(STUDIO).parts[0] == room}
        if len(mine) > MOST_MODULES:
            yield f"{room} has {len(mine)} modules; more than {MOST_MODULES} are too many to see at once"
        if sum(mine.values()) > MOST_SHARE * total:
            yield f"{room} has {sum(mine.values()) / total:.0%} of the code; at most {MOST_SHARE:.0%}"
    for path, count in lines.items():
        if count > MOST_LINES:
            yield f"{path.relative_to(ROOT)} has {count} lines; at most {MOST_LINES}"


def modules() -> list[Path]:
    return sorted(STUDIO.rglob("*.py"))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    found = list(findings())
    print("\n".join(found) or "The rooms are in order.")  # noqa: T201
    sys.exit(bool(found))
