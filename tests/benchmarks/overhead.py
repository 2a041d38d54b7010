"""What the studio adds to the upstream's own time: from POST to the picture's bytes in the page.

`uv run python -m tests.benchmarks.overhead`
"""

import queue
import re
import threading
import time
from typing import Any

import httpx

from tests.server.visitor import Visitor

from .measure import middle, milliseconds, p95, studio_before, work
from .upstream import canned, picture

ROUNDS = 15
SIZES = ("1024x1024", "3840x2160")
STREAMED = ("3840x2160",)  # what the studio asks for as a stream

Tiles = queue.Queue[tuple[float, dict[str, Any]]]


def main() -> None:
    with canned() as gateway, studio_before(gateway) as (_studio, visitor):
        tiles: Tiles = queue.Queue()
        threading.Thread(target=listen, args=(visitor, tiles), daemon=True).start()
        for size in SIZES:
            measure(size, gateway, visitor, tiles)


def listen(visitor: Visitor, tiles: Tiles) -> None:
    """Note when each tile of the live feed arrives."""
    for tile in visitor.tiles():
        tiles.put((time.perf_counter(), tile))


def measure(size: str, gateway: str, visitor: Visitor, tiles: Tiles) -> None:
    pid = visitor.studio.process.pid
    bare_call(gateway, size)
    bare, whole, shown, worked = list[float](), list[float](), list[float](), work(pid)
    for _ in range(ROUNDS):
        bare.append(bare_call(gateway, size))
        began = time.perf_counter()
        visitor.submit("A bench", size=size, quality="medium", output_format="png")
        arrived, tile = next_picture(tiles)
        whole.append(arrived - began)
        visitor.http.get(re.findall(r'srcset="(\S+)', tile["html"])[0]).raise_for_status()
        shown.append(time.perf_counter() - began)
    report(size, bare, whole, shown, (work(pid) - worked) / ROUNDS)


def bare_call(gateway: str, size: str) -> float:
    """The same submission over plain HTTP, its whole reply read: the upstream's own time, in seconds."""
    submission = {"model": "gpt-image-2", "prompt": "A bench", "size": size, "stream": size in STREAMED}
    began = time.perf_counter()
    httpx.post(f"{gateway}/images/generations", json=submission, timeout=60, trust_env=False).raise_for_status()
    return time.perf_counter() - began


def next_picture(tiles: Tiles) -> tuple[float, dict[str, Any]]:
    """The next tile that holds a picture, and when it arrived."""
    while True:
        arrived, tile = tiles.get(timeout=60)
        if tile["state"] == "succeeded":
            return arrived, tile
        if tile["state"] == "failed":
            raise SystemExit(tile["html"])


def report(size: str, bare: list[float], whole: list[float], shown: list[float], worked: float) -> None:
    width, height = map(int, size.split("x"))
    added = [total - middle(bare) for total in whole]
    print(
        f"{size}, PNG of about {len(picture(width, height)) / 1e6:.1f} MB: upstream {milliseconds(middle(bare))}, "
        f"POST to tile {milliseconds(middle(whole))}, to the thumbnail's bytes {milliseconds(middle(shown))}; "
        f"added {milliseconds(middle(added))} (p95 {milliseconds(p95(added))}) "
        f"= {middle(added) / middle(bare):.1f} × the upstream's own time; "
        f"{milliseconds(worked)} of processor time a picture"
    )


if __name__ == "__main__":
    main()
