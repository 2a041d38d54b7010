"""Deobfuscation: undoes digits for letters, gaps, repeats, and words joined or split to hide them.

Pure. A guess is made only on what is no word, and counts only where it reads as a term with nothing strange left over.
Results are cached by word, so that a text costs little more than splitting it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, MatchKind

from .languages import is_english
from .letters import CACHE_SIZE, CJK_RUN, data, plain_letters, spaced, without_accents

LONGEST = 40  # letters; anything longer is not a word
SHORTEST = 4  # letters of the shortest term that is looked for in obfuscated words, apart from spaced letters

LEET = str.maketrans("013456789@$€£!|+", "oieasgtbgaseliit")
LEET_L = str.maketrans("1!|", "lll")
EDGES = "\"'“”‘’`.,;:?()[]{}<>#&/\\…"
# Line breaks inside a sentence: after a comma, a colon or an opening bracket, and before the items of a list.
SAME_SENTENCE = re.compile(r"(?<=[,:;，：；、\[{(])[ \t]*[\r\n]+\s*|[\r\n]+\s*(?:[*\-•–]|\d{1,2}[.)])\s+")
JOINTS = re.compile(r"[-_.~/'’·,]+")
NOT_A_LETTER = re.compile(r"[^a-z\u00df-\u024f]+")
LETTERS_APART = re.compile(r"(?<![^\W_])[a-z](?:[\W_]{1,3}[a-z](?![^\W_])){2,}")
REPEAT = re.compile(r"([a-z])\1\1+")
FILLING = re.compile(r"x+|(.)\1+")  # letters put around a word: "xxpornxx"
ENDINGS = frozenset(
    ["s", "es", "ed", "er", "ers", "ing", "in", "y", "ies", "ness", "ity", "al", "ate", "ated", "ating", "ation", "o"]
)
# Hexadecimal identifiers: their digits do not stand for letters.
IDENTIFIER = re.compile(
    r"(?<![a-z0-9])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=(?:[a-f]*[0-9]){3})[0-9a-f]{8,})(?![a-z0-9])"
)


class Lexicon:
    """The terms that deobfuscation has to know, and the ordinary words it must leave alone."""

    def __init__(self, *, words: frozenset[str], innocent: frozenset[str]) -> None:
        self.words = words  # of one Latin word
        self.innocent = innocent | frozenset(data()["ordinary"].split())
        self.everyday = frozenset(data()["common"].split())
        self.anywhere = re.compile("|".join(data()["anywhere"]))
        self.joined = re.compile("|".join(data()["joined"]))
        self.within = AhoCorasick(
            [word for word in words if len(word) >= SHORTEST], matchkind=MatchKind.LeftmostLongest, store_patterns=True
        )
        self.reading = lru_cache(CACHE_SIZE)(self._reading)

    def plain(self, text: str) -> str:
        """The deobfuscated text in lower case, with one space around each word and mark.

        Only two marks remain: `,` where a phrase ends and `.` where a sentence ends.
        """
        text = plain_letters(SAME_SENTENCE.sub(" , ", text)).replace("\n", " . ")
        words = text.split()
        different = set(words)
        if sum(len(word) == 1 and word.isalpha() for word in different) > 2:
            text = LETTERS_APART.sub(lambda found: self.closed(found.group()), text)
            words = text.split()
            different = set(words)
        english = is_english(different)
        readings = {word: read for word in different if len(word) > 2 and (read := self.reading(word, english))}
        return spaced(" ".join(readings.get(word, word) for word in words) if readings else text)

    def _reading(self, token: str, english: bool) -> str | None:
        """The word that a typed word stands for; None where it stands for itself."""
        if len(token) > LONGEST:
            found = self.anywhere.search(token)
            return f"{token} {found.group()}" if found else None
        core = IDENTIFIER.sub(".", token).strip(EDGES)
        if core.isalpha():
            return self.whole(core, english)
        if any(map(str.isalpha, core)) and not CJK_RUN.search(core):
            return self.decoded(core, english)
        return None

    def whole(self, word: str, english: bool) -> str | None:
        """A token of letters only: `nuuude`, `nudee`, `nákéd`, `nakedgirl`."""
        if word in self.words or word in self.innocent:
            return None
        if not word.isascii():
            bare = without_accents(word) if english else word
            return (bare if bare in self.words else self.whole(bare, english)) if bare.isascii() else None
        if len(word) > SHORTEST and word[-1] == word[-2] and word[:-1] in self.words:  # "pussyy"
            return word[:-1]
        return self.without_repeats(word) or (self.taken_apart(word) if english else None)

    def decoded(self, core: str, english: bool) -> str | None:
        """A token of letters and other characters: `p0rn`, `nu-de`, `n.u.d.e`, `f*ck`, `n@ked-girl`."""
        if word := self.lettered(core):
            return word
        parts = JOINTS.split(core)
        read = [(self.whole(part, english) if part.isalpha() else self.lettered(part)) or part for part in parts]
        return " ".join(read) if read != parts else None

    def lettered(self, core: str) -> str | None:
        parts = [part for part in NOT_A_LETTER.split(core) if part]
        joined = "".join(parts)
        if self.is_split(joined, parts):
            return joined
        core = core.rstrip("!")
        for swapped in (core.translate(LEET), core.translate(LEET_L).translate(LEET)):
            word = NOT_A_LETTER.sub("", swapped)
            if word != joined and (word in self.words or self.without_repeats(word)):
                return word if word in self.words else self.without_repeats(word)
        return self.starred(core) if "*" in core else None

    def is_split(self, joined: str, parts: list[str]) -> bool:
        """Whether parts make a term together and are not simply words side by side, as in "pen-is"."""
        if len(parts) < 2:
            return False
        is_spelled = len(parts) == len(joined) > 2
        return joined in self.words and (
            is_spelled or (len(joined) >= SHORTEST and not self.everyday.issuperset(parts))
        )

    def starred(self, core: str) -> str | None:
        if core.count("*") * 2 > len(core) or not core[0].isalpha():
            return None
        shape = re.compile("".join("[a-z]" if mark == "*" else re.escape(mark) for mark in core.translate(LEET)))
        return next((word for word in sorted(self.words) if shape.fullmatch(word)), None)

    def without_repeats(self, word: str) -> str | None:
        if not REPEAT.search(word):
            return None
        tries = (REPEAT.sub(r"\1", word), REPEAT.sub(r"\1\1", word))
        return next((word for word in tries if word in self.words), None)

    def taken_apart(self, word: str) -> str | None:
        if len(word) < SHORTEST + 2:
            return None
        pairs = [(word[:at], word[at:]) for at in range(2, len(word) - 1)]
        if any(self.everyday.issuperset(pair) for pair in pairs):  # "sundress"
            return None
        if found := self.anywhere.search(word):
            return " ".join([word, word[: found.start()], found.group(), word[found.end() :]])
        found = self.joined.search(word)
        if found and self.is_left_over(word[: found.start()]) and self.is_left_over(word[found.end() :], ENDINGS):
            return f"{word} {found.group()}"
        return next((" ".join(pair) for pair in pairs if self.is_pair(*pair) or self.is_pair(*reversed(pair))), None)

    def is_left_over(self, rest: str, endings: frozenset[str] = frozenset()) -> bool:
        """Whether what stands before or after a term is nothing strange, so that the term may be what is meant."""
        return (
            not rest or rest in self.everyday or rest in self.words or rest in endings or bool(FILLING.fullmatch(rest))
        )

    def is_pair(self, term: str, other: str) -> bool:
        is_word = len(other) > 2 and (other in self.everyday or other in self.words)
        return is_word and len(term) >= SHORTEST and term in self.words

    def closed(self, run: str) -> str:
        """The terms in letters written apart: `n u d e`, `n-u-d-e`."""
        joined = "".join(filter(str.isalpha, run))
        if joined in self.words:
            return f" {joined} "
        found = set(self.within.find_matches_as_strings(joined))
        return f" {' '.join(sorted(found))} " if found else run

    def halves(self, word: str) -> Iterator[str]:
        """Each way a term may be split in two, such as `na ked`; never into two everyday words."""
        if len(word) > SHORTEST:
            for at in range(1, len(word)):
                if not (word[:at] in self.everyday and word[at:] in self.everyday):
                    yield f"{word[:at]} {word[at:]}"
