"""Plain words out of disguised ones: widths, look-alike letters, invisible marks, digits for letters, gaps, repeats.

Pure. Ordinary text only becomes lower-case words; a guess is made only where it ends at a word of the terms. What a
character or a word turns into is remembered, so that a text costs little more than being split.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind
from confusable_homoglyphs import confusables

WORDS = Path(__file__).parent / "safety_terms" / "words.toml"

REMEMBERED = 1 << 15  # words, and characters
LONGEST = 40  # letters; what is longer is no word
SHORTEST = 4  # letters of a term that is looked for behind a disguise, but for what is written with gaps

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
CJK_RUN = re.compile(f"[{CJK}]+")
LATIN_RUN = re.compile("[a-z0-9]+")
GAP_IN_CJK = re.compile(rf"[ \t*._·・|/\\~^+=\-]+(?=[{CJK}])")

LEET = str.maketrans("013456789@$€£!|+", "oieasgtbgaseliit")
LEET_L = str.maketrans("1!|", "lll")
INVISIBLE = {"Cf", "Mn", "Me", "Cc", "Co", "Cn", "Cs"}  # Unicode's categories of what leaves no ink
REGIONAL = {chr(0x1F1E6 + at): chr(97 + at) for at in range(26)}
SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))

PAUSES, ENDS = ',;:()[{"“”，；：、（）【「」《》…', ".!?。！？]}】\n\r"
MARKS: dict[int, str] = {ord(mark): " " for mark in "#$%&'*+-/<=>@\\^_`|~\t\f\v"} | {
    ord(mark): "," for mark in PAUSES if mark.isascii()
}
MARKS |= {ord(mark): "." for mark in ENDS if mark.isascii()}
MARKED = {chr(mark): plain for mark, plain in MARKS.items()}
EDGES = "\"'“”‘’`.,;:?()[]{}<>#&/\\…"
# Lines that go on: after a comma, a colon or an opening bracket, and the items of a list.
SAME_SENTENCE = re.compile(r"(?<=[,:;，：；、\[{(])[ \t]*[\r\n]+\s*|[\r\n]+\s*(?:[*\-•–]|\d{1,2}[.)])\s+")
JOINTS = re.compile(r"[-_.~/'’·,]+")
NOT_A_LETTER = re.compile(r"[^a-z]+")
LETTERS_APART = re.compile(r"(?<![^\W_])[a-z](?:[\W_]{1,3}[a-z](?![^\W_])){2,}")
REPEAT = re.compile(r"([a-z])\1\1+")
# Numbers of things in base sixteen: their digits stand for no letters.
IDENTIFIER = re.compile(
    r"(?<![a-z0-9])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=(?:[a-f]*[0-9]){3})[0-9a-f]{8,})(?![a-z0-9])"
)


@cache
def data() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


class Lexicon:
    """The terms as far as undoing a disguise must know them."""

    def __init__(self, *, words: frozenset[str], innocent: frozenset[str]) -> None:
        self.words = words  # of one Latin word
        self.innocent = innocent
        self.everyday = frozenset(data()["common"].split())
        self.anywhere = re.compile("|".join(data()["anywhere"]))
        self.within = AhoCorasick(
            [word for word in words if len(word) >= SHORTEST], matchkind=MatchKind.LeftmostLongest, store_patterns=True
        )
        self.reading = lru_cache(REMEMBERED)(self._reading)

    def plain(self, text: str) -> str:
        """The text in lower case with one space around each word and mark, disguises undone.

        Of the marks `,` is left where a phrase ends and `.` where a sentence does.
        """
        text = plain_letters(SAME_SENTENCE.sub(" , ", text)).replace("\n", " . ")
        words = text.split()
        different = set(words)
        if sum(len(word) == 1 and word.isalpha() for word in different) > 2:
            text = LETTERS_APART.sub(lambda found: self.closed(found.group()), text)
            words = text.split()
            different = set(words)
        readings = {word: read for word in different if len(word) > 2 and (read := self.reading(word))}
        return spaced(" ".join(readings.get(word, word) for word in words) if readings else text)

    def _reading(self, token: str) -> str | None:
        """What is meant by a word as it was typed; None where it is what it seems."""
        if len(token) > LONGEST:
            found = self.anywhere.search(token)
            return f"{token} {found.group()}" if found else None
        core = IDENTIFIER.sub(".", token).strip(EDGES)
        if core.isalpha():
            return self.whole(core)
        if any(map(str.isalpha, core)) and not CJK_RUN.search(core):
            return self.decoded(core)
        return None

    def whole(self, word: str) -> str | None:
        """Of letters only: `nuuude`, `nudee`, `nakedgirl`."""
        if word in self.words or word in self.innocent or not word.isascii():
            return None
        if len(word) > SHORTEST and word[-1] == word[-2] and word[:-1] in self.words:  # "pussyy"
            return word[:-1]
        return self.without_repeats(word) or self.taken_apart(word)

    def decoded(self, core: str) -> str | None:
        """Of letters and something else: `p0rn`, `nu-de`, `n.u.d.e`, `f*ck`, `n@ked-girl`."""
        if word := self.lettered(core):
            return word
        parts = JOINTS.split(core)
        read = [(self.whole(part) if part.isalpha() else self.lettered(part)) or part for part in parts]
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
        """Whether parts make a term together, and are not simply words that stand side by side: "pen-is"."""
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
        if len(word) < SHORTEST + 3:
            return None
        if found := self.anywhere.search(word):
            return f"{word} {found.group()}"
        for at in range(3, len(word) - 2):
            first, second = word[:at], word[at:]
            if self.is_pair(first, second) or self.is_pair(second, first):
                return f"{first} {second}"
        return None

    def is_pair(self, term: str, other: str) -> bool:
        return len(term) >= SHORTEST and term in self.words and (other in self.everyday or other in self.words)

    def closed(self, run: str) -> str:
        """`n u d e`, `n-u-d-e`: the terms found in the letters when they are put together."""
        joined = "".join(filter(str.isalpha, run))
        if joined in self.words:
            return f" {joined} "
        found = set(self.within.find_matches_as_strings(joined))
        return f" {' '.join(sorted(found))} " if found else run

    def halves(self) -> Iterator[tuple[str, str]]:
        """Each way a term may be torn in two, `na ked`, with the term; never into two everyday words."""
        for word in self.words:
            if len(word) > SHORTEST:
                cuts = (f"{word[:at]} {word[at:]}" for at in range(1, len(word)))
                yield from ((cut, word) for cut in cuts if not self.everyday.issuperset(cut.split()))


@cache
def look_alikes() -> dict[str, str]:
    """Each character that is no plain letter, and the plain letter or simplified character it stands for."""
    found = dict(zip(data()["traditional"], data()["simplified"], strict=True)) | REGIONAL | SMALL_CAPITALS
    found |= zip(data()["drawn"], data()["meant"], strict=True)
    for character, others in confusables.confusables_data.items():
        letters = [other["c"] for other in others if other["c"].isascii() and other["c"].isalpha()]
        if letters and len(character) == 1 and not character.isascii():
            found.setdefault(character, letters[0].casefold())
    return found


def plain_letters(text: str) -> str:
    """The same letters as everybody types them."""
    if text.isascii():
        return text.casefold()
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    characters = set(text)
    for character in characters:
        if not character.isascii() and (letter := plain_letter(character)) != character:
            text = text.replace(character, letter)
    return with_edges(text, sum("\u3040" <= character <= "\u9fff" for character in characters))


@lru_cache(REMEMBERED)
def plain_letter(character: str) -> str:
    if found := look_alikes().get(character):
        return found
    if character in PAUSES or character in ENDS:
        return "," if character in PAUSES else "."
    category = unicodedata.category(character)
    if category in INVISIBLE:
        return ""
    if category[0] in "PSZ" and category != "Sc":
        return " "
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character


def with_edges(text: str, cjk_count: int) -> str:
    """Chinese without the gaps inside it, and a space wherever it meets Latin letters."""
    if not cjk_count:
        return text
    text = GAP_IN_CJK.sub(lambda gap: "" if is_cjk(text[gap.start() - 1 : gap.start()]) else gap.group(), text)
    # Whichever there are fewer runs of.
    return (LATIN_RUN if cjk_count > 50 else CJK_RUN).sub(r" \g<0> ", text)


def is_cjk(character: str) -> bool:
    return "\u3040" <= character <= "\u9fff"


def spaced(text: str) -> str:
    if text.isascii():
        text = text.translate(MARKS)
    else:  # where translating would visit every character in slow motion
        for mark in set(text).intersection(MARKED):
            text = text.replace(mark, MARKED[mark])
    text = text.replace(",", " , ").replace(".", " . ")
    return f" {' '.join(text.split())} "
