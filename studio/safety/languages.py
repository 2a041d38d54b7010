"""Which language a text is written in, as far as its smallest words tell."""

from collections.abc import Set
from functools import cache

from .letters import data

ENGLISH = "en"
SURE_FROM = 2  # one word of three letters, or two short ones


@cache
def function_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in data()["function_words"].items()}


def languages_of(words: Set[str]) -> frozenset[str]:
    """The languages a text may be in, English where nothing tells another; `words` are in lower case.

    More than one where neighbours share their small words, as Spanish and Portuguese do.
    """
    found = {language: sum(map(weight, small & words)) for language, small in function_words().items()}
    most = max(found.values())
    if found[ENGLISH] >= most or most < SURE_FROM:
        return frozenset({ENGLISH})
    return frozenset(language for language, count in found.items() if count * 2 > most)


def is_english(words: Set[str]) -> bool:
    return ENGLISH in languages_of(words)


def weight(word: str) -> int:
    """One or two letters are a word of many languages."""
    return 1 if len(word) < 3 else 2
