"""Search text: what people wrote as tokens of any language, and what they type into the search box as terms.

Both databases are given tokens that are finished, so that they find the same: words without case and accents; runs of
Chinese, Japanese, Korean, Thai and the like, which put no spaces between words, as overlapping pairs of characters.
Every token begins with the number of the picture's owner, so that the index itself reads one person's pictures alone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

# Thai to Burmese, Khmer, Hangul, kana, ideographs: scripts that are written without spaces, or with endings joined on.
UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3031-\u3035\u3041-\u3096"
    "\u3099-\u309a\u309d-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U000323af"
)
# Marks of Indian scripts are part of their words; of other scripts they were left out before.
MARKS = "\u0900-\u0963\u0970-\u0dff"
PICTOGRAPHS = "\u2600-\u27bf\U0001f000-\U0001faff"
RUNS = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|[{PICTOGRAPHS}]|(?:[{MARKS}]|[^\\W_{UNSPACED}{PICTOGRAPHS}])+")
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
# Accents, and the points that Hebrew and Arabic are usually written without.
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u06d6-\u06dc]")

MOST_TOKENS = 12_000  # of a picture; PostgreSQL counts places up to 16,383
LONGEST_TOKEN = 64  # characters
BETWEEN = "·"  # the owner and the word of a token; nothing a word may hold
GAP = "¶"  # stands between two texts, so that no phrase is found across them

LONGEST_SEARCH = 400  # characters that are read of a search
MOST_TERMS = 16
SHORTEST_BEGINNING = 3  # letters; shorter words are found whole only, or half the pictures would match
TERMS = re.compile(r'(?P<not>-?)"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)')


def fold(text: str) -> str:
    """The text without case and accents, one form for each letter: "Café" and "ＣＡＦＥ" become "cafe"."""
    return unicodedata.normalize("NFKC", ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())))


def tokens(text: str) -> Iterator[str]:
    """A text's tokens, in its order."""
    for match in RUNS.finditer(fold(text)):
        run = match[0]
        if match["unspaced"]:
            # The last character once more by itself, so that every single one is the beginning of a token.
            yield from (run[place : place + 2] for place in range(len(run)))
        else:
            yield run[:LONGEST_TOKEN]


def owned_tokens(texts: Sequence[str], *, owner_id: int) -> list[str]:
    """The tokens of a picture's texts as the index keeps them; first the owner's own, which all of theirs have."""
    owned = [f"{owner_id}{BETWEEN}"]
    for text in filter(None, texts):
        room = MOST_TOKENS - len(owned)
        owned += [f"{owner_id}{BETWEEN}{token}" for token, _ in zip(tokens(text), range(room), strict=False)]
        owned.append(GAP)
    return owned


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that follow each other; of one that `is_beginning` the last token may go on."""

    tokens: tuple[str, ...]
    is_beginning: bool = False


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """What a search asks for, among the pictures of `owner_ids`: all of `wanted` in any order, none of `unwanted`."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    owner_ids: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)

    def of(self, owner_ids: Iterable[int]) -> "SearchTerms":
        """The same among the pictures of these people."""
        return SearchTerms(self.wanted, self.unwanted, tuple(sorted(owner_ids)))

    def as_fts5(self) -> str:
        """The expression for SQLite's full-text table."""

        def written(term: Term, owner_id: int) -> str:
            return f'"{" ".join(owned(term, owner_id))}"{" *" if term.is_beginning else ""}'

        return self._joined(written, both=" AND ", without=" NOT ", either=" OR ")

    def as_tsquery(self) -> str:
        """The expression for PostgreSQL's text search."""

        def written(term: Term, owner_id: int) -> str:
            tokens = " <-> ".join(f"'{token}'" for token in owned(term, owner_id))
            return f"({tokens}{':*' if term.is_beginning else ''})"

        return self._joined(written, both=" & ", without=" & !", either=" | ")

    def _joined(self, written: Callable[[Term, int], str], *, both: str, without: str, either: str) -> str:
        def of_one(owner_id: int) -> str:
            wanted = both.join(written(term, owner_id) for term in self.wanted or [ANYTHING])
            return f"(({wanted})" + "".join(without + written(term, owner_id) for term in self.unwanted) + ")"

        return either.join(map(of_one, self.owner_ids or [NOBODY]))


ANYTHING = Term(("",))  # what every picture has: its owner's own token
NOBODY = 0


def owned(term: Term, owner_id: int) -> list[str]:
    return [f"{owner_id}{BETWEEN}{token}" for token in term.tokens]


def read_search(text: str) -> SearchTerms:
    """What was typed: words in any order, "quoted phrases", -without; what holds no letter or digit is passed over."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for match in TERMS.finditer(text[:LONGEST_SEARCH]):
        word = match["word"] or ""
        is_unwanted = bool(match["not"]) or (word.startswith("-") and len(word) > 1)
        term = read_phrase(match["phrase"]) if match["phrase"] is not None else read_word(word)
        if term and len(wanted) + len(unwanted) < MOST_TERMS:
            (unwanted if is_unwanted else wanted).append(term)
    return SearchTerms(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))


def read_word(word: str) -> Term | None:
    """A word, or several that signs join ("paper-cut") and that follow each other; the last one may go on."""
    term = read_phrase(word)
    if term is None or term.is_beginning or len(term.tokens[-1]) < SHORTEST_BEGINNING:
        return term
    return Term(term.tokens, is_beginning=True)


def read_phrase(text: str) -> Term | None:
    """Words that follow each other; None where there are none."""
    found = list(tokens(text))
    if not found:
        return None
    last = found[-1]
    if not UNSPACED_RUN.fullmatch(last):
        return Term(tuple(found))
    # In an index the last character of a run follows its pairs; in a search more may follow it.
    if len(found) > 1 and len(found[-2]) == 2 and found[-2].endswith(last) and UNSPACED_RUN.fullmatch(found[-2]):
        return Term(tuple(found[:-1]))
    return Term(tuple(found), is_beginning=True)
