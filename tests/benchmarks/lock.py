"""All that is made of a locked edit at 4K, against one PNG re-encode at compression level 1, and the memory it takes.

uv run --no-sync python -m tests.benchmarks.lock
"""

import io
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 3840, 2160
ROUNDS = 5
PICTURE = WIDTH * HEIGHT * 3  # bytes


def scene() -> Image.Image:
    """Soft colours, edges and a little grain, as a drawn picture has them."""
    chance = np.random.default_rng(4)
    coarse = Image.fromarray(chance.integers(0, 256, (18, 32, 3), dtype=np.uint8))
    image = coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(200):
        x, y, size = (int(n) for n in chance.integers((0, 0, 10), (WIDTH, HEIGHT, 300)))
        draw.ellipse((x, y, x + size, y + size), fill=tuple(int(n) for n in chance.integers(0, 256, 3)))
    return image


def grainy(image: Image.Image, seed: int) -> bytes:
    grain = np.random.default_rng(seed).normal(0, 2, (HEIGHT, WIDTH, 3))
    levels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    return encoded(Image.fromarray(levels))


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def reencode(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        encoded(image)


def timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def ready() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()


def locked_copy(source: bytes, result: bytes, mask: Any) -> None:
    """All that is made of a locked edit: both pictures decoded, the copy with its thumbnails, the difference."""
    from studio.imaging.decoding import decode_with_pixels, encode
    from studio.imaging.lock import lock

    _decoded, drawn = decode_with_pixels(result)
    encode(lock(source, drawn, mask).pixels)


def peak(source: bytes, result: bytes, mask: bytes) -> None:
    ready()
    from studio.imaging.masking import read_mask

    painted = read_mask(mask, source=(WIDTH, HEIGHT))
    before = most_memory()
    locked_copy(source, result, painted)
    grown = most_memory() - before
    print(f"memory: {grown / 1e6:.0f} MB at most, {grown / PICTURE:.1f} pictures of {PICTURE / 1e6:.1f} MB (limit 6)")


def most_memory() -> int:
    """The most this process ever held, bytes."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    ready()
    from studio.imaging.masking import PaintedMask

    image = scene()
    source, result = grainy(image, 1), grainy(image, 2)
    painted = Image.new("1", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(painted)
    draw.ellipse((800, 400, 2600, 1700), fill=1)
    draw.line((200, 2000, 3600, 1900), fill=1, width=60)
    mask = PaintedMask(np.asarray(painted).copy())
    run = multiprocessing.get_context("spawn").Process(target=peak, args=(source, result, mask.png()))
    run.start()
    run.join()
    # In turns, so that whatever else the machine does falls on both.
    actions = (lambda: reencode(source), lambda: locked_copy(source, result, mask))
    again, locked = (min(times) for times in zip(*(map(timed, actions) for _ in range(ROUNDS)), strict=True))
    print(f"PNG re-encode {again * 1000:.0f} ms")
    print(f"locked edit {locked * 1000:.0f} ms: {locked / again:.2f} times one re-encode (limit 2)")


if __name__ == "__main__":
    main()
