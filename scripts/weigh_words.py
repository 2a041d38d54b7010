#!/usr/bin/env python
"""Measure the weights of the safety terms on the even halves of the public sets, and write safety_terms/measured.toml.

    SAFETY_SETS=/path/to/clones uv run --no-sync scripts/weigh_words.py            writes the file
    SAFETY_SETS=/path/to/clones uv run --no-sync scripts/weigh_words.py --check    says whether it is what is written
    SAFETY_SETS=/path/to/clones uv run --no-sync scripts/weigh_words.py --folds 5  rates on parts that were held out

The vocabulary is written and reviewed by people; only how much a word weighs is measured here: logistic regression from
the weight of its group, within limits. The same sets give the same file, to the letter.
"""

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from studio.safety import windows  # noqa: E402
from studio.safety.ages import with_ages  # noqa: E402
from studio.safety.policy import NO_SCENERY, Policy  # noqa: E402
from studio.safety.rules import minors  # noqa: E402
from studio.safety.term_files import TERMS  # noqa: E402
from studio.safety.windows import FAINT, Window  # noqa: E402
from tests.safety.sets import SETS  # noqa: E402

OUT = TERMS / "measured.toml"
KEEP, SHARP = 8.0, 6.0  # how strongly a weight holds to its group's, and how steep a miss is
CAUGHT_AT, PASSED_AT = 1.15, 0.98  # of what a refusal takes
COSTS = {
    "ordinary": 0.3,
    "real": 6.0,
    "borderline": 0.5,
    "explicit": 14.0,
    "harm": 1.5,
}  # of one that is judged wrongly
UP, DOWN = 0.25, 0.3  # above its group's weight at most; and at least this share of it
SURE_FLOOR = 0.85  # a word with one meaning stays one
CEILINGS = {  # no single word of these concepts may be enough, whatever was measured
    "killing": 0.85,
    "body": 0.53,
    "lure": 0.52,
    "allure": 0.58,
    "frank": 0.54,
    "peril": 0.58,
    "mood": 0.58,
    "scene": 0.58,
    "setting": 0.4,
    "graphic": 0.35,
    "contrast": 0.5,
    "abetting": 0.5,
}
NEAR = 0.1  # changes smaller than this are not worth a line
ROUNDS, STEPS, PACE, SWING = 4, 250, 0.0006, 0.9

Name = tuple[str, str]  # a concept and an entry of it
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Prompt(NamedTuple):
    kind: str
    fold: bytes
    windows: list[Window]
    is_refused: bool  # whatever its words weigh


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true")
    options.add_argument("--folds", type=int, default=0)
    given = options.parse_args()
    policy = Policy.read(TERMS, is_measured=False)
    prompts = read(policy, Path(os.environ["SAFETY_SETS"]))
    rows = Rows(policy, prompts)
    if given.folds:
        print_rates(prompts, held_out(rows, prompts, given.folds))
        return
    text = written(rows.names, rows.start, fitted(rows, prompts, np.ones(len(prompts), dtype=bool)))
    if given.check:
        sys.exit(0 if OUT.read_text(encoding="utf-8") == text else f"{OUT.name} is not what the sets give")
    OUT.write_text(text, encoding="utf-8")


def read(policy: Policy, folder: Path) -> list[Prompt]:
    """The even halves; captions with children stand among the captions already."""
    sets = [one for one in SETS if one.kind in COSTS and one.name != "COCO captions with children"]
    return [prompt_of(policy, one.kind, prompt) for one in sets for prompt in one.prompts(folder, half="even")]


def prompt_of(policy: Policy, kind: str, prompt: str) -> Prompt:
    words = with_ages(policy.lexicon.plain(prompt))
    hits = policy.hits(words)
    parts = windows.windows_of(hits, len(words)) if hits else []
    is_refused = bool(hits) and bool(minors(windows.windows_of(hits, 0)[0], parts, policy.doubtful))
    return Prompt(kind, hashlib.sha256(b"fold" + prompt.encode()).digest(), [] if is_refused else parts, is_refused)


class Rows:
    """One row for each window and category: what each term's weight is multiplied with, sparsely."""

    def __init__(self, policy: Policy, prompts: list[Prompt]) -> None:
        places: dict[Name, int] = {}
        start: list[float] = []
        cells: list[tuple[int, int, float, bool]] = []
        owners, most = [], []
        for owner, prompt in enumerate(prompts):
            for window in prompt.windows:
                for name in policy.counts:
                    scenery = policy.config["scenery"].get(name, NO_SCENERY)
                    eased = policy.eased(name, window, prompt.windows[0]) / policy.config["refuses_at"][name]
                    found = [
                        (concept, word, weight, share)
                        for concept, share in policy.shares(name, window).items()
                        for word, weight in window.found.get(concept, {}).items()
                    ]
                    for concept, word, weight, share in found:
                        if (concept, word) not in places:
                            places[concept, word] = len(start)
                            start.append(weight)
                        hinted = share * eased * (1.0 if weight >= FAINT else window.hint_share)
                        cells.append((len(owners), places[concept, word], hinted, concept in scenery["of"]))
                    if found:
                        owners.append(owner)
                        most.append(scenery["most"] * eased)
        self.names, self.start = list(places), np.array(start)
        self.owners, self.most = np.array(owners), np.array(most)
        row, column, share, is_scenery = zip(*cells, strict=True)
        self.row, self.column, self.share = np.array(row), np.array(column), np.array(share)
        self.is_scenery = np.array(is_scenery)

    def scores(self, weights: Numbers) -> Numbers:
        """Of each row; a refusal takes 1."""
        parts = weights[self.column] * self.share
        free = np.bincount(self.row, weights=np.where(self.is_scenery, 0, parts), minlength=len(self.owners))
        props = np.bincount(self.row, weights=np.where(self.is_scenery, parts, 0), minlength=len(self.owners))
        self.is_full = props > self.most
        return free + np.minimum(props, self.most)

    def slopes(self, pulls: Numbers) -> Numbers:
        """Of each weight, from those of the rows as they were scored last."""
        parts = pulls[self.row] * self.share
        parts[self.is_scenery & self.is_full[self.row]] = 0
        return np.bincount(self.column, weights=parts, minlength=len(self.start))

    def refused(self, weights: Numbers, prompts: list[Prompt]) -> Flags:
        found = np.array([prompt.is_refused for prompt in prompts])
        found[self.owners[self.scores(weights) >= 1]] = True
        return found


def fitted(rows: Rows, prompts: list[Prompt], is_used: Flags) -> Numbers:
    kinds = np.array([prompt.kind for prompt in prompts])[rows.owners]
    costs = np.array([COSTS[kind] for kind in kinds])
    is_bad = np.isin(kinds, ("explicit", "harm"))
    passing = is_used[rows.owners] & ~is_bad
    low, high = limits(rows)
    weights = rows.start.copy()
    for _ in range(ROUNDS):
        refused = strongest(rows, rows.scores(weights), is_used[rows.owners] & is_bad)
        speed = np.zeros_like(weights)
        for _ in range(STEPS):
            scores = rows.scores(weights)
            pulls = np.zeros_like(scores)
            pulls[refused] = -SHARP * costs[refused] / (1 + np.exp(SHARP * (scores[refused] - CAUGHT_AT)))
            pulls[passing] = SHARP * costs[passing] / (1 + np.exp(-SHARP * (scores[passing] - PASSED_AT)))
            speed = SWING * speed + rows.slopes(pulls) + KEEP * (weights - rows.start)
            weights = np.clip(weights - PACE * speed, low, high)
    return np.where(np.abs(weights - rows.start) >= NEAR, np.round(weights, 2), rows.start)


def limits(rows: Rows) -> tuple[Numbers, Numbers]:
    start = rows.start
    is_sure = start >= 1
    ceilings = np.array([CEILINGS.get(concept, 1.0) for concept, _word in rows.names])
    low = np.where(is_sure, SURE_FLOOR, start * DOWN)
    return low, np.where(is_sure, start, np.maximum(start, np.minimum(ceilings, start + UP)))


def strongest(rows: Rows, scores: Numbers, among: Flags) -> Flags:
    """The row of each prompt that is nearest to a refusal: one is enough."""
    (places,) = np.nonzero(among)
    places = places[np.lexsort((scores[places], rows.owners[places]))]
    is_last = np.append(np.diff(rows.owners[places]) != 0, True)
    found = np.zeros(len(scores), dtype=bool)
    found[places[is_last]] = True
    return found


def held_out(rows: Rows, prompts: list[Prompt], count: int) -> Flags:
    """What is refused of each part by weights that were measured on the other parts."""
    folds = np.array([prompt.fold[0] % count for prompt in prompts])
    found = np.zeros(len(prompts), dtype=bool)
    for fold in range(count):
        here = folds == fold
        found[here] = rows.refused(fitted(rows, prompts, ~here), prompts)[here]
    return found


def print_rates(prompts: list[Prompt], refused: Flags) -> None:
    kinds = np.array([prompt.kind for prompt in prompts])
    for kind in COSTS:
        sys.stdout.write(f"{kind:10} {100 * refused[kinds == kind].mean():6.2f} %\n")


def written(names: list[Name], start: Numbers, weights: Numbers) -> str:
    changed = {name: weights[at] for at, name in enumerate(names) if weights[at] != start[at]}
    lines = [
        "# Written by scripts/weigh_words.py from the even halves of the public sets: a term's weight where it is not",
        "# its group's. Change the terms, the policy or the script, never this file.",
        "",
    ]
    for concept in sorted({concept for concept, _word in changed}):
        lines.append(f"[{concept}]")
        lines += [f'"{word}" = {weight:.2f}' for (kind, word), weight in sorted(changed.items()) if kind == concept]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
