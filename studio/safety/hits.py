"""Hits: which of the terms found in a text count."""

import re
from bisect import bisect_right
from collections import Counter
from functools import cache

from .languages import ENGLISH, languages_of
from .letters import data, is_hangul
from .negation import NEGATABLE, Negations
from .term import Hit, Term

PLACES_READ = 40  # places of one term that are read, in a text with very many hits
BEYOND = 1 << 40  # behind every place in a text
NOT_COUNTED = frozenset({"innocent", "negation", "avoidance"})
PHRASES = frozenset({"lure", "allure", "setting", "peril", "mood"})
PARTS = PHRASES | {"scene", "graphic"}
HANGUL = re.compile("[\uac00-\ud7af]+")
# What Korean adds to a noun: particles, the plural, and the forms of "to be" and "to do".
PARTICLES = re.compile(
    "(들)?(이|가|을|를|은|는|의|에|에게|에서|로|으로|와|과|랑|이랑|도|만|처럼|보다|까지|부터|인|이다|하는|한|하고|하기|이나|나)?(의|은|는|도)?"
)
NO_HIT = Hit(0, 0, Term("", "", 0.0, "", 0.0))


def counted_hits(found: list[Hit], words: str) -> list[Hit]:
    """The hits that count: for each concept the longest at its place. "tight" counts only as part of "tight dress"."""
    found = [hit for hit in found if not is_another_word(hit, words)]
    languages = languages_of(set(words.split())) if any(map(depends_on_language, found)) else frozenset({ENGLISH})
    found = [hit for hit in found if not is_ordinary_in(languages, hit)]
    found.sort(key=lambda hit: (hit.start, -hit.end))
    innocent_phrases = InnocentPhrases(found)
    negations = Negations(found, words)
    kept: list[Hit] = []
    ends: dict[str, int] = {}
    phrase = NO_HIT
    for hit in found:
        concept = hit.term.concept
        if concept in NOT_COUNTED or hit.end <= ends.get(concept, 0):
            continue
        if innocent_phrases.cover(hit):
            continue
        if (concept in NEGATABLE or concept == "youth") and negations.apply(hit):
            continue
        ends[concept] = hit.end
        if concept in PARTS and hit.end <= phrase.end and hit.term.group <= phrase.term.group:
            continue
        if concept in PHRASES:
            phrase = hit
        kept.append(hit)
    return kept


@cache
def homographs() -> dict[str, frozenset[str]]:
    """The terms that are ordinary words of other languages, with these languages: "lust" in German."""
    return {word: frozenset(languages.split()) for word, languages in data()["homographs"].items()}


def depends_on_language(hit: Hit) -> bool:
    return hit.term.is_split or hit.term.word in homographs()


def is_ordinary_in(languages: frozenset[str], hit: Hit) -> bool:
    """Whether a hit is an ordinary word there, or two: a term is split to hide it in English only."""
    if hit.term.is_split and ENGLISH not in languages:
        return True
    return not languages.isdisjoint(homographs().get(hit.term.word, ()))


def is_another_word(hit: Hit, words: str) -> bool:
    """Whether a match in Korean or in katakana is only part of another word."""
    if is_hangul(words[hit.end - 1]):
        rest = HANGUL.match(words, hit.end)
        return rest is not None and not PARTICLES.fullmatch(rest.group())
    return is_part_of_katakana(hit, words)


def is_part_of_katakana(hit: Hit, words: str) -> bool:
    """Whether a match in katakana is only part of a longer word with another meaning, as in "yellow"."""
    if not is_katakana(words[hit.start]) or not is_katakana(words[hit.end - 1]):
        return False
    return is_katakana(words[hit.start - 1 : hit.start]) or is_katakana(words[hit.end : hit.end + 1])


def is_katakana(character: str) -> bool:
    return "\u30a1" <= character <= "\u30fc"


def without_repetitions(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Each term at its first places only, so that a repetitive text takes no longer than any other."""
    seen: Counter[int] = Counter()
    kept = []
    for place in found:
        seen[place[0]] += 1
        if seen[place[0]] <= PLACES_READ:
            kept.append(place)
    return kept


class InnocentPhrases:
    """The innocent phrases in a text, such as "chicken breast"."""

    def __init__(self, found: list[Hit]) -> None:
        self.spans = [(hit.start, hit.end) for hit in found if hit.term.concept == "innocent"]

    def cover(self, hit: Hit) -> bool:
        """Whether one of them contains the whole hit."""
        at = bisect_right(self.spans, (hit.start, BEYOND))
        return any(hit.end <= end for _start, end in self.spans[max(0, at - 3) : at])
