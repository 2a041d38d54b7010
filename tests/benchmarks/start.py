"""From the command to the first page: on an empty data folder and on one that is there.

`uv run python -m tests.benchmarks.start`
"""

import tempfile
import time
from pathlib import Path

from tests.browser.process import Studio

from .measure import middle

ROUNDS = 5


def main() -> None:
    cold, warm = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder:
            cold.append(seconds_to_first_page(Path(folder)))
            warm.append(seconds_to_first_page(Path(folder)))
    print(
        f"up to its first page: {middle(cold):.2f} s on an empty data folder (worst {max(cold):.2f}), "
        f"{middle(warm):.2f} s on one that is there = {middle(cold) / middle(warm):.1f} ×"
    )


def seconds_to_first_page(data: Path) -> float:
    began = time.perf_counter()
    with Studio(data):
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
