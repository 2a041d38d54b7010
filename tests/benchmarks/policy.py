"""What judging a prompt costs: processor time beside what splitting the same text into words takes.

uv run python -m tests.benchmarks.policy
"""

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from studio.safety.policy import judge

LISTS = Path(__file__).parents[1] / "safety" / "lists"
LONGEST = 32_000
ROUNDS = 7


def main() -> None:
    prompts = [
        prompt
        for kind in tomllib.loads((LISTS / "passes.toml").read_text(encoding="utf-8")).values()
        for prompt in kind
    ]
    brief = "\n".join(prompts)
    report("a short prompt", prompts)
    report("1,200 characters", [brief[at : at + 1200] for at in range(0, len(brief) - 1200, 600)])
    report("32,000 characters", [(brief * 8)[:LONGEST]])


def report(name: str, texts: list[str]) -> None:
    judging = seconds(lambda: [judge(text) for text in texts]) / len(texts)
    splitting = seconds(lambda: [text.casefold().split() for text in texts]) / len(texts)
    print(f"{name:18} {judging * 1000:7.3f} ms  {judging / splitting:5.0f} × splitting into words")


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest round; the first fills the caches."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
