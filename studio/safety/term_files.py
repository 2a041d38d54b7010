"""The terms of the policy as they are written in `terms/`, and the patterns that are searched for."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from .deobfuscation import Lexicon
from .letters import data, is_cjk, is_hangul, plain_letters, spaced, without_accents
from .term import Term

TERMS = Path(__file__).parent / "terms"
DEOBFUSCATED = frozenset(
    {"act", "frank", "body", "nudity", "lure", "assault", "gore", "killing", "slur", "ideology", "youth", "crime"}
)


def read_terms(path: Path, measured: dict[str, Any]) -> Iterator[Term]:
    """The terms of one file. A measured weight replaces that of the group."""
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


def patterns(word: str) -> set[str]:
    """The patterns to search for: a word between spaces, with its accents or typed without them.

    Chinese and Japanese stand without spaces, and a Korean word goes on with its particles.
    """
    plain_word = spaced(plain_letters(word))
    if plain_word.isascii():
        return {plain_word}
    if any(map(is_cjk, plain_word)):
        return {plain_word.strip()}
    if is_hangul(plain_word[-2]):
        return {plain_word.rstrip()}
    return {plain_word} | ({bare} if (bare := without_accents(plain_word)).strip() not in accented() else set())


@cache
def accented() -> frozenset[str]:
    """What is another word without its accents, as "cono" is not "coño"."""
    return frozenset(data()["accented"])


def lexicon(terms: Iterable[Term]) -> Lexicon:
    words, innocent = set(), set()
    for term in terms:
        if term.word.isascii() and term.word.isalpha():
            if term.concept == "innocent":
                innocent.add(term.word)
            elif term.concept in DEOBFUSCATED and len(term.word) > 2:
                words.add(term.word)
    return Lexicon(words=frozenset(words - innocent), innocent=frozenset(innocent))
