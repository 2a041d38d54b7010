#!/usr/bin/env python
"""Measure the weights of the safety terms on the even halves of the public sets, and write safety_terms/measured.toml.

    SAFETY_SETS=/path/to/clones uv run --no-sync scripts/weigh_words.py

The vocabulary is written and reviewed by people; only how much a word weighs is measured here: logistic regression from
the weight of its group, within limits. What comes out is reviewed like any other change of the terms.
"""

import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from studio.generations import safety  # noqa: E402
from studio.generations.safety import Book, Window  # noqa: E402
from tests.safety.sets import SETS  # noqa: E402

OUT = safety.TERMS / "measured.toml"
KEEP, SHARP = 4.0, 6.0  # how strongly a weight holds to its group's, and how steep a miss is
COSTS = {"ordinary": 1.5, "real": 14.0, "borderline": 1.8}  # of refusing one, beside 1 for letting one through
UP = 0.25  # above its group's weight at most
CEILINGS = {
    "killing": 0.85,
    "body": 0.65,
    "peril": 0.6,
    "scene": 0.5,
    "graphic": 0.35,
    "contrast": 0.5,
    "abetting": 0.5,
}
SURE_FLOOR = 0.85  # a word with one meaning stays one
NEAR = 0.1  # changes smaller than this are not worth a line

Features = dict[tuple[str, str], float]


def main() -> None:
    folder = Path(os.environ["SAFETY_SETS"])
    book = Book.read(safety.TERMS, is_measured=False)
    bad, good, costs = [], [], []
    for one in SETS:
        if one.kind == "implicit" or one.name == "COCO captions with children":
            continue
        for prompt in one.prompts(folder, half="even"):
            found = features(book, prompt)
            if one.kind in COSTS:
                good += found
                costs += [COSTS[one.kind]] * len(found)
            elif found:
                bad.append(found)
    write(fitted(bad, good, np.array(costs), groups(book)), groups(book))


def features(book: Book, prompt: str) -> list[Features]:
    """For each window and category, what a term's weight is multiplied with; none for what `minors` refuses."""
    words = safety.with_ages(book.lexicon.plain(prompt))
    hits = book.hits(words)
    windows = safety.windows_of(hits, len(words)) if hits else []
    if not windows or safety.minors(safety.windows_of(hits, 0)[0], windows):
        return []
    found = [of_window(book, name, window, windows[0]) for window in windows for name in book.policy["counts"]]
    return [one for one in found if one]


def of_window(book: Book, name: str, window: Window, head: Window) -> Features:
    shares = dict(book.policy["counts"][name])
    if name == "hate" and "people" in window.found:
        shares |= {"dehumanising": 1.0, "contempt": 1.0, "contrast": 1.0}
    if window.sum(shares) >= safety.COMPANY_FROM:
        shares |= book.policy["company"].get(name, {})
    eased = min(
        (share for use, share in book.policy["eased"][name].items() if use in window.found or use in head.found),
        default=1.0,
    )
    eased /= book.policy["refuses_at"][name]
    return {
        (concept, word): share * eased * (1.0 if weight >= safety.FAINT else window.hint_share)
        for concept, share in shares.items()
        for word, weight in window.found.get(concept, {}).items()
    }


def groups(book: Book) -> dict[tuple[str, str], float]:
    """The weight of each term's group."""
    return {(term.concept, term.entry): term.weight for group in book.terms for term in group}


def fitted(
    bad: list[list[Features]], good: list[Features], costs: np.ndarray, group: dict[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    names = sorted({name for found in bad for one in found for name in one} | {name for one in good for name in one})
    place = {name: at for at, name in enumerate(names)}
    start = np.array([group[name] for name in names])
    low = np.where(start >= 1, SURE_FLOOR, start * 0.3)
    high = np.minimum(np.maximum(1.0, start), start + UP)
    for name, at in place.items():
        if start[at] < 1:
            high[at] = max(start[at], min(high[at], CEILINGS.get(name[0], 1.0)))
    weights = start.copy()
    passing = matrix(good, place)
    for _ in range(4):
        refused = matrix([max(found, key=lambda one: total(one, weights, place)) for found in bad], place)
        speed = np.zeros_like(weights)
        for _ in range(250):
            pull = -SHARP / (1 + np.exp(SHARP * (refused @ weights - 1.02)))
            push = SHARP * costs / (1 + np.exp(-SHARP * (passing @ weights - 0.95)))
            slope = refused.T @ pull + passing.T @ push + 8 * KEEP * (weights - start)
            speed = 0.9 * speed + slope
            weights = np.clip(weights - 0.0006 * speed, low, high)
    return {name: float(weights[at]) for name, at in place.items()}


def total(one: Features, weights: np.ndarray, place: dict[tuple[str, str], int]) -> float:
    return sum(share * weights[place[name]] for name, share in one.items())


def matrix(rows: list[Features], place: dict[tuple[str, str], int]) -> np.ndarray:
    filled = np.zeros((len(rows), len(place)), dtype=np.float32)
    for at, row in enumerate(rows):
        for name, share in row.items():
            filled[at, place[name]] = share
    return filled


def write(weights: dict[tuple[str, str], float], group: dict[tuple[str, str], float]) -> None:
    lines = [
        "# Written by scripts/weigh_words.py from the even halves of the public sets, and reviewed: a term's weight",
        "# where that is not its group's.",
        "",
    ]
    changed = {name: weight for name, weight in weights.items() if abs(weight - group[name]) >= NEAR}
    for concept in sorted({concept for concept, _word in changed}):
        lines.append(f"[{concept}]")
        lines += [f'"{word}" = {weight:.2f}' for (kind, word), weight in sorted(changed.items()) if kind == concept]
        lines.append("")
    OUT.write_text("\n".join(lines), encoding="utf-8")
    sys.stdout.write(f"{len(changed)} of {len(weights)} weights differ from their group's\n")


if __name__ == "__main__":
    main()
