"""The prompt policy: judges a text before it is stored, priced or sent.

Pure: no Django, no network, a few hundred microseconds a prompt. The terms and their weights are data, in `terms/`.
No single word is enough for a refusal unless it has only one meaning.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick

from .ages import with_ages
from .chinese_words import crosses_words
from .hits import counted_hits, without_repetitions
from .letters import is_cjk
from .rules import CONTEMPT, contempt, doubtful_nearby, is_romantic, minors
from .term import Hit, Term
from .term_files import TERMS, lexicon, patterns, read_terms
from .windows import Window, windows_of

MANY = 3000  # hits in one text, from which repeated terms are skipped
COMPANY_FROM = 0.5  # score from which the concepts in `company`, which count only beside others, are added
NO_SCENERY: dict[str, Any] = {"most": 0.0, "of": ()}


class Category(StrEnum):
    """What a refusal names, the gravest first: a text is refused for the first category that applies."""

    MINORS = "minors"
    COERCION = "coercion"
    EXPLICIT = "explicit"
    VIOLENCE = "violence"
    HATE = "hate"
    ILLEGAL = "illegal"
    SELF_HARM = "self_harm"


class Level(IntEnum):
    ALLOW = 0
    ADVISE = 1
    REFUSE = 2


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of a judgement. `reasons` are for admins and tests; a person sees the category only."""

    level: Level = Level.ALLOW
    category: Category | None = None
    reasons: tuple[str, ...] = ()

    @property
    def is_refusal(self) -> bool:
        return self.level is Level.REFUSE


def judge(*texts: str) -> Verdict:
    """Judge together everything that goes upstream: prompt, avoid line, earlier turns and names."""
    return default_policy().judge("\n".join(text for text in texts if text))


@cache
def default_policy() -> "Policy":
    return Policy.read(TERMS)


class Policy:
    """The compiled terms and the rules that weigh them."""

    def __init__(self, terms: Iterable[Term], config: dict[str, Any]) -> None:
        self.config = config
        self.counts: dict[str, dict[str, float]] = config["counts"]
        self.company: dict[str, dict[str, float]] = {name: config["company"].get(name, {}) for name in self.counts}
        self.doubtful = frozenset(config["minors"]["doubtful"])
        self.counted = {name: frozenset(counts) for name, counts in self.counts.items()}
        self.counted[Category.HATE] |= CONTEMPT.keys() | {"incapacity"}
        by_pattern: dict[str, list[Term]] = {}
        for term in terms:
            for pattern in patterns(term.word):
                by_pattern.setdefault(pattern, []).append(term)
        self.lexicon = lexicon(term for group in by_pattern.values() for term in group)
        for word in self.lexicon.words:
            split = [term._replace(is_split=True) for term in by_pattern[f" {word} "]]
            for cut in self.lexicon.halves(word):
                by_pattern.setdefault(f" {cut} ", split)
        self.terms = list(by_pattern.values())
        self.automaton = AhoCorasick(list(by_pattern), store_patterns=False)

    @classmethod
    def read(cls, folder: Path, *, is_measured: bool = True) -> "Policy":
        measured = tomllib.loads((folder / "measured.toml").read_text(encoding="utf-8")) if is_measured else {}
        terms = [term for path in sorted(folder.glob("*.toml")) for term in read_terms(path, measured)]
        return cls(terms, tomllib.loads((folder / "policy.toml").read_text(encoding="utf-8")))

    def judge(self, text: str) -> Verdict:
        words = with_ages(self.lexicon.plain(text))
        hits = self.hits(words)
        verdict = self.weigh(hits, words)
        if verdict.level is Level.ALLOW or not any(is_cjk(words[hit.start]) for hit in hits):
            return verdict
        # Only now, for it takes a dictionary: whether the Chinese terms are words, or parts of two that stand together.
        return self.weigh([hit for hit in hits if not crosses_words(words, hit)], words)

    def weigh(self, hits: list[Hit], words: str) -> Verdict:
        if not hits:
            return Verdict()
        windows = windows_of(hits, len(words))
        whole = windows_of(hits, 0)[0]
        if reasons := minors(whole, windows, self.doubtful):
            return Verdict(level=Level.REFUSE, category=Category.MINORS, reasons=reasons)
        for name, least in self.config["refuses_at"].items():
            if any(self.score(name, window, windows[0]) >= least for window in windows):
                return Verdict(level=Level.REFUSE, category=Category(name), reasons=self.reasons(name, whole))
        for window in windows:
            if reasons := doubtful_nearby(window, self.doubtful):
                return Verdict(level=Level.REFUSE, category=Category.EXPLICIT, reasons=reasons)
        if len(whole.of("constraint")) >= 2:
            return Verdict()
        return Verdict(level=Level.ADVISE) if any(map(is_romantic, windows)) else Verdict()

    def hits(self, words: str) -> list[Hit]:
        """The hits that count: not covered by an innocent phrase, not negated, and each concept once at its place."""
        found = self.automaton.find_matches_as_indexes(words, overlapping=True)
        if len(found) > MANY:
            found = without_repetitions(found)
        hits = [Hit(start, end, term) for at, start, end in found for term in self.terms[at]]
        return counted_hits(hits, words)

    def shares(self, name: str, window: Window) -> dict[str, float]:
        """The concepts a category counts in a window, and the share of each term's weight."""
        shares = self.counts[name]
        if name == Category.HATE and "people" in window.found:
            shares = shares | contempt(window)
        return shares | self.company[name] if window.sum(shares) >= COMPANY_FROM else shares

    def eased(self, name: str, window: Window, head: Window) -> float:
        """The factor on a category's score in a window, from the purpose of the scene or of the whole text."""
        eases = self.config["eased"][name]
        return min((share for use, share in eases.items() if use in window.found or use in head.found), default=1.0)

    def score(self, name: str, window: Window, head: Window) -> float:
        if window.found.keys().isdisjoint(self.counted[name]):
            return 0.0
        shares, scenery = self.shares(name, window), self.config["scenery"].get(name, NO_SCENERY)
        props = {concept: share for concept, share in shares.items() if concept in scenery["of"]}
        free = {concept: share for concept, share in shares.items() if concept not in props}
        return (window.sum(free) + min(window.sum(props), scenery["most"])) * self.eased(name, window, head)

    def reasons(self, name: str, whole: Window) -> tuple[str, ...]:
        return tuple(sorted(whole.of(*self.shares(name, whole))))
