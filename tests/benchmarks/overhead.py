"""What the studio adds to the upstream's own time: from POST to the picture's bytes in the page.

`uv run python -m tests.benchmarks.overhead`
"""

import queue
import re
import threading
import time

import httpx

from .measure import middle, milliseconds, p95, studio_before
from .upstream import canned, picture

ROUNDS = 15
SIZES = {"1024x1024": "medium", "3840x2160": "medium"}


def main() -> None:
    with canned() as gateway, studio_before(gateway) as (_studio, visitor):
        tiles: queue.Queue[tuple[float, dict[str, object]]] = queue.Queue()
        threading.Thread(target=lambda: [tiles.put((time.perf_counter(), tile)) for tile in visitor.tiles()], daemon=True).start()
        for size, quality in SIZES.items():
            wish = {"model": "gpt-image-2", "prompt": "A bench", "size": size, "quality": quality}
            bare_call(gateway, wish)
            bare, whole, shown = [], [], []
            for _ in range(ROUNDS):
                bare.append(bare_call(gateway, wish))
                began = time.perf_counter()
                visitor.submit("A bench", size=size, quality=quality, output_format="png")
                arrived, tile = next(until_succeeded(tiles))
                whole.append(arrived - began)
                visitor.http.get(re.findall(r'srcset="(\S+)', str(tile["html"]))[0]).raise_for_status()
                shown.append(time.perf_counter() - began)
            report(size, bare, whole, shown)


def bare_call(gateway: str, wish: dict[str, str]) -> float:
    """The same wish over plain HTTP, its whole reply read: the upstream's own time, in seconds."""
    began = time.perf_counter()
    body = wish | ({"stream": True} if wish["size"] == "3840x2160" else {})
    httpx.post(f"{gateway}/images/generations", json=body, timeout=60, trust_env=False).raise_for_status()
    return time.perf_counter() - began


def until_succeeded(tiles):  # type: ignore[no-untyped-def]
    """The tiles that hold a picture, as the live feed brings them."""
    while True:
        arrived, tile = tiles.get(timeout=60)
        if tile["state"] == "succeeded":
            yield arrived, tile
        elif tile["state"] == "failed":
            raise SystemExit(tile["html"])


def report(size: str, bare: list[float], whole: list[float], shown: list[float]) -> None:
    width, height = map(int, size.split("x"))
    added = [total - middle(bare) for total in whole]
    print(
        f"{size}, PNG of about {len(picture(width, height)) / 1e6:.1f} MB: upstream {milliseconds(middle(bare))}, "
        f"POST to tile {milliseconds(middle(whole))}, to the thumbnail's bytes {milliseconds(middle(shown))}; "
        f"added {milliseconds(middle(added))} (p95 {milliseconds(p95(added))}) "
        f"= {middle(added) / middle(bare):.1f} × the upstream's own time"
    )


if __name__ == "__main__":
    main()
