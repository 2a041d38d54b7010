"""What may leave the studio: a judgement of words, made before anything is filed, priced or sent.

Pure: no Django, no network, some hundred microseconds a prompt. The words and their weights are data, in safety_terms/;
nothing is refused for a single word's sake unless that word has one meaning only.
"""

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick

from .disguises import Lexicon, is_cjk, plain_letters, spaced

TERMS = Path(__file__).parent / "safety_terms"
WINDOW = 450  # characters; what stands further apart is not one scene
FAINT = 0.59  # a term below this weight is a hint at most, and long texts are full of hints
HINTS_IN_LONG = 0.35
MANY, REPEATED = 3000, 40  # places of terms in one text; places of one term, where there are so many
COMPANY_FROM = 0.5  # what weighs only in company needs as much of it
NO_SCENERY: dict[str, Any] = {"most": 0.0, "of": ()}
ADVISES_AT = 0.5
FULLY_AT = 0.54  # a term of this weight has hardly another meaning


class Category(StrEnum):
    """What a refusal names. The order is that of gravity: a text is refused for the first that applies."""

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
    """What was found; `reasons` are for admins and tests, a person is told the category alone."""

    level: Level = Level.ALLOW
    category: Category | None = None
    reasons: tuple[str, ...] = ()

    @property
    def is_refusal(self) -> bool:
        return self.level is Level.REFUSE


class Term(NamedTuple):
    word: str
    concept: str
    weight: float
    entry: str  # as it stands in the data, where one entry is a word with its endings
    group: float  # the weight of its group, which people wrote down


class Hit(NamedTuple):
    """A term found in a text, from character to character."""

    start: int
    end: int
    term: Term


def judge(*texts: str) -> Verdict:
    """Judge everything that goes upstream together: prompt, avoid line, earlier turns, names, as one text each."""
    return book().judge("\n".join(text for text in texts if text))


@cache
def book() -> "Book":
    return Book.read(TERMS)


class Window:
    """The weights found in one part of a text, by concept; a term counts once however often it comes."""

    def __init__(self, *, hint_share: float = 1.0) -> None:
        self.hint_share = hint_share  # what a faint term counts
        self.found: dict[str, dict[str, float]] = {}
        self.written: dict[str, dict[str, float]] = {}  # the same with the weights that people wrote down

    def add(self, term: Term) -> None:
        self.found.setdefault(term.concept, {})[term.entry] = term.weight
        self.written.setdefault(term.concept, {})[term.entry] = term.group

    def of(self, *concepts: str) -> dict[str, float]:
        return {word: weight for concept in concepts for word, weight in self.found.get(concept, {}).items()}

    def sure(self, *concepts: str) -> set[str]:
        """The words of concepts that hardly have another meaning, as people wrote it down."""
        return {
            word for concept in concepts for word, weight in self.written.get(concept, {}).items() if weight >= FULLY_AT
        }

    def sum(self, shares: dict[str, float]) -> float:
        return sum(
            share
            * sum(weight if weight >= FAINT else weight * self.hint_share for weight in self.found[concept].values())
            for concept, share in shares.items()
            if concept in self.found
        )


class Book:
    """The terms, compiled once, and the rules that weigh them."""

    def __init__(self, terms: Iterable[Term], policy: dict[str, Any]) -> None:
        self.policy = policy
        self.counts: dict[str, dict[str, float]] = policy["counts"]
        self.company: dict[str, dict[str, float]] = {name: policy["company"].get(name, {}) for name in self.counts}
        self.counted = {name: frozenset(counts) for name, counts in self.counts.items()}
        self.counted[Category.HATE] |= CONTEMPT.keys() | {"incapacity"}
        by_pattern: dict[str, list[Term]] = {}
        for term in terms:
            by_pattern.setdefault(pattern(term.word), []).append(term)
        self.lexicon = lexicon(term for group in by_pattern.values() for term in group)
        for cut, word in self.lexicon.halves():
            by_pattern.setdefault(f" {cut} ", by_pattern[f" {word} "])
        self.terms = list(by_pattern.values())
        self.automaton = AhoCorasick(list(by_pattern), store_patterns=False)

    @classmethod
    def read(cls, folder: Path, *, is_measured: bool = True) -> "Book":
        measured = tomllib.loads((folder / "measured.toml").read_text(encoding="utf-8")) if is_measured else {}
        terms = [term for path in sorted(folder.glob("*.toml")) for term in read_terms(path, measured)]
        return cls(terms, tomllib.loads((folder / "policy.toml").read_text(encoding="utf-8")))

    def judge(self, text: str) -> Verdict:
        words = with_ages(self.lexicon.plain(text))
        hits = self.hits(words)
        if not hits:
            return Verdict()
        windows = windows_of(hits, len(words))
        whole = windows_of(hits, 0)[0]
        if reasons := minors(whole, windows):
            return Verdict(level=Level.REFUSE, category=Category.MINORS, reasons=reasons)
        for name, least in self.policy["refuses_at"].items():
            if any(self.score(name, window, windows[0]) >= least for window in windows):
                return Verdict(level=Level.REFUSE, category=Category(name), reasons=self.reasons(name, whole))
        if len(whole.of("constraint")) >= 2:
            return Verdict()
        return Verdict(level=Level.ADVISE) if any(map(is_romantic, windows)) else Verdict()

    def hits(self, words: str) -> list[Hit]:
        """What the text holds, but for what an innocent phrase covers, what is denied, and what is told twice."""
        found = self.automaton.find_matches_as_indexes(words, overlapping=True)
        if len(found) > MANY:
            found = thinned(found)
        hits = [Hit(start, end, term) for at, start, end in found for term in self.terms[at]]
        return weighed(hits, words)

    def shares(self, name: str, window: Window) -> dict[str, float]:
        """What a category counts in a window: concepts, and how much of a term's own weight."""
        shares = self.counts[name]
        if name == Category.HATE and "people" in window.found:
            shares = shares | contempt(window)
        return shares | self.company[name] if window.sum(shares) >= COMPANY_FROM else shares

    def eased(self, name: str, window: Window, head: Window) -> float:
        """What remains of a category's weights in a window, for what the scene or the whole text is for."""
        eases = self.policy["eased"][name]
        return min((share for use, share in eases.items() if use in window.found or use in head.found), default=1.0)

    def score(self, name: str, window: Window, head: Window) -> float:
        if window.found.keys().isdisjoint(self.counted[name]):
            return 0.0
        shares, scenery = self.shares(name, window), self.policy["scenery"].get(name, NO_SCENERY)
        props = {concept: share for concept, share in shares.items() if concept in scenery["of"]}
        free = {concept: share for concept, share in shares.items() if concept not in props}
        return (window.sum(free) + min(window.sum(props), scenery["most"])) * self.eased(name, window, head)

    def reasons(self, name: str, whole: Window) -> tuple[str, ...]:
        return tuple(sorted(whole.of(*self.shares(name, whole))))


# ── Rules that are more than a sum ──────────────────────────────────────────────────────────────────────────────────


def minors(whole: Window, windows: list[Window]) -> tuple[str, ...]:
    """The words of childhood and of sex that stand in one text, where they do; what was measured has no say in it."""
    if not ("youth" in whole.found or "young" in whole.found):
        return ()
    youth, sexual = whole.of("youth"), whole.sure("act", "nudity", "body", "assault")
    if not SOBER & whole.found.keys():
        sexual |= whole.sure("frank", "abuse")
    if youth and sexual:
        return (*sorted(youth), *sorted(sexual))
    return next(filter(None, map(minors_nearby, windows)), ())


def minors_nearby(window: Window) -> tuple[str, ...]:
    young = window.of("young")
    near = window.of("youth") or (young if sum(young.values()) >= 1 else {})
    hints = window.of("lure", "body", "act")
    if near and (hints or sum(window.written.get("allure", {}).values()) >= 1):
        return (*sorted(near), *sorted(hints or window.of("allure")))
    sexual = window.sure("act", "nudity", "body")
    return (*sorted(young), *sorted(sexual)) if sexual and BOYS & young.keys() else ()


BOYS = {"boy", "boys", "lad"}
SOBER = {"learning", "medical", "care"}  # where sex and childhood are spoken of to protect the one from the other


CONTEMPT = {"dehumanising": 1.0, "contempt": 1.0, "contrast": 1.0}
FOR_ANYBODY = 0.3  # of what a people is said not to manage, where nobody could


def contempt(window: Window) -> dict[str, float]:
    """Contempt weighs only where a people is named beside it."""
    return CONTEMPT | {"incapacity": FOR_ANYBODY if "impossible" in window.found else 1.0}


def is_romantic(window: Window) -> bool:
    return (
        sum(window.of("romance").values()) >= 1 or sum(window.of("lure", "act", "frank", "body").values()) >= ADVISES_AT
    )


# ── Reading a text ──────────────────────────────────────────────────────────────────────────────────────────────────


AGE = re.compile(
    r" aged?(?: [,.])?(?: of)? (?P<aged>\d{1,2})(?= [,.a-z])"
    r"| (?P<old>\d{1,2}) ?(?:years?[ -]old|yrs? old|yo|y o)\b(?! (?:whisk|wine|rum|tree|car|house|scotch))"
    r"|(?P<sui>\d{1,2}) ?岁"
)


def with_ages(words: str) -> str:
    """Ages below eighteen spelled out as what they mean."""
    return AGE.sub(
        lambda age: f"{age.group()} underage " if 0 < int(next(filter(None, age.groups()))) < 18 else age.group(), words
    )


def windows_of(hits: list[Hit], length: int) -> list[Window]:
    """Parts of the text that overlap by half; the whole where it is short."""
    if length <= WINDOW:
        whole = Window()
        for hit in hits:
            whole.add(hit.term)
        return [whole]
    step = WINDOW // 2
    parts: dict[int, Window] = {0: Window(hint_share=HINTS_IN_LONG)}
    for hit in hits:
        last = hit.start // step
        for at in (last - 1, last) if last else (0,):
            if at not in parts:
                parts[at] = Window(hint_share=HINTS_IN_LONG)
            parts[at].add(hit.term)
    return list(parts.values())


PHRASES = frozenset({"lure", "allure", "setting", "peril", "mood"})
PARTS = PHRASES | {"scene", "graphic"}
NO_HIT = Hit(0, 0, Term("", "", 0.0, "", 0.0))


def weighed(found: list[Hit], words: str) -> list[Hit]:
    """The hits that count: each concept's longest at its place; "tight" is a part of "tight dress", and no more."""
    found.sort(key=lambda hit: (hit.start, -hit.end))
    covers = Covers(found)
    denials = Denials(found, words)
    kept: list[Hit] = []
    ends: dict[str, int] = {}
    phrase = NO_HIT
    for hit in found:
        concept = hit.term.concept
        if concept in TURNING or hit.end <= ends.get(concept, 0) or covers.hold(hit) or is_part_of_kana(hit, words):
            continue
        if (concept in DENIABLE or concept == "youth") and denials.apply(hit):
            continue
        ends[concept] = hit.end
        if concept in PARTS and hit.end <= phrase.end and hit.term.group <= phrase.term.group:
            continue
        if concept in PHRASES:
            phrase = hit
        kept.append(hit)
    return kept


def is_part_of_kana(hit: Hit, words: str) -> bool:
    """Whether a word in katakana is only a part of a longer one, which is another word: "yellow" ends like one."""
    if not is_katakana(words[hit.start]) or not is_katakana(words[hit.end - 1]):
        return False
    return is_katakana(words[hit.start - 1 : hit.start]) or is_katakana(words[hit.end : hit.end + 1])


def is_katakana(character: str) -> bool:
    return "\u30a1" <= character <= "\u30fc"


def thinned(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Each term at its first places only: a text that repeats itself is read in the time of one that does not."""
    seen: Counter[int] = Counter()
    kept = []
    for place in found:
        seen[place[0]] += 1
        if seen[place[0]] <= REPEATED:
            kept.append(place)
    return kept


class Covers:
    """The innocent phrases of a text, such as "chicken breast"."""

    def __init__(self, found: list[Hit]) -> None:
        self.spans = [(hit.start, hit.end) for hit in found if hit.term.concept == "innocent"]

    def hold(self, hit: Hit) -> bool:
        """Whether one of them holds the whole of a hit."""
        at = bisect_right(self.spans, (hit.start, BEYOND))
        return any(hit.end <= end for _start, end in self.spans[max(0, at - 3) : at])


BEYOND = 1 << 40
TURNING = frozenset({"innocent", "negation", "avoidance"})
JOINERS = frozenset({"or", "and", "nor", "any", "visible", "explicit", "sexual", "graphic", "of", "a"})
ITEM_WORDS = 4  # what is to be avoided is listed in items of so many words; longer ones are sentences, and count
EARLIER_WORDS = 7  # of the items before it
LONG_LIST = 4  # items after a mere "No" before it goes for the whole of a list
OPENINGS = {" no ", ". no "}


class Denials:
    """Where a text says what it does not want: "no nudity", "without blood or gore", "Avoid: nudity, weapons"."""

    def __init__(self, found: list[Hit], words: str) -> None:
        self.words = words
        self.ends = {
            name: sorted(hit.end for hit in found if hit.term.concept == name) for name in ("negation", "avoidance")
        }
        self.ends["opening"] = [end for end in self.ends["negation"] if words[max(0, end - 5) : end] in OPENINGS]
        self.last_end = -1  # of what was denied last: "without blood or gore"
        denies = any(self.ends.values())
        self.youth = [hit for hit in found if hit.term.concept == "youth"] if denies else []
        self.others = [hit for hit in found if hit.term.concept in DENIABLE] if denies else []

    def apply(self, hit: Hit) -> bool:
        if hit.term.concept == "youth":
            return self.is_avoided_alone(hit)
        is_denied = self.is_negated(hit) or self.is_avoided(hit)
        if is_denied:
            self.last_end = hit.end
        return is_denied

    def before(self, name: str, hit: Hit) -> str | None:
        """What stands between the last such word and the hit; Latin words share the space between them."""
        at = bisect_right(self.ends[name], hit.start + self.words.startswith(" ", hit.start))
        return self.words[self.ends[name][at - 1] : hit.start] if at else None

    def is_negated(self, hit: Hit) -> bool:
        between = self.before("negation", hit)
        if between is None:
            return False
        if 0 <= self.last_end <= hit.start + 1:
            between = min(between, self.words[self.last_end : hit.start], key=len)
        return len(between) <= 60 and JOINERS.issuperset(between.split()) and not self.is_of_youth(hit)

    def is_avoided(self, hit: Hit) -> bool:
        return self.is_listed(hit) and not self.is_of_youth(hit)

    def is_avoided_alone(self, hit: Hit) -> bool:
        """Of a word of childhood: "Avoid: nudity, underage look", and never "Avoid: child nudity"."""
        return self.is_listed(hit) and not self.is_beside(self.others, hit)

    def is_listed(self, hit: Hit) -> bool:
        """Whether it is an item of "Avoid: text, nudity", or a later one of "No text, logos, faces, hands, nudity"."""
        for name, least in (("avoidance", 0), ("opening", LONG_LIST)):
            between = self.before(name, hit)
            if between is None or "." in between:
                continue
            items = between.split(",")
            item = self.words[max(self.start_of_item(hit), hit.start - len(between)) : self.end_of_item(hit)]
            is_list = len(items) > least and all(len(part.split()) <= EARLIER_WORDS for part in items)
            if is_list and len(item.strip(" ,.").split()) <= ITEM_WORDS:
                return True
        return False

    def is_of_youth(self, hit: Hit) -> bool:
        """Whether a word of childhood stands in the same breath: that is never waved through."""
        return self.is_beside(self.youth, hit)

    def is_beside(self, others: list[Hit], hit: Hit) -> bool:
        start, end = self.start_of_item(hit), self.end_of_item(hit)
        return any(start <= other.start and other.end <= end + 1 for other in others)

    def start_of_item(self, hit: Hit) -> int:
        return max(0, *(self.words.rfind(mark, 0, hit.start + 1) for mark in ",."))

    def end_of_item(self, hit: Hit) -> int:
        ends = (self.words.find(mark, hit.end - 1) for mark in ",.")
        return min((end for end in ends if end >= 0), default=len(self.words))


DENIABLE = frozenset(
    {
        "act",
        "frank",
        "body",
        "nudity",
        "lure",
        "allure",
        "scene",
        "setting",
        "assault",
        "force",
        "gore",
        "killing",
        "peril",
        "mood",
        "graphic",
        "slur",
        "ideology",
        "contempt",
        "dehumanising",
        "crime",
        "offence",
        "self_harm",
        "despair",
        "abuse",
        "incapacity",
    }
)

# ── Reading the data ────────────────────────────────────────────────────────────────────────────────────────────────


def read_terms(path: Path, measured: dict[str, Any]) -> Iterator[Term]:
    """The terms of one file; a weight that was measured stands above the one of its group."""
    for group in tomllib.loads(path.read_text(encoding="utf-8")).get("terms", ()):
        concept, weight = group["concept"], group.get("weight", 0.0)
        for word in (*group.get("en", ()), *group.get("zh", ()), *group.get("other", ())):
            for form in forms(word):
                yield Term(form, concept, measured.get(concept, {}).get(word, weight), word, weight)


def forms(word: str) -> Iterator[str]:
    """`rap{e,ed}` written out, and `word+` with its regular endings."""
    if braces := re.fullmatch(r"(.*)\{(.*)\}(.*)", word):
        for ending in braces[2].split(","):
            yield from forms(f"{braces[1]}{ending}{braces[3]}")
    elif word.endswith("+"):
        stem = word[:-1]
        yield from inflected(stem)
    elif "+" in word:
        first, _plus, rest = word.partition("+")
        yield from (f"{form}{rest}" for form in inflected(first))
    else:
        yield word


def inflected(stem: str) -> Iterator[str]:
    yield stem
    bare = stem[:-1] if stem.endswith("e") else stem
    for ending in ("s", "es") if not stem.endswith("e") else ("s",):
        yield stem + ending
    for ending in ("ed", "ing", "er", "ers"):
        yield bare + ending
        if re.search(r"[^aeiou][aeiou][bdglmnprt]$", stem):
            yield stem + stem[-1] + ending
    if stem.endswith("y"):
        yield from (stem[:-1] + "ies", stem[:-1] + "ied")


def pattern(word: str) -> str:
    """What is searched for: a word between spaces, or Chinese and Japanese as they stand."""
    plain_word = spaced(plain_letters(word))
    return plain_word.strip() if is_unspaced(plain_word) else plain_word


def is_unspaced(word: str) -> bool:
    return any(map(is_cjk, word))


def lexicon(terms: Iterable[Term]) -> Lexicon:
    words, innocent = set(), set()
    for term in terms:
        if term.word.isascii() and term.word.isalpha():
            if term.concept == "innocent":
                innocent.add(term.word)
            elif term.concept in DISGUISED and len(term.word) > 2:
                words.add(term.word)
    return Lexicon(words=frozenset(words - innocent), innocent=frozenset(innocent))


DISGUISED = frozenset(
    {"act", "frank", "body", "nudity", "lure", "assault", "gore", "killing", "slur", "ideology", "youth", "crime"}
)
